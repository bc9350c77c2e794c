"""Op packets by their names: a formula may be for an op that the torch at hand does not have, or no longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

_OPERATORS = frozenset({"__and__", "__or__", "__xor__", "__lshift__", "__rshift__"})
"""Ops whose names Python would take for protocols of the object itself."""


class Packet(Protocol):
    """What we need of ``torch.ops.aten.x``: its qualified name."""

    @property
    def _qualified_op_name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class NamedPacket:
    """A packet as torch would name it (``aten::relu``), whether torch has it or not."""

    _qualified_op_name: str


class Namespace:
    """``aten.relu`` is the packet of that name; tests/conformance/test_schema_names.py asks torch whether it exists."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, op: str) -> NamedPacket:
        if op.startswith("__") and op not in _OPERATORS:
            raise AttributeError(op)
        return NamedPacket(f"{self._name}::{op}")


aten = Namespace("aten")
prim = Namespace("prim")
profiler = Namespace("profiler")
torchvision = Namespace("torchvision")


def packet_name(packet: Packet) -> str:
    """``aten.convolution`` for ``torch.ops.aten.convolution`` and its like."""
    return packet._qualified_op_name.replace("::", ".")
