"""Advice on errors that come out of the user's code while it runs on fake tensors."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from costmodel.errors import CostModelError
from costmodel.files.quoting import without_addresses
from costmodel.tracing import compat
from costmodel.tracing.blame import raised_at

AUTOCAST_CUDA = (
    'torch.autocast("cuda") does nothing to a trace, which runs on cpu; write torch.autocast(x.device.type), '
    "so that the casts are recorded"
)
AUTOCAST_WARNING = ".*CUDA is not available.* Disabling"
"""The warning with which torch ignores such an autocast on a build without CUDA."""
_FILE_AT_END = re.compile(r" \((/|[A-Za-z]:\\)[^()]*\)$")
"""Where Python found the module that lacks a name: another path on every machine."""
_NESTED = (
    "a nested (jagged) tensor has rows whose lengths are data, and so is what they cost; give the model rows of one "
    "length, padded, with a mask where it matters"
)
NAMED = "as FILE.py:NAME (check and grade: --model)"
"""How a person says which object is the model: a subject is named so, and the model of a folder by its option."""

SCRIPTED = (
    "a module made by torch.jit.script or torch.jit.trace is a program of its own, without calls to record; "
    "give the plain module"
)
_WRAPPED = (
    "torch.func (vmap, grad, jvp and the others) computes on wrapped tensors, and what it does to them is not seen; "
    "write it with plain ops and torch.autograd.grad"
)
_OTHER_PROGRAMS = {
    "ScriptModule": SCRIPTED,
    "Quantized": (
        "a quantized module computes on types that fake tensors do not have; give the network before it is quantized"
    ),
    "_nested_": _NESTED,
    "shape_env must not be None": _NESTED,  # what a jagged tensor asks of fake tensors
    "BatchedTensorImpl": _WRAPPED,
    "TensorWrapper": _WRAPPED,
    "torch.func": _WRAPPED,
    "SparseTensorImpl": (
        "what is done with a sparse tensor costs what its elements make it cost, which is data; give the network the "
        "dense one"
    ),
    "already associated to a python object of type FakeTensor": (
        "a subclass of Tensor is another view of a tensor's memory, which a fake one does not have; give the network "
        "plain tensors"
    ),
    "ExportedProgram": (
        "an exported program is a graph of calls without its modules; give the network before it is exported"
    ),
    "CUDAGraph": "a CUDA graph replays kernels, which a trace does not have; run the step as it is",
    "Default process group": (
        "DistributedDataParallel needs a process group, and computes what its module computes; give the module"
    ),
}
"""By a word of torch's text: programs that have no step to record."""
_OF_FILES = {
    "torch/nested/": "_nested_",
    "torch/jit/": "ScriptModule",
    "torch/ao/nn/quantized/": "Quantized",
    "torch/export/": "ExportedProgram",
    "torch/_functorch/eager_transforms.py": "torch.func",
    "torch/_functorch/vmap.py": "torch.func",
}
"""By a file of torch's that an error comes out of, whatever a release says in it: the word of the program."""
_IMAGE = 3
"""Sizes of an image: no tokens have so many."""
CONCRETE = "--concrete records real tensors, and counts one batch"
_SAYS_ENOUGH = (ImportError, SystemExit)


@contextmanager
def explained(kind: type[CostModelError], what: str) -> Iterator[None]:
    """Turn whatever the user's code raises into one line: what, where, what to do."""
    try:
        yield
    except CostModelError:
        raise
    except (Exception, SystemExit) as error:
        at = raised_at(error)
        raise kind(f"{what}{f' at {at}' if at else ''}: {advice(error)}", hint=hint(error)) from error


def advice(error: BaseException) -> str:
    """One line: the error's own first line, and what to do where that is known."""
    first = _FILE_AT_END.sub("", _first_line(error))
    return without_addresses(_known(error) or f"{type(error).__name__}: {first}")


_KINDS = {"half": "float16", "double": "float64"}
"""Types of numbers as torch's messages call them."""


