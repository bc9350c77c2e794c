"""A mapping: which loops run at which storage level, and which data spaces are kept there."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from costmodel.errors import FormatError
from costmodel.mapping.problem import DATASPACES

Spatial = Literal["X", "Y"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """``for dim in range(bound)``; spatial loops run on the fan-out along X or Y."""

    dim: str
    bound: int
    spatial: Spatial | None = None

    def __str__(self) -> str:
        return f"{self.dim}{self.bound}{self.spatial or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMapping:
    """The loops of one storage level, outermost first, and what it keeps.

    Temporal loops enclose the spatial ones, and Y encloses X, however the loops are listed.
    """

    target: str
    keep: tuple[str, ...]
    loops: tuple[Loop, ...] = ()

    @property
    def ordered(self) -> tuple[Loop, ...]:
        """The loops with a bound other than 1 in the order in which they run, outermost first."""
        rank = {None: 0, "Y": 1, "X": 2}
        return tuple(sorted((loop for loop in self.loops if loop.bound != 1), key=lambda loop: rank[loop.spatial]))

    def __str__(self) -> str:
        kept = "".join(name[0] for name in DATASPACES if name in self.keep)
        return " ".join([f"{self.target}[{kept}]", *map(str, self.ordered)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """One entry per storage level, outermost first."""

    levels: tuple[LevelMapping, ...]

    def __str__(self) -> str:
        """Canonical text, outermost level first: ``DRAM[WIO] Q14 - shared_glb[IO] P2 M6Y C3X - …``."""
        return " - ".join(map(str, self.levels))

    def to_json(self) -> list[dict[str, Any]]:
        """The form in which recorded cases write a mapping."""
        return [
            {
                "target": level.target,
                "keep": list(level.keep),
                "loops": [{"dim": o.dim, "bound": o.bound, "spatial": o.spatial} for o in level.ordered],
            }
            for level in self.levels
        ]

    @classmethod
    def from_json(cls, levels: Sequence[Dictionary[str, Any]]) -> Mapping:
        """Read the form of ``to_json``.

        Raises:
            FormatError: a field is missing or has a value that is not allowed; the message names its path.
        """
        return cls(levels=tuple(_level(f"mapping[{i}]", level) for i, level in enumerate(levels)))


def _level(path: str, level: Dictionary[str, Any]) -> LevelMapping:
    target, keep = _field(path, level, "target", str), _field(path, level, "keep", list)
    for name in keep:
        if name not in DATASPACES:
            raise FormatError(f"{path}.keep: unknown data space {name!r}; known: {', '.join(DATASPACES)}")
    loops = _field(path, level, "loops", list)
    return LevelMapping(
        target=target,
        keep=tuple(name for name in DATASPACES if name in keep),
        loops=tuple(_loop(f"{path}.loops[{i}]", loop) for i, loop in enumerate(loops)),
    )


def _loop(path: str, loop: Dictionary[str, Any]) -> Loop:
    spatial = loop.get("spatial") if isinstance(loop, dict) else None
    if spatial not in (None, "X", "Y"):
        raise FormatError(f"{path}.spatial is {spatial!r}; it is X, Y or null")
    return Loop(dim=_field(path, loop, "dim", str), bound=_field(path, loop, "bound", int), spatial=spatial)


def _field(path: str, found: Any, name: str, kind: type) -> Any:
    if not isinstance(found, dict) or name not in found:
        raise FormatError(f"{path}.{name} is missing")
    value = found[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise FormatError(f"{path}.{name} is {value!r}; it should be a {kind.__name__}")
    return value
