"""The shapes that a trace claims, asked again of torch: each op's own shape function on stand-ins for its arguments.

For traces that come from elsewhere. Only ops that the caller names as known are asked, on tensors without memory, so
nothing is computed and nothing is allocated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import torch

from costmodel.ir.trace import OpCall, TensorRef, Trace
from costmodel.tracing import compat
from costmodel.tracing.arguments import decode, resolve

Result = tuple["tuple[tuple[int, ...], str, int | None] | None", ...]
"""For each result its shape, element type, and the position of the argument whose memory it shares."""

_BY_STRIDES = frozenset({"aten.as_strided", "aten.as_strided_", "aten.set_", "aten.resize_", "aten.resize"})
"""Ops whose result depends on strides or sizes of memory, which a trace does not hold.

Not a trait of the op (``ops.traits``): it is about how torch's fake tensors answer, and tracing/ sees no formulas.
"""

_OF_CPU = frozenset({"aten.native_batch_norm", "aten._native_batch_norm_legit", "aten._embedding_bag"})
"""Ops whose results on meta tensors are not those of a CPU: of all in torch's database of functions these three."""

_LIFTS = "aten.lift_fresh"
"""Takes a literal of the program into the step: new memory on fake tensors, a view on real ones."""

_TENSORS = "List[Tensor]"
_MOST_PIECES = 10_000
"""An honest network cuts no tensor into more pieces; each costs time here."""


def warm_up() -> None:
    """Ask torch one shape, so that what it loads for the first one is loaded."""
    with compat.BareMode(), torch.no_grad():
        torch.nn.functional.conv2d(torch.empty(1, 1, 3, 3), torch.empty(1, 1, 3, 3)).relu().sum()


def disagreement(trace: Trace, is_known: Callable[[str], bool]) -> str | None:
    """The first call whose claimed results are not those that its op gives, in words; None if all agree.

    Args:
        trace: with arguments and ids that are in order.
        is_known: of an op packet (``aten.relu``): may it be asked? Others are passed over.
    """
    asked: dict[Any, Result | str | None] = {}
    mode = compat.BareMode()
    with compat.quiet(), torch.no_grad():
        for index, call in enumerate((*trace.calls, *trace.first_update)):
            if call.packet in _BY_STRIDES or not is_known(call.packet):
                continue
            key = _key(call, trace)
            if key not in asked:
                asked[key] = _asked(call, trace)
            problem = _problem(call, trace, asked[key])
            if problem:  # fake tensors are believed: they know what is of the CPU alone, and what hangs on values
                asked[key] = _asked(call, trace, mode)
                problem = _problem(call, trace, asked[key])
            if problem:
                return f"call {index}, {call.op} in {call.scope or 'the model itself'}: {problem}"
    return None


def _problem(call: OpCall, trace: Trace, result: Result | str | None) -> str | None:
    return result if isinstance(result, str) else _difference(call, trace, result)


def _key(call: OpCall, trace: Trace) -> Any:
    order: dict[int, int] = {}
    metas = []
    for number in call.inputs:
        tensor = trace.tensors[number]
        order.setdefault(number, len(order))
        metas.append((order[number], tensor.shape, tensor.dtype))
    return call.op, _without_ids(call.arguments), tuple(metas), len(call.outputs)


def _without_ids(value: Any) -> Any:
    if isinstance(value, TensorRef):
        return "tensor"
    if isinstance(value, tuple):
        return tuple([_without_ids(item) for item in value])
    return (type(value).__name__, value)


def _asked(call: OpCall, trace: Trace, mode: compat.BareMode | None = None) -> Result | str | None:
    """What the op gives; text if it refuses its arguments; None if its result depends on values.

    Without a fake mode, by meta tensors, for ops with a shape function of torch's own: these are asked ten times as
    fast. An op without one needs the mode, and says so.
    """
    try:
        target = resolve(call.op)
    except (AttributeError, ValueError):
        return "there is no such op"
    if not isinstance(target, torch._ops.OpOverload):
        return "there is no such op"
    pieces = _pieces(call, trace, target)
    if pieces > _MOST_PIECES:
        return "it would cut a tensor into too many pieces"
    if pieces and pieces != len(call.outputs):
        return f"it gives {pieces} results, the trace has {len(call.outputs)}"
    if mode is None and (not call.inputs or call.packet in _OF_CPU or not compat.has_shape_function(target)):
        return "it needs fake tensors"
    stands: dict[int, torch.Tensor] = {}

    def stand_in(number: int) -> torch.Tensor:
        if number not in stands:
            tensor = trace.tensors[number]
            place = "meta" if mode is None else "cpu"
            stands[number] = torch.empty(tensor.shape, dtype=getattr(torch, tensor.dtype), device=place)
        return stands[number]

    try:
        with mode or nullcontext():
            arguments = {name: decode(value, stand_in) for name, value in call.arguments}
            arguments = _as_schema(target, arguments)
            result = compat.by_shapes(target, arguments) if mode is None else target(**arguments)
    except (compat.DataDependentOutputException, compat.DynamicOutputShapeException):
        return None
    except (compat.UnsupportedOperatorException, NotImplementedError):
        return None
    except Exception as error:  # whatever torch says of arguments that do not fit
        first = (str(error).splitlines() or [""])[0]
        return f"torch refuses these arguments: {first}"[:300]
    addresses = [stands[number].untyped_storage()._cdata for number in dict.fromkeys(call.inputs)]
    return tuple(_described(item, addresses) for item in _flat(result))


