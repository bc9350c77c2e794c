"""Trace → widths: which layers share a channel count, so that one of them cannot change without the others.

A width starts at a layer's output channels and flows through element-wise work, normalisation and pooling into the
layers that read it; a sum of two tensors joins their widths. What this file does not know freezes the widths that it
touches: nothing is ever said to be changeable that might not be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from costmodel.ir.tensor import Role
from costmodel.ir.trace import OpCall, TensorRef, Trace

_CHANNEL_KEEPING = frozenset(
    {
        "aten.relu",
        "aten.relu_",
        "aten.hardtanh",
        "aten.hardtanh_",
        "aten.leaky_relu",
        "aten.leaky_relu_",
        "aten.gelu",
        "aten.silu",
        "aten.silu_",
        "aten.sigmoid",
        "aten.tanh",
        "aten.elu",
        "aten.hardswish",
        "aten.hardswish_",
        "aten.hardsigmoid",
        "aten.add",
        "aten.add_",
        "aten.sub",
        "aten.mul",
        "aten.mul_",
        "aten.clone",
        "aten.detach",
        "aten.contiguous",
        "aten.alias",
        "aten.dropout",
        "aten.native_dropout",
        "aten.native_batch_norm",
        "aten._native_batch_norm_legit",
        "aten._native_batch_norm_legit_no_training",
        "aten.max_pool2d_with_indices",
        "aten.avg_pool2d",
        "aten._adaptive_avg_pool2d",
        "aten.adaptive_max_pool2d",
        "aten.upsample_nearest2d",
        "aten.upsample_bilinear2d",
        "aten.constant_pad_nd",
    }
)
"""Ops whose outputs have the channels of their inputs, at the same place."""

_VIEWS = frozenset({"aten.view", "aten._unsafe_view", "aten.reshape", "aten.flatten", "aten.squeeze"})

_PRODUCTS = {"aten.addmm": ("mat1", "mat2"), "aten.mm": ("self", "mat2")}


@dataclass(frozen=True, slots=True)
class Use:
    """A nest's dim that the width sets: ``dim`` (C or M) is ``times`` · width; ``call`` is its place in the trace."""

    call: int
    dim: str
    times: int


@dataclass(frozen=True, slots=True)
class Width:
    """A channel count and everywhere that it stands."""

    size: int
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class _Channel:
    """Where a tensor's channels are: dim number, group, and how many elements of the dim belong to one channel."""

    dim: int
    group: int
    times: int


class _Groups:
    """Union-find over channel groups; a frozen group cannot change."""

    def __init__(self) -> None:
        self.parent: list[int] = []
        self.frozen: set[int] = set()
        self.sizes: list[int] = []

    def new(self, size: int, *, frozen: bool = False) -> int:
        group = len(self.parent)
        self.parent.append(group)
        self.sizes.append(size)
        if frozen:
            self.frozen.add(group)
        return group

    def find(self, group: int) -> int:
        while self.parent[group] != group:
            group = self.parent[group]
        return group

    def join(self, one: int, other: int) -> None:
        one, other = self.find(one), self.find(other)
        if one == other:
            return
        self.parent[other] = one
        if other in self.frozen or self.sizes[one] != self.sizes[other]:
            self.frozen.add(one)

    def freeze(self, group: int) -> None:
        self.frozen.add(self.find(group))


def widths(trace: Trace) -> tuple[Width, ...]:
    """The channel counts of a forward pass that may be changed, in order of first appearance."""
    return _Flow(trace).widths()


