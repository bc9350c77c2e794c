"""Trace → receptive field: the places of the input that one position of the last feature map has seen.

What an op does to places is told in :mod:`costmodel.ops.places`. Chains and branches are exact, the largest over all
positions; behind attention, a linear layer over places, or a product with what was pooled (squeeze and excitation) it
is the whole input. Statistics that a normalisation takes of a sample's places at inference (group norm, instance norm)
do not count as seeing them, as is usual.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.ir.argument import Argument, TensorRef
from costmodel.ir.receptive import ReceptiveField
from costmodel.ir.trace import OpCall, Trace
from costmodel.ops import traits_of
from costmodel.ops.places.layout import Axis, Layout, Lost, Part, Seen, Whole, fitted, plain, reshaped, together
from costmodel.ops.places.rules import GIVES_SEVERAL, MIXES_TWO, RULES, Call, reduced
from costmodel.ops.places.span import Span

_RANKS = (3, 4, 5)
"""Axes of a batch of signals, of images, of volumes."""


def receptive_field(trace: Trace) -> ReceptiveField | None:
    """Of a forward pass; None where it is not known, or the input is no image, signal or volume."""
    inputs = [i for i in trace.inputs if trace.tensors[i].dtype.startswith(("float", "bfloat"))]
    shapes = [trace.tensors[i].shape for i in inputs]
    if len(inputs) != 1 or len(shapes[0]) not in _RANKS:
        return None
    walk = _Walk(trace)
    walk.start(inputs[0])
    last = walk.last
    image = shapes[0][2:]
    if isinstance(last, Whole):
        return ReceptiveField(image=image)
    if not isinstance(last, Layout) or len(last.spans) != len(image):
        return None
    return ReceptiveField(size=tuple(span.size for span in last.spans), image=image)


class _Walk:
    """One walk along the trace: what each tensor has seen."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.seen: dict[int, Seen] = {}
        self.last: Seen | None = None
        self.lost_storages: dict[int, Lost] = {}

    def start(self, image: int) -> None:
        shape = self.trace.tensors[image].shape
        places: list[Axis] = [(Part(size, Span()),) for size in shape[2:]]
        self.seen[image] = Layout((plain(shape[0]), plain(shape[1]), *places))
        for call in self.trace.calls:
            self._call(call)

    def _call(self, call: OpCall) -> None:
        found = [self._of(tensor) for tensor in dict.fromkeys(call.inputs)]
        operands = [seen for seen in found if seen is not None]
        outputs = [i for i in call.written if i is not None]
        if not operands or not outputs or traits_of(call.packet).shape_only:
            return
        for output in outputs if call.packet in GIVES_SEVERAL else outputs[:1]:
            self._note(call, output, self._result(call, operands, self.trace.tensors[output].shape))

    def _of(self, tensor: int) -> Seen | None:
        return self.seen.get(tensor) or self.lost_storages.get(self.trace.tensors[tensor].storage)

    def _result(self, call: OpCall, operands: Sequence[Seen], shape: tuple[int, ...]) -> Seen:
        first = operands[0]
        if any(isinstance(seen, Whole) for seen in operands):
            return together(operands)
        places = max(seen.places for seen in operands if not isinstance(seen, Whole))
        if call.packet in MIXES_TWO and any(isinstance(seen, Lost) for seen in operands):
            rows = max(max(self.trace.tensors[i].shape[-2:], default=0) for i in call.inputs)
            return Whole() if rows >= places else Lost(places)
        if not isinstance(first, Layout) or any(isinstance(seen, Lost) for seen in operands):
            return Lost(places)
        main = next(i for i in call.inputs if self._of(i) is first)
        traits, named = traits_of(call.packet), dict(call.arguments)
        if traits.mixes is not None and named.get(traits.mixes[0]) != TensorRef(main):
            return Lost(places)
        given: dict[str, Any] = {name: self._plain(value) for name, value in named.items()}
        at_work = Call(first, given, self.trace.tensors[main].shape, shape, tuple(operands[1:]))
        if call.packet in RULES:
            return RULES[call.packet](at_work)
        if traits.reshapes:
            return reshaped(first, shape)
        if traits.reduces:
            dims = given.get("dim")
            return reduced(at_work, () if dims is None else (dims,) if isinstance(dims, int) else tuple(dims))
        return fitted(together(operands), shape) if traits.keeps_channels else Lost(places)

    def _plain(self, value: Argument) -> object:
        """A tensor as its shape."""
        return self.trace.tensors[value.tensor].shape if isinstance(value, TensorRef) else value

    def _note(self, call: OpCall, output: int, seen: Seen) -> None:
        if call.packet.endswith("_"):
            self._written(output, seen)
        self.seen[output] = seen
        is_map = bool(seen.spans) if isinstance(seen, Layout) else not (isinstance(seen, Whole) and seen.pooled)
        self.last = seen if is_map else self.last

    def _written(self, output: int, seen: Seen) -> None:
        """What shares the memory that is written has seen as much: known where it is the same tensor, else lost."""
        spec = self.trace.tensors[output]
        places = 0 if isinstance(seen, Whole) else seen.places
        known = [i for i in self.seen if self.trace.tensors[i].storage == spec.storage]
        for other in known:
            if self.trace.tensors[other].shape == spec.shape:
                self.seen[other] = seen
            elif self.seen[other] != seen:
                self.seen[other] = together([self.seen[other], Lost(places)])
        if not known:
            self.lost_storages[spec.storage] = Lost(places)
