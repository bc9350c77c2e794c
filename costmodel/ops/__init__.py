"""The work of each ATen op, as loop nests and scalar operations: the formulas in families/ and their parts."""

from __future__ import annotations

from functools import cache

from costmodel.files.varieties import modules_in
from costmodel.ops import families
from costmodel.ops.formula import Formula, registered
from costmodel.ops.traits import NO_TRAITS, Traits


@cache
def formulas() -> dict[str, Formula]:
    """Every formula by packet name (``aten.convolution``); a new file in families/ is found by existing."""
    modules_in(families)
    return registered()


def lookup(packet: str) -> Formula | None:
    """The formula of an op packet, in-place forms included; None if there is none (never a zero)."""
    known = formulas()
    return known.get(packet) or known.get(packet.removesuffix("_"))


def traits_of(packet: str) -> Traits:
    """The traits of an op packet, in-place forms included; none of them if it has no formula."""
    entry = lookup(packet)
    return NO_TRAITS if entry is None else entry.traits