def _pieces(call: OpCall, trace: Trace, target: Any) -> int:
    """Tensors in the list that an op returns, by its schema and before it is asked; 0 if it returns none.

    Where the schema does not say it, as many as the trace has: they are asked for only if that is a number of pieces.
    """
    if _TENSORS not in [str(result.type) for result in target._schema.returns]:
        return 0
    given = dict(call.arguments)
    of = trace.tensors[call.inputs[0]].shape if call.inputs else ()
    axis = given.get("dim", 0)
    size = of[axis] if isinstance(axis, int) and -len(of) <= axis < len(of) else max(of, default=0)
    whole = next((given[name] for name in ("split_size", "chunks", "sections") if name in given), None)
    lengths = next((given[name] for name in ("split_sizes", "split_size", "indices") if name in given), None)
    if isinstance(lengths, tuple):
        return len(lengths) + ("indices" in given)
    if isinstance(whole, int) and "split_size" in given:
        return max(1, -(-size // whole)) if whole > 0 else 1
    if isinstance(whole, int):
        return len(call.outputs) if whole <= _MOST_PIECES else whole
    if call.packet.rpartition(".")[2].startswith("unbind"):
        return size
    # a list for a list (``_foreach_add``), or an op whose schema says nothing of its number
    longest = max((len(value) for value in given.values() if isinstance(value, tuple)), default=0)
    return len(call.outputs) if max(size, longest) <= _MOST_PIECES or longest == len(call.outputs) else size


def _as_schema(target: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name; ``self`` is not a keyword to Python's own call, but it is to an op's."""
    known = {argument.name for argument in target._schema.arguments}
    unknown = set(arguments) - known
    if unknown:
        raise TypeError(f"unknown parameter {sorted(unknown)[0]!r}")
    return arguments


def _described(tensor: torch.Tensor | None, addresses: list[int]) -> tuple[tuple[int, ...], str, int | None] | None:
    if tensor is None:
        return None
    address = tensor.untyped_storage()._cdata
    shared = addresses.index(address) if address in addresses else None
    return tuple(map(int, tensor.shape)), str(tensor.dtype).removeprefix("torch."), shared


def _flat(result: Any) -> Iterator[torch.Tensor | None]:
    """As the recorder lists results."""
    if isinstance(result, torch.Tensor):
        yield result
    elif isinstance(result, (tuple, list)):
        for item in result:
            flat = list(_flat(item))
            yield from flat or [None]


def _difference(call: OpCall, trace: Trace, result: Result | None) -> str | None:
    if result is None:
        return None
    if len(result) != len(call.outputs):
        return f"it gives {len(result)} results, the trace has {len(call.outputs)}"
    inputs = [trace.tensors[number] for number in dict.fromkeys(call.inputs)]
    memory = {tensor.storage for tensor in inputs}
    for given, number in zip(result, call.outputs, strict=True):
        if (given is None) != (number is None):
            return "a result is there in one and absent in the other"
        if given is None or number is None:
            continue
        claimed = trace.tensors[number]
        shape, dtype, shared = given
        if (shape, dtype) != (claimed.shape, claimed.dtype):
            return f"it gives {_shown(shape, dtype)}, the trace has {_shown(claimed.shape, claimed.dtype)}"
        if call.packet == _LIFTS:
            continue
        if shared is None and claimed.storage in memory:
            return "its result has memory of its own, the trace says that it is a view"
        if shared is not None and claimed.storage != inputs[shared].storage:
            return "its result is a view, the trace says that it has memory of its own"
    return None


def _shown(shape: tuple[int, ...], dtype: str) -> str:
    return f"{dtype}[{', '.join(map(str, shape))}]"