def hint(error: BaseException, sizes: tuple[int, ...] = ()) -> str:
    """What the options of the input may have to do with it; "" where it is known what to do, or nobody knows.

    ``sizes`` are those of the first input, for one sample.
    """
    if isinstance(error, (compat.DynamicOutputShapeException, compat.DataDependentOutputException)):
        return CONCRETE
    if isinstance(error, _SAYS_ENOUGH) or _known(error):
        return ""
    first = _first_line(error)
    if "positional argument" in first and "forward()" in first:
        return "--input lists the model's inputs with commas, each as sizes with x: 3x32x32,10:int64"
    if re.search(r"scalar types: Long|index tensor|used as ind", first):
        given = "x".join(map(str, sizes)) if 0 < len(sizes) < _IMAGE else "256"
        return f"whole numbers, tokens for example, are an input of type int64: --input {given}:int64"
    if re.search(r"values to unpack", first):
        return (
            "is a size of the input taken apart there that --input and --batch give otherwise? "
            "tokens, for example: --input 256:int64"
        )
    other = re.search(r"half|bfloat16|double|float16|float64", first.lower())
    if other is not None and re.search(r"same dtype|should be the same", first):
        given, kind = "x".join(map(str, sizes)) or "3x32x32", _KINDS.get(other[0], other[0])
        return f"the network's numbers may be of type {kind}, which the input says too: --input {given}:{kind}"
    if isinstance(error, FileNotFoundError) and not Path(str(error.filename or "/")).is_absolute():
        return "a relative path begins where costmodel is run: run it in the folder in which the script is"
    if isinstance(error, (AttributeError, NameError, LookupError)):
        return ""
    if re.search(r"\b(shapes?|sizes?|dimensions?|reduction dim|channels?)\b", first):
        return "do --input and --batch fit the model?"
    return ""


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0][:300]


def _other_program(error: BaseException) -> str:
    files = [summary.filename.replace("\\", "/") for summary in traceback.extract_tb(error.__traceback__)]
    text = " ".join([str(error), *(word for part, word in _OF_FILES.items() if any(part in file for file in files))])
    return next((sentence for words, sentence in _OTHER_PROGRAMS.items() if words in text), "")  # their text: torch


def _known(error: BaseException) -> str:
    """What is wrong and what to do, "" where that is not known."""
    return _other_program(error) or _of_the_trace(error)


def _of_the_trace(error: BaseException) -> str:
    first = _first_line(error)
    if isinstance(error, _SAYS_ENOUGH):
        return ""
    if isinstance(error, compat.DynamicOutputShapeException):
        return (
            f"{first}: the shape of this result depends on the data (a boolean mask, nonzero, unique), so its "
            "cost does too; use torch.where or a fixed number of elements"
        )
    if isinstance(error, compat.DataDependentOutputException):
        return f"{first}: this asks for a tensor's value, which does not exist before the run"
    if isinstance(error, compat.UnsupportedOperatorException):
        return f"{first}: this op has no fake kernel; register one with torch.library.register_fake"
    if "UninitializedParameter" in first or "uninitialized parameter" in first:
        return "a lazy layer (nn.LazyLinear …) has no size before it runs, and cannot be traced: give it its input size"
    if "convert all Tensors to FakeTensors" in str(error):  # their text: torch
        return (
            "a real tensor made outside the model meets the traced ones; make it a buffer "
            "(register_buffer) or create it inside forward"
        )
    if isinstance(error, Warning) and re.match(AUTOCAST_WARNING, first):
        return AUTOCAST_CUDA
    if "its data is not allocated yet" in first:
        return f"an op fills a tensor by itself, and a trace has no memory to fill; {CONCRETE}"
    if "no fake impl" in first:
        return f"{first.partition('.')[0]}: register one with torch.library.register_fake"
    of_their_own = isinstance(error, AttributeError) and ".numpy()" not in first  # numpy.int, which is no more
    if (".numpy()" in str(error) or "numpy" in first.lower()) and not of_their_own:  # their text: torch
        return f"{first}: NumPy needs values, which do not exist before the run; use torch instead"
    if "CUDA" in first or "cuda" in first:
        return f"{first}: trace on cpu (the target device is a parameter of the cost model, not of the trace)"
    return ""
