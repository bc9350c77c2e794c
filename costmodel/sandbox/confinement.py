"""The measures that a child takes against itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """The confinement of a child, before it runs a line of anybody else's.

    Attributes:
        must, may: names of measures (:mod:`costmodel.sandbox.inside.confine`); without one of the first it stops.
        readable: folders and files, in the child's eyes.
        scratch: the one folder that it may write to.
    """

    must: tuple[str, ...]
    may: tuple[str, ...]
    readable: tuple[str, ...]
    scratch: str
