"""What each ATen op does, as loop nests and scalar operations: the formulas in families/, and what they are made of."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from costmodel.ops import families
from costmodel.ops.formula import Formula, _registry


@cache
def formulas() -> dict[str, Formula]:
    """Every formula by packet name (``aten.convolution``); a new file in families/ is found by existing."""
    for module in pkgutil.iter_modules(families.__path__, f"{families.__name__}."):
        importlib.import_module(module.name)
    return dict(sorted(_registry.items()))


def lookup(packet: str) -> Formula | None:
    """The formula of an op packet, in-place forms included; None if there is none (never a zero)."""
    known = formulas()
    return known.get(packet) or known.get(packet.removesuffix("_"))
