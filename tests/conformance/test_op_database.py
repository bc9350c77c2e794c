"""Torch's own database of sample inputs: every op that its public functions run is known, and counts are counts.

Of forward and backward of a few samples of each function, real, complex and whole numbers.
"""

from __future__ import annotations

import contextlib
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.flop_counter import FlopCounterMode

from costmodel.ir.work import ScalarOps, Work
from costmodel.ops import lookup
from costmodel.ops.uncounted import REASONS
from costmodel.passes.work import work_of
from costmodel.tracing import compat, shapes
from tests.conformance.recording import Recorder

Found = TypeVar("Found")

SAMPLES = {torch.float32: 3, torch.complex64: 1, torch.int64: 1}
_COMPLEX = """
    acos acosh asin asinh atan atanh dist ldexp linalg_vector_norm logaddexp logcumsumexp logsumexp renorm std std_mean
    var var_mean addbmm addmm addmv addr baddbmm pow allclose
"""
COMPLEX_ONLY = frozenset(f"aten.{name}" for name in _COMPLEX.split())
"""Ops without a form for complex numbers, or with a factor beside a complex product."""
AS_ELSEWHERE = """
    addmm baddbmm bmm mm nn.functional.conv1d nn.functional.conv2d nn.functional.conv_transpose2d nn.functional.linear
    nn.functional.scaled_dot_product_attention einsum cov linalg.multi_dot linalg.inv linalg.lu_solve linalg.lstsq
"""
"""Functions whose products torch's FlopCounterMode counts, too."""
NOT_ELSEWHERE = "aten._scaled_dot_product_flash_attention_for_cpu"
"""It counts 0 for it."""


@cache
def database() -> list[Any]:
    """The functions; the module wants a package of test helpers at its import, of which it uses nothing here."""
    helpers: Any = types.ModuleType("expecttest")
    helpers.TestCase = type("TestCase", (), {})
    sys.modules.setdefault("expecttest", helpers)
    from torch.testing._internal.common_methods_invocations import op_db

    return list(op_db)


def samples(function: Any, most: Mapping[torch.dtype, int] = SAMPLES) -> Iterator[Any]:
    """(dtype, the function's arguments)."""
    for dtype, count in most.items():
        if dtype in function.supported_dtypes("cpu") and not function.name.startswith("jiterator"):  # of CUDA
            grad = function.supports_autograd and dtype is not torch.int64
            for _, sample in zip(range(count), function.sample_inputs("cpu", dtype, requires_grad=grad), strict=False):
                yield sample


def step(function: Any, sample: Any) -> Recorder:
    """The ops of a forward and backward."""
    recorder = Recorder()
    with recorder:
        try:
            out = function(sample.input, *sample.args, **sample.kwargs)
            leaves = [x for x in tree_leaves(out) if isinstance(x, torch.Tensor) and x.requires_grad]
            if leaves:
                torch.autograd.backward(leaves, [torch.ones_like(x) for x in leaves])
        except RuntimeError:  # sparse results, and singular vectors up to a phase: what ran until then counts
            pass
    return recorder


def works(recorder: Recorder) -> Iterator[tuple[str, Any, Work | None]]:
    """(packet, arguments, work), None where it is not known."""
    for packet, arguments, out in recorder.calls:
        yield packet, arguments, work_of(packet, dict(arguments), out if isinstance(out, tuple) else (out,))