class _Flow:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.groups = _Groups()
        self.channels: dict[int, _Channel] = {}
        self.uses: list[tuple[int, Use]] = []
        self.shared: dict[int, tuple[int, int]] = {}
        self.weights = {i for i, t in enumerate(trace.tensors) if t.role in (Role.PARAMETER, Role.BUFFER)}

    def widths(self) -> tuple[Width, ...]:
        for number, call in enumerate(self.trace.calls):
            self._call(number, call)
        read = {i for call in self.trace.calls for i in call.inputs}
        for call in self.trace.calls:
            for tensor in call.written:
                if tensor not in read and tensor in self.channels and self._is_result(call, tensor):
                    self.groups.freeze(self.channels[tensor].group)
        return tuple(self._open())

    def _is_result(self, call: OpCall, tensor: int) -> bool:
        """Whether nothing reads it because it is the model's output, not a by-product (indices, saved statistics)."""
        return bool(call.outputs) and tensor == call.outputs[0]

    def _open(self) -> Iterator[Width]:
        found: dict[int, list[Use]] = {}
        for group, use in self.uses:
            found.setdefault(self.groups.find(group), []).append(use)
        for group, uses in found.items():
            if group not in self.groups.frozen:
                yield Width(self.groups.sizes[group], tuple(uses))

    def _call(self, number: int, call: OpCall) -> None:
        named = dict(call.arguments)
        if call.packet == "aten.convolution":
            self._convolution(number, call, named)
        elif call.packet in _PRODUCTS:
            self._product(number, call, named)
        elif call.packet == "aten.t" and set(call.inputs) <= self.weights:
            self.weights.update(call.written)
        elif call.packet in _VIEWS:
            self._view(call)
        elif call.packet == "aten.mean":
            self._mean(call)
        elif call.packet in _CHANNEL_KEEPING:
            self._keep(call)
        else:
            self._unknown(call)

    def _tensor(self, value: object) -> int:
        assert isinstance(value, TensorRef)  # the schema says Tensor
        return value.tensor

    def _of(self, tensor: int, dim: int) -> _Channel:
        """The channels of a tensor that should have them at ``dim``; a tensor from outside is frozen."""
        known = self.channels.get(tensor)
        size = self.trace.tensor(tensor).shape[dim]
        if known is None or known.dim != dim:
            if known is not None:
                self.groups.freeze(known.group)
            known = _Channel(dim, self.groups.new(size, frozen=True), 1)
            self.channels[tensor] = known
        return known

    def _convolution(self, number: int, call: OpCall, named: Mapping[str, object]) -> None:
        source, weight = self._tensor(named["input"]), self._tensor(named["weight"])
        inside = self._of(source, 1)
        out = self.trace.tensor(call.written[0]).shape
        groups = named.get("groups", 1)
        plain = not named.get("transposed") and len(out) == 4 and inside.times == 1 and self._first_use(weight)
        if not plain or (groups != 1 and not groups == self.trace.tensor(source).shape[1] == out[1]):
            self._unknown(call)
            return
        if groups == 1:
            made = self.groups.new(out[1])
            self.uses += [(inside.group, Use(number, "C", 1)), (made, Use(number, "M", 1))]
        else:
            made = inside.group
            self.uses.append((made, Use(number, "C", 1)))
        self.shared[self.trace.tensor(weight).storage] = (inside.group, made)
        self.channels[call.written[0]] = _Channel(1, made, 1)

    def _first_use(self, weight: int) -> bool:
        """Whether it is a weight that no layer before has used; a shared one freezes what it ties together."""
        for group in self.shared.get(self.trace.tensor(weight).storage, ()):
            self.groups.freeze(group)
        return weight in self.weights and self.trace.tensor(weight).storage not in self.shared

    def _product(self, number: int, call: OpCall, named: Mapping[str, object]) -> None:
        left, right = (self._tensor(named[name]) for name in _PRODUCTS[call.packet])
        if not self._first_use(right):
            self._unknown(call)
            return
        inside = self._of(left, 1)
        made = self.groups.new(self.trace.tensor(call.written[0]).shape[1])
        self.uses += [(inside.group, Use(number, "C", inside.times)), (made, Use(number, "M", 1))]
        self.shared[self.trace.tensor(right).storage] = (inside.group, made)
        self.channels[call.written[0]] = _Channel(1, made, 1)

    def _view(self, call: OpCall) -> None:
        """Only flattening keeps channels apart: [n, c, h, w] → [n, c·h·w]."""
        before, after = (self.trace.tensor(i).shape for i in (call.inputs[0], call.written[0]))
        known = self.channels.get(call.inputs[0])
        if known is None:
            return
        flat = len(after) == 2 and known.dim == 1 and before[0] == after[0]
        if not flat:
            self._unknown(call)
            return
        size = self.groups.sizes[self.groups.find(known.group)]
        self.channels[call.written[0]] = _Channel(1, known.group, after[1] // size)

    def _mean(self, call: OpCall) -> None:
        """Global average pooling: the mean over all that follows the channels."""
        before, after = (self.trace.tensor(i).shape for i in (call.inputs[0], call.written[0]))
        if call.inputs[0] in self.channels and len(before) == 4 and after[:2] == before[:2]:
            self.channels[call.written[0]] = self.channels[call.inputs[0]]
        else:
            self._unknown(call)

    def _keep(self, call: OpCall) -> None:
        known = [self.channels[i] for i in call.inputs if i in self.channels]
        others = [i for i in call.inputs if i not in self.channels and i not in self.weights]
        shape = self.trace.tensor(call.written[0]).shape
        apart = any(channel.dim != known[0].dim or channel.times != known[0].times for channel in known)
        wide = [self.trace.tensor(i).shape for i in others]
        if not known or apart or any(len(s) > known[0].dim and s[known[0].dim] > 1 for s in wide):
            self._unknown(call)
            return
        for channel in known[1:]:
            self.groups.join(known[0].group, channel.group)
        for tensor in call.written:
            if len(self.trace.tensor(tensor).shape) == len(shape):
                self.channels[tensor] = known[0]

    def _unknown(self, call: OpCall) -> None:
        for tensor in (*call.inputs, *call.written):
            channel = self.channels.pop(tensor, None)
            if channel is not None:
                self.groups.freeze(channel.group)
