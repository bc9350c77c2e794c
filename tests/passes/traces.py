"""Traces made by hand: tensors, calls and modules without a network, so that every number can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from costmodel.ir.argument import Argument
from costmodel.ir.tensor import Role, TensorSpec
from costmodel.ir.trace import ModuleCall, ModuleSpec, OpCall, Parameter, Phase, TensorRef, Trace


@dataclass(frozen=True)
class Maker:
    """Tensors are numbered in the order in which they are made; each has a storage of its own unless it is said."""

    tensors: list[TensorSpec] = field(default_factory=list)
    calls: list[OpCall] = field(default_factory=list)

    def tensor(
        self, *shape: int, role: Role = Role.ACTIVATION, dtype: str = "float32", storage: int | None = None
    ) -> int:
        number = len(self.tensors)
        held = number if storage is None else storage
        self.tensors.append(TensorSpec(id=number, shape=shape, dtype=dtype, device="cpu", role=role, storage=held))
        return number

    def weight(self, *shape: int, role: Role = Role.PARAMETER) -> int:
        return self.tensor(*shape, role=role)

    def op(
        self,
        packet: str,
        arguments: dict[str, Any],
        *outputs: int | None,
        phase: Phase = Phase.FORWARD,
        scope: str = "",
        where: str = "",
        kept: bool = True,
    ) -> OpCall:
        """A call; numbers under the names in ``tensors`` are tensors."""
        given: list[tuple[str, Argument]] = list(arguments.items())
        call = OpCall(
            op=f"aten.{packet}", arguments=tuple(given), outputs=outputs, scope=scope, phase=phase, where=where
        )
        if kept:
            self.calls.append(call)
        return call

    def trace(self, **more: Any) -> Trace:
        given: dict[str, Any] = {
            "calls": tuple(self.calls), "first_update": (), "tensors": tuple(self.tensors), "storages": (),
            "modules": (), "module_calls": (), "parameters": (), "buffers": (), "inputs": (),
        }  # fmt: skip
        return Trace(**(given | more))


def ref(number: int) -> TensorRef:
    return TensorRef(number)


def relu(maker: Maker, elements: int, phase: Phase = Phase.FORWARD, scope: str = "", kept: bool = True) -> OpCall:
    """So many compares."""
    before, after = maker.tensor(elements), maker.tensor(elements)
    return maker.op("relu.default", {"self": ref(before)}, after, phase=phase, scope=scope, kept=kept)


def module(path: str, kind: str = "torch.nn.modules.linear.Linear", **more: Any) -> ModuleSpec:
    given: dict[str, Any] = {"leaf": True, "attributes": {}, "parameters": (), "buffers": ()}
    return ModuleSpec(path=path, type=kind, **(given | more))


def called(
    path: str, inputs: tuple[int, ...], outputs: tuple[int, ...], first: int, last: int, where: str = ""
) -> ModuleCall:
    return ModuleCall(path=path, inputs=inputs, outputs=outputs, first=first, last=last, where=where)


def parameter(tensor: int, trainable: bool = True) -> Parameter:
    return Parameter(name=f"p{tensor}", tensor=tensor, trainable=trainable)
