"""Nothing around it: the entry is watched and ended, and may do whatever its user may."""

from __future__ import annotations

from costmodel.measuring.enclosure import Enclosure

ENCLOSURE = Enclosure(
    name="none",
    order=90,
    description="nothing; what it starts is found again by its parents, its session and its environment",
    promises=(),
    advice="",
)
