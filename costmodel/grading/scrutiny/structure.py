"""Check that the parts of a trace fit together: ids, memory and its lifetime, names, the maker of all that is read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from costmodel.errors import ForgedError
from costmodel.ir.tensor import Role, Storage, TensorSpec, item_bytes
from costmodel.ir.trace import LOSS_SCOPE, OpCall, Trace

MOST_CALLS = 100_000
MOST_MODULE_CALLS = 50_000
MOST_TENSORS = 400_000
MOST_OPERANDS = 1_000_000
"""Tensors read and made by all calls; a training step of ResNet-152 has 20,000."""
MOST_ELEMENTS = 2**46
MOST_DIMENSIONS = 32
LONGEST_NAME = 400
LONGEST_TEXT = 4000
LITERAL_ELEMENTS = 4096
"""A number, or a short list of them, that the program itself holds (``torch.tensor([0.5, 0.5])``)."""

_OP = re.compile(r"[a-z][a-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z][A-Za-z0-9_]*")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.]{0,30}")


def expect(holds: bool, message: str) -> None:
    """Raise :class:`ForgedError` unless it holds."""
    if not holds:
        raise ForgedError(message)


def check_structure(trace: Trace) -> None:
    """Every id known, sizes sane, names printable, nothing read before it is made or after it is gone.

    Raises:
        ForgedError: see there.
    """
    every = _every_call(trace)
    expect(len(every) <= MOST_CALLS, f"more than {MOST_CALLS} calls")
    expect(len(trace.module_calls) <= MOST_MODULE_CALLS, f"more than {MOST_MODULE_CALLS} calls of modules")
    expect(max(len(trace.tensors), len(trace.storages)) <= MOST_TENSORS, f"more than {MOST_TENSORS} tensors")
    operands = sum(len(call.inputs) + len(call.outputs) for call in every)
    expect(operands <= MOST_OPERANDS, f"its calls read and make more than {MOST_OPERANDS} tensors")
    _check_tensors(trace)
    _check_modules(trace)
    _check_calls(trace)
    _check_order(trace)
    _check_starts(trace.step_starts, len(trace.calls))
    _check_starts(trace.first_starts, len(trace.first_update))
    for assumption in (*trace.assumptions, *trace.varies):
        text = f"{assumption.what}{assumption.where}"
        expect(text.isprintable() and len(text) <= LONGEST_TEXT, "an assumption that is not printable or too long")
    expect(_is_name(trace.optimizer), "the name of its optimizer")
    versions = trace.provenance
    expect(set(versions) == {"torch"} and _VERSION.fullmatch(versions["torch"]) is not None, "its provenance")
    for what, ids in (("inputs", trace.inputs), ("parameters", [p.tensor for p in trace.parameters])):
        expect(_known(ids, trace), f"{what}: a tensor that does not exist")


def _every_call(trace: Trace) -> tuple[OpCall, ...]:
    """The calls of the step, of the first update, and of what else was seen of a step that varies."""
    return (*trace.calls, *trace.first_update, *(call for calls in trace.variants for call in calls))


def _check_starts(starts: tuple[int, ...], calls: int) -> None:
    """Where several steps begin in a row of calls."""
    expect(not starts or starts[0] == 0, "several steps, of which the first begins late")
    expect(all(a <= b for a, b in pairwise((*starts, calls))), "steps that begin out of order")


def _check_tensors(trace: Trace) -> None:
    for position, storage in enumerate(trace.storages):
        where = f"storage {position}"
        expect(storage.id == position, f"{where}: its id is {storage.id}")
        expect(0 <= storage.nbytes <= 16 * MOST_ELEMENTS, f"{where}: {storage.nbytes} bytes")
        expect(-1 <= storage.born <= len(trace.calls), f"{where}: born at call {storage.born}")
        died = storage.died
        expect(died is None or max(0, storage.born) <= died <= len(trace.calls), f"{where}: died at call {died}")
    first_of: dict[int, TensorSpec] = {}
    for position, tensor in enumerate(trace.tensors):
        where = f"tensor {position}"
        expect(tensor.id == position, f"{where}: its id is {tensor.id}")
        expect(0 <= tensor.storage < len(trace.storages), f"{where}: no storage {tensor.storage}")
        expect(len(tensor.shape) <= MOST_DIMENSIONS, f"{where}: {len(tensor.shape)} dimensions")
        expect(all(0 <= size <= MOST_ELEMENTS for size in tensor.shape), f"{where}: a size out of range")
        expect(tensor.meta.numel <= MOST_ELEMENTS, f"{where}: {tensor.meta.numel} elements")
        item_bytes(tensor.dtype)
        expect(tensor.device in ("cpu", "meta"), f"{where}: device {tensor.device[:20]!r}")
        expect(tensor.role is trace.storages[tensor.storage].role, f"{where}: its role is not its memory's")
        first_of.setdefault(tensor.storage, tensor)
    for storage in trace.storages:
        expect(storage.id in first_of, f"storage {storage.id}: no tensor lies in it")


def _check_modules(trace: Trace) -> None:
    paths = [module.path for module in trace.modules]
    expect(len(set(paths)) == len(paths) and "" in paths, "modules: a path twice, or no model")
    known = set(paths)
    for module in trace.modules:
        for text in (module.path, module.type, *module.attributes):
            expect(_is_name(text), f"module {module.path[:60]!r}: a name that is not printable or too long")
        parent = module.path.rpartition(".")[0]
        expect(parent in known, f"module {module.path}: its parent is not there")
        expect(_known((*module.parameters, *module.buffers), trace), f"module {module.path}: an unknown tensor")
    parents = {path.rpartition(".")[0] for path in paths if path}
    for module in trace.modules:
        whole = module.leaf and module.path in parents and not _parametrized(module.path, known)
        expect(not whole, f"module {module.path}: a leaf with modules inside")
    owned = {number for module in trace.modules for number in (*module.parameters, *module.buffers)}
    for kind, named in (("parameter", trace.parameters), ("buffer", trace.buffers)):
        names = [one.name for one in named]
        expect(len(set(names)) == len(names), f"two {kind}s of one name")
        for one in named:
            expect(_is_name(one.name), f"{kind} {one.name[:60]!r}: a name that is not printable or too long")
            expect(_known([one.tensor], trace), f"{kind} {one.name}: tensor {one.tensor} does not exist")
            expect(one.name.rpartition(".")[0] in known, f"{kind} {one.name}: no such module")
            expect(one.tensor in owned, f"{kind} {one.name}: no module owns it")
            storage = trace.storages[trace.tensors[one.tensor].storage]
            expect(storage.born == -1 or _is_replaced(storage), f"{kind} {one.name}: made during the step")


def _parametrized(path: str, known: set[str]) -> bool:
    """A parametrization is a module inside, which makes no layer of the one that it belongs to."""
    return f"{path}.parametrizations" in known if path else "parametrizations" in known


def _check_calls(trace: Trace) -> None:
    scopes = {module.path for module in trace.modules} | {LOSS_SCOPE}
    for index, call in enumerate(_every_call(trace)):
        where = f"call {index}"
        expect(_OP.fullmatch(call.op) is not None, f"{where}: {call.op[:60]!r} is not an op")
        expect(call.scope in scopes, f"{where}: no module {call.scope[:60]!r}")
        expect(_is_name(call.where), f"{where}: the line that makes it")
        names = [name for name, _ in call.arguments]
        expect(len(set(names)) == len(names), f"{where}: an argument twice")
        ids = (*call.inputs, *(number for number in call.outputs if number is not None))
        expect(_known(ids, trace), f"{where}: a tensor that does not exist")
    leaves = {module.path for module in trace.modules if module.leaf}
    leaves = {path for path in leaves if "parametrizations" not in path.split(".")}  # these lie in the one they make
    inside = sum(call.last - call.first for call in trace.module_calls if call.path in leaves)
    expect(inside <= len(trace.calls), "leaves that lie in one another")
    for module_call in trace.module_calls:
        where = f"call of module {module_call.path[:60]!r}"
        expect(module_call.path in scopes, f"{where}: no such module")
        expect(_is_name(module_call.where), f"{where}: the line that makes it")
        expect(0 <= module_call.first <= module_call.last <= len(trace.calls), f"{where}: its range of calls")
        expect(_known((*module_call.inputs, *module_call.outputs), trace), f"{where}: an unknown tensor")


def _check_order(trace: Trace) -> None:
    """A call reads only what existed before the step or was made in it, and is not gone; new memory is large enough."""
    made: set[int] = set()
    for index, call in enumerate(trace.calls):
        where = f"call {index}, {call.op}"
        inputs = {trace.tensors[number].storage for number in call.inputs}
        for number in call.inputs:
            storage = trace.storages[trace.tensors[number].storage]
            if _is_replaced(storage):
                continue
            is_there = storage.born == -1 or storage.id in made or _is_literal(trace, number)
            expect(is_there, f"{where}: reads tensor {number}, which nothing has made")
            expect(storage.died is None or storage.died > index, f"{where}: reads tensor {number}, which is gone")
        for tensor in (trace.tensors[number] for number in call.outputs if number is not None):
            if tensor.storage not in inputs and tensor.storage not in made:
                storage = trace.storages[tensor.storage]
                expect(storage.nbytes >= tensor.nbytes, f"{where}: its result is larger than its memory")
                made.add(tensor.storage)


def _is_replaced(storage: Storage) -> bool:
    """Memory that a parameter had before its first update gave it other (``p.data = q``): outside the steady step."""
    return storage.role is Role.PARAMETER and storage.born == storage.died == 0


def _is_literal(trace: Trace, number: int) -> bool:
    storage = trace.storages[trace.tensors[number].storage]
    return storage.role is Role.TEMPORARY and storage.nbytes == 0


def _known(ids: Iterable[int], trace: Trace) -> bool:
    return all(0 <= number < len(trace.tensors) for number in ids)


def _is_name(text: str) -> bool:
    return len(text) <= LONGEST_NAME and text.isprintable()
