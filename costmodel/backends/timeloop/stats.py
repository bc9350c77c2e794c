"""Timeloop's statistics as figures: what versions of 2021–22 print (``Actual scalar reads …``) and what newer ones do.

Energies are printed with two decimals, and newer versions print no total in picojoules: theirs is the sum of the parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite

from costmodel.errors import FormatError
from costmodel.ir.cost import AccessRow

_LEVEL = re.compile(r"=== (\S+) ===")
_SPACE = re.compile(r"(\w+):")
_TOTAL = re.compile(r"Total topology energy: (\S+) pJ")
_CYCLES = re.compile(r"Cycles: (\d+)")
_END = ("Operational Intensity Stats", "Summary Stats")

_HALF_A_CENT = 0.005
_ENERGIES = ("Energy (total)", "Temporal Reduction Energy (total)", "Address Generation Energy (total)")
_NETWORK_ENERGIES = ("Energy (total)", "Link transfer energy (total)", "Spatial Reduction Energy (total)")
_LEAKAGE = "Leakage energy (total)"


@dataclass(frozen=True)
class Stats:
    """What one statistics file says.

    Attributes:
        rounding_pj: how far the total may be from what was computed: half a cent for each printed part.
        energy_by_component: pJ of the MACs, of the storage levels (innermost first) and of the networks; none is zero.
        accesses: words per instance, energy of all instances; innermost level first.
    """

    energy_pj: float
    rounding_pj: float
    cycles: int
    energy_by_component: dict[str, float]
    accesses: tuple[AccessRow, ...]


@dataclass(frozen=True)
class _Figure:
    """One ``key : value`` line, and its place; the part is a level, or None in a network."""

    part: str | None
    space: str | None
    key: str
    value: str


def parse_stats(text: str) -> Stats:
    """Read ``timeloop-mapper.stats.txt`` or ``timeloop-model.stats.txt``.

    Raises:
        FormatError: no cycles, no levels, or a figure that is not a number.
    """
    figures = list(_figures(text))
    components = _components(figures)
    if not components:
        raise FormatError("the statistics name no level (=== NAME ===)")
    cycles = _CYCLES.search(text)
    if cycles is None:
        raise FormatError("the statistics have no line 'Cycles: N'; the run may have been cut short")
    total = _TOTAL.search(text)
    parts = 1 if total is not None else sum(f.key in (*_ENERGIES, *_NETWORK_ENERGIES, _LEAKAGE) for f in figures)
    return Stats(
        rounding_pj=_HALF_A_CENT * parts,
        energy_pj=sum(components.values()) if total is None else _number("Total topology energy", total[1]),
        cycles=int(cycles[1]),
        energy_by_component={name: energy for name, energy in components.items() if energy},
        accesses=tuple(_accesses(figures)),
    )


def _figures(text: str) -> Iterator[_Figure]:
    part: str | None = None
    space: str | None = None
    for line in text.splitlines():
        words = line.strip()
        if words in _END:
            return
        if words == "Networks":
            part, space = None, None
        elif found := _LEVEL.fullmatch(words):
            part, space = found[1], None
        elif found := _SPACE.fullmatch(words):
            space = found[1]
        elif " : " in words:
            key, _, value = words.partition(" : ")
            yield _Figure(part, space, key.strip(), value.split()[0] if value.split() else "")


def _components(figures: Iterable[_Figure]) -> dict[str, float]:
    totals: dict[str, float] = {}
    networks = 0.0
    for figure in figures:
        if figure.part is None:
            networks += _energy(figure) if figure.key in _NETWORK_ENERGIES else 0.0
            continue
        totals.setdefault(figure.part, 0.0)
        if figure.key in (*_ENERGIES, _LEAKAGE):
            totals[figure.part] += _energy(figure)
    return totals | ({"networks": networks} if totals else {})


def _accesses(figures: Iterable[_Figure]) -> Iterator[AccessRow]:
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for figure in figures:
        if figure.part is not None and figure.space is not None:
            rows.setdefault((figure.part, figure.space), {})[figure.key] = figure.value
    for (level, space), found in rows.items():
        where = f"{level}, {space}"
        yield AccessRow(
            level=level,
            dataspace=space,
            reads=_count(found, "reads", where),
            fills=_count(found, "fills", where),
            updates=_count(found, "updates", where),
            energy_pj=sum(_number(f"{where}: {key}", found[key]) for key in _ENERGIES if key in found),
        )


def _count(found: dict[str, str], kind: str, where: str) -> int:
    for key in (f"Actual scalar {kind} (per-instance)", f"Scalar {kind} (per-instance)"):
        if key in found:
            return round(_number(f"{where}: {key}", found[key]))
    raise FormatError(f"the statistics have no scalar {kind} of {where}")


def _energy(figure: _Figure) -> float:
    return _number(f"{figure.part or 'networks'}: {figure.key}", figure.value)


def _number(what: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise FormatError(f"the statistics say {text!r} for {what}, which is not a number") from None
    if not isfinite(value):
        raise FormatError(f"the statistics say {text} for {what}")
    return value
