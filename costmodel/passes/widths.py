"""Trace → widths: the layers that share a channel count, so that one of them cannot change without the others.

A width starts at a layer's output channels and flows through the ops whose traits say that they keep channels
(elementwise work, normalisation, pooling) into the layers that read it; a sum of two tensors joins their widths, and
so does a parameter that both meet (two layers behind one normalisation). Everything else freezes the widths that it
touches: nothing is ever said to be changeable that might not be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from costmodel.ir.tensor import Role
from costmodel.ir.trace import OpCall, TensorRef, Trace
from costmodel.ops import traits_of
from costmodel.ops.traits import Traits
from costmodel.passes.channel_groups import ChannelGroups


@dataclass(frozen=True, slots=True)
class Use:
    """A nest's dim that the width sets: ``dim`` (C or M) is ``times`` · width; ``call`` is its place in the trace."""

    call: int
    dim: str
    times: int


@dataclass(frozen=True, slots=True)
class Width:
    """A channel count, everywhere that it is used, and what any other count must be a multiple of."""

    size: int
    uses: tuple[Use, ...]
    multiple_of: int


@dataclass(frozen=True, slots=True)
class _Channel:
    """The place of a tensor's channels: axis, group, and how many elements of the axis belong to one channel."""

    dim: int
    group: int
    times: int


def widths(trace: Trace) -> tuple[Width, ...]:
    """The channel counts of a forward pass that may be changed, in order of first appearance."""
    return _Flow(trace).widths()