def apart(function: Callable[[], Found]) -> Found:
    """In a thread of its own: torch's database asks for the stack with every sample, and pytest's is deep."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the tensors are tiny
    try:
        with warnings.catch_warnings(), ThreadPoolExecutor(1) as pool:
            warnings.simplefilter("ignore")
            return pool.submit(function).result()
    finally:
        torch.set_num_threads(threads)


def sweep() -> tuple[set[str], list[str], int]:
    """Ops without work, calls whose work is no whole number or less than their products, and how many were counted."""
    unknown: set[str] = set()
    wrong: list[str] = []
    counted = 0
    for function in database():
        for sample in samples(function):
            for packet, arguments, work in works(step(function, sample)):
                if work is None:
                    unknown.add(packet.removesuffix("_"))
                    continue
                counted += 1
                kinds = [getattr(work.scalar_ops, kind) for kind in ScalarOps.__slots__]
                if not all(type(n) is int and n >= 0 for n in kinds) or work.scalar_ops.total < work.macs:
                    wrong.append(f"{packet} {work} {arguments}")
    return unknown, wrong, counted


def products() -> dict[str, list[tuple[int, int]]]:
    """Per function 2 · macs and what FlopCounterMode counts, sample by sample."""
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in AS_ELSEWHERE.split()}
    for function in database():
        for sample in samples(function, {torch.float32: 12}) if function.name in found else ():
            if sample.kwargs.get("groups", 1) != 1:
                continue  # FlopCounterMode takes no notice of them in the backward
            with FlopCounterMode(display=False) as counter:
                recorder = step(function, sample)
            macs = sum(work.macs for _, _, work in works(recorder) if work is not None)
            if NOT_ELSEWHERE not in {packet for packet, _, _ in recorder.calls}:
                found[function.name].append((2 * macs, counter.get_total_flops()))
    return found


def test_every_op_that_torchs_functions_run_is_counted_in_whole_numbers_or_has_a_reason() -> None:
    unknown, wrong, counted = apart(sweep)
    assert not wrong
    assert counted > 10_000
    assert unknown <= {*REASONS, *COMPLEX_ONLY}


def test_products_are_what_torch_counts() -> None:
    for name, pairs in apart(products).items():
        assert any(ours for ours, _ in pairs) or not any(theirs for _, theirs in pairs), name
        assert all(ours == theirs for ours, theirs in pairs), name


class OnMeta(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Asks each op with a shape function on meta tensors too, and notes where its results are others."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.apart: set[str] = set()
        self.asked = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = (args, kwargs or {})
        real = [leaf for leaf in tree_leaves(given) if isinstance(leaf, torch.Tensor)]
        metas = {id(t): torch.empty(t.shape, dtype=t.dtype, device="meta") for t in real}
        if not real or not compat.has_shape_function(func):
            return func(*args, **given[1])
        self.asked += 1
        on_meta = None
        with contextlib.suppress(RuntimeError, NotImplementedError):  # it hangs on values, or needs other strides
            there, named = tree_map(lambda leaf: metas.get(id(leaf), leaf), given)
            on_meta = described(func(*there, **named), [metas[id(t)] for t in real])
        result = func(*args, **given[1])
        if on_meta not in (None, described(result, real)):
            self.apart.add(str(func.overloadpacket))
        return result


def described(result: Any, inputs: list[torch.Tensor]) -> list[Any]:
    """Shape, type, and the input whose memory it shares, of each result."""
    memory = [t.untyped_storage()._cdata for t in inputs]
    tensors = [leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]
    places = [t.untyped_storage()._cdata for t in tensors]
    return [(t.shape, t.dtype, memory.index(p) if p in memory else None) for t, p in zip(tensors, places, strict=True)]


def test_meta_tensors_tell_what_a_cpu_gives() -> None:
    """Where a trace's shapes are asked of them (tracing/shapes.py); every sixteenth function, and those that differ."""
    mode = OnMeta()

    def run() -> None:
        known = ("batch_norm", "embedding_bag")
        chosen = [f for i, f in enumerate(database()) if i % 16 == 0 or f.name.endswith(known)]
        for function in chosen:
            for sample in samples(function):
                with mode, contextlib.suppress(RuntimeError):
                    out = function(sample.input, *sample.args, **sample.kwargs)
                    leaves = [x for x in tree_leaves(out) if isinstance(x, torch.Tensor) and x.requires_grad]
                    torch.autograd.backward(leaves, [torch.ones_like(x) for x in leaves])

    apart(run)
    assert mode.asked > 500
    assert mode.apart <= shapes._OF_CPU
    assert {"aten.native_batch_norm", "aten._embedding_bag"} & mode.apart


def test_what_has_a_reason_has_no_formula() -> None:
    assert not {packet for packet in REASONS if lookup(packet) is not None}
