"""Timeloop's map file as a mapping."""

from __future__ import annotations

import re

from costmodel.errors import FormatError
from costmodel.ir.cost import LoopSpec, MappedLevel

_HEAD = re.compile(r"(\S+) \[ (.*)\]")
_LOOP = re.compile(r"for (\w+) in \[0:(\d+)(,\d+)?\)(?: \(Spatial-([XY])\))?")


def parse_map(text: str) -> tuple[MappedLevel, ...]:
    """Read ``timeloop-mapper.map.txt``: levels and loops outermost first; loops of bound 1 are dummies and left out.

    Raises:
        FormatError: no level, a loop outside one, or an imperfect factor (our mappings multiply out).
    """
    levels: list[tuple[str, tuple[str, ...], list[LoopSpec]]] = []
    for line in text.splitlines():
        words = line.strip("| ")
        if head := _HEAD.fullmatch(words):
            levels.append((head[1], tuple(re.findall(r"(\w+):\d+", head[2])), []))
        elif loop := _LOOP.fullmatch(words):
            if not levels:
                raise FormatError(f"the map has a loop before the first level: {words}")
            if loop[3]:
                raise FormatError(f"the map has an imperfect factor: {words}")
            if int(loop[2]) != 1:
                levels[-1][2].append(LoopSpec(dim=loop[1], bound=int(loop[2]), spatial=loop[4]))
    if not levels:
        raise FormatError("the map names no level")
    return tuple(MappedLevel(target=target, keep=keep, loops=tuple(loops)) for target, keep, loops in levels)