class _Flow:
    """One walk along the trace. A weight's channels are known by its storage: a view of it is the same weight."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.groups = ChannelGroups()
        self.channels: dict[int, _Channel] = {}
        self.uses: list[tuple[int, Use]] = []
        self.weights = {i for i, t in enumerate(trace.tensors) if t.role in (Role.PARAMETER, Role.BUFFER)}
        self.tied: dict[int, list[tuple[int, int]]] = {}  # storage of a weight → (group, times) of its channels
        self.opaque: set[int] = set()  # storages of weights that something unknown has read

    def widths(self) -> tuple[Width, ...]:
        for number, call in enumerate(self.trace.calls):
            self._call(number, call)
        for tensor in self._results():
            if tensor in self.channels:
                self.groups.freeze(self.channels[tensor].group)
        return tuple(self._open())

    def _results(self) -> Iterator[int]:
        """What the model returns, and (a bare trace names no module) what nothing reads.

        Only the first output of a call counts as unread: the others are by-products (indices, saved statistics).
        """
        for module in self.trace.module_calls:
            if module.path == "":
                yield from module.outputs
        read = {i for call in self.trace.calls for i in call.inputs}
        for call in self.trace.calls:
            if call.outputs and call.outputs[0] is not None and call.outputs[0] not in read:
                yield call.outputs[0]

    def _open(self) -> Iterator[Width]:
        found: dict[int, list[Use]] = {}
        for group, use in self.uses:
            found.setdefault(self.groups.find(group), []).append(use)
        for group, uses in found.items():
            if not self.groups.is_frozen(group):
                yield Width(self.groups.size(group), tuple(uses), self.groups.multiple_of(group))

    def _call(self, number: int, call: OpCall) -> None:
        traits, named = traits_of(call.packet), dict(call.arguments)
        if self._is_view_of_weight(call):
            self.weights.update(call.written)
        elif traits.mixes is not None:
            self._mix(number, call, named, traits.mixes)
        elif traits.reshapes or (traits.cuts and self._is_all_of_it(call)):
            self._reshape(call)
        elif traits.reduces:
            self._reduce(call, named)
        elif traits.keeps_channels:
            self._keep(call, named, traits)
        else:
            self._unknown(call)

    def _shape(self, tensor: int) -> tuple[int, ...]:
        return self.trace.tensors[tensor].shape

    def _storage(self, tensor: int) -> int:
        return self.trace.tensors[tensor].storage

    def _is_view_of_weight(self, call: OpCall) -> bool:
        """Whether the call gives a weight's whole memory another shape: all its elements, under their storage."""
        if len(call.inputs) != 1 or len(call.outputs) != 1 or call.outputs[0] is None:
            return False
        before, after = (self.trace.tensors[i] for i in (call.inputs[0], call.outputs[0]))
        same = before.storage == after.storage and before.meta.numel == after.meta.numel
        return call.inputs[0] in self.weights and same and not call.packet.endswith("_")

    def _is_all_of_it(self, call: OpCall) -> bool:
        """Whether a cut takes everything: ``x[:, None]`` writes a slice for each colon in some releases of torch."""
        if len(call.inputs) != 1 or call.outputs[0] is None:
            return False
        return self._shape(call.inputs[0]) == self._shape(call.outputs[0])

    # -- layers: they read one width and make another

    def _mix(self, number: int, call: OpCall, named: Mapping[str, object], mixes: tuple[str, str]) -> None:
        source, weight = (self._tensor(named[name]) for name in mixes)
        (result,) = call.written
        out = self._shape(result)
        inside = self._of(source, 1)
        groups = named.get("groups", 1)
        depthwise = groups == self._shape(source)[1] == out[1] and inside.times == 1
        others = set(call.inputs) - {source, weight}
        # two axes are a matrix product, four a 2-D convolution; no other form has the dims C and M of its own
        plain = len(out) in (2, 4) and not named.get("transposed") and (groups == 1 or depthwise)
        if not plain or not others <= self.weights or not self._is_fresh(weight):
            self._unknown(call)
            return
        if depthwise and groups != 1:
            made = inside.group
            self.uses.append((made, Use(number, "C", 1)))
        else:
            made = self.groups.new(out[1])
            self.uses += [(inside.group, Use(number, "C", inside.times)), (made, Use(number, "M", 1))]
        self.tied.setdefault(self._storage(weight), []).extend([(inside.group, inside.times), (made, 1)])
        for bias in others:
            self._tie(bias, made, 1)
        self.channels[result] = _Channel(1, made, 1)

    def _tensor(self, value: object) -> int:
        assert isinstance(value, TensorRef)  # the schema says Tensor
        return value.tensor

    def _of(self, tensor: int, dim: int) -> _Channel:
        """The channels of a tensor that should have them at ``dim``; a tensor from outside is frozen."""
        known = self.channels.get(tensor)
        if known is None or known.dim != dim:
            if known is not None:
                self.groups.freeze(known.group)
            known = _Channel(dim, self.groups.new(self._shape(tensor)[dim], frozen=True), 1)
            self.channels[tensor] = known
        return known

    def _is_fresh(self, weight: int) -> bool:
        """Whether it is a weight that nothing before has used; a shared one freezes what it ties together."""
        storage = self._storage(weight)
        if storage in self.tied:
            self._spoil(weight)
        return weight in self.weights and storage not in self.opaque

    # -- what lets a width pass

    def _reshape(self, call: OpCall) -> None:
        """Elements in their order under another shape keep the channels apart in three cases.

        Flattened: [n, c, ..] → [n, c·..]. Unflattened: [n, c·k] → [n, c, ..]. Or batch and channels stay: [n, c, ..].
        """
        before, after = self._shape(call.inputs[0]), self._shape(call.written[0])
        known = self.channels.get(call.inputs[0])
        if known is None:
            self._unknown(call)
            return
        size = self.groups.size(known.group)
        kept = known.dim == 1 and len(after) >= 2 and before[0] == after[0]
        if not kept or not (len(after) == 2 or after[1] in (before[1], size)):
            self._unknown(call)
            return
        self.channels[call.written[0]] = _Channel(1, known.group, after[1] // size)

    def _reduce(self, call: OpCall, named: Mapping[str, object]) -> None:
        """A fold over other axes than the channels' (global pooling: the mean over all that follows them)."""
        known = self.channels.get(call.inputs[0])
        rank = len(self._shape(call.inputs[0]))
        dims = named.get("dim")
        folded = (
            {d % rank for d in (dims if isinstance(dims, tuple) else (dims,)) if isinstance(d, int)} if rank else set()
        )
        if known is None or not folded or known.dim in folded:
            self._unknown(call)
            return
        gone = 0 if named.get("keepdim") else sum(d < known.dim for d in folded)
        for tensor in call.written:
            self.channels[tensor] = _Channel(known.dim - gone, known.group, known.times)

    def _keep(self, call: OpCall, named: Mapping[str, object], traits: Traits) -> None:
        """Operands that are broadcast against each other: axes are counted from the last, as torch aligns them."""
        operands = dict.fromkeys(call.inputs)
        known = [(len(self._shape(i)) - self.channels[i].dim, self.channels[i]) for i in operands if i in self.channels]
        if not known:
            self._unknown(call)
            return
        from_last, first = known[0]
        extent = self.groups.size(first.group) * first.times
        if any(axis != from_last or channel.times != first.times for axis, channel in known):
            self._unknown(call)
            return
        meets = [i for i in operands if i not in self.channels and _meets(self._shape(i), from_last, extent)]
        if not self.weights.issuperset(meets) or not self._written_alike(call, from_last, extent):
            self._unknown(call)
            return
        for _, channel in known[1:]:
            self.groups.join(first.group, channel.group)
        for weight in meets:
            self._tie(weight, first.group, first.times)
        parts = named.get(traits.channel_groups)
        if isinstance(parts, int):
            self.groups.divide(first.group, parts)
        rank = len(self._shape(call.written[0]))
        for tensor in call.written:
            if len(self._shape(tensor)) == rank:
                self.channels[tensor] = _Channel(rank - from_last, first.group, first.times)

    def _written_alike(self, call: OpCall, from_last: int, extent: int) -> bool:
        """Whether the result has as many channels as the operands (padding may have added some)."""
        shape = self._shape(call.written[0])
        return len(shape) >= from_last and shape[-from_last] == extent

    def _tie(self, weight: int, group: int, times: int) -> None:
        """A weight with one entry per channel: whoever meets it has the same channels."""
        storage = self._storage(weight)
        for other, often in self.tied.get(storage, ()):
            self.groups.join(group, other)
            if often != times:
                self.groups.freeze(group)
        if storage in self.opaque:
            self.groups.freeze(group)
        self.tied.setdefault(storage, []).append((group, times))

    # -- what does not

    def _unknown(self, call: OpCall) -> None:
        for tensor in (*call.inputs, *call.written):
            channel = self.channels.pop(tensor, None)
            if channel is not None:
                self.groups.freeze(channel.group)
            if tensor in self.weights:
                self._spoil(tensor)

    def _spoil(self, weight: int) -> None:
        """Freeze what this weight ties, now and later."""
        storage = self._storage(weight)
        self.opaque.add(storage)
        for group, _ in self.tied.get(storage, ()):
            self.groups.freeze(group)


def _meets(shape: Sequence[int], from_last: int, extent: int) -> bool:
    """Whether a tensor may have one entry per channel: it has when broadcast, or it is a vector of just that length.

    The vector is a normalisation's; for an elementwise op it may lie along another axis of the same length, and then
    a width is tied that need not be.
    """
    aligned = len(shape) >= from_last and shape[-from_last] > 1
    return aligned or (len(shape) == 1 and shape[0] == extent > 1)
