"""Machines side by side: their levels and figures, and what the same model costs on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from costmodel.hardware.hierarchy import hierarchy_of
from costmodel.hardware.machines import load_hardware
from costmodel.hardware.spec import DATASPACES, HardwareSpec
from costmodel.ir.comparison import Delta
from costmodel.ir.hierarchy import Hierarchy, MachineComparison

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from costmodel.ir.settings import Settings

_FIGURES: tuple[tuple[str, str, Callable[[Hierarchy], int | float | None]], ...] = (
    ("multiply-accumulate units", "", lambda h: h.macs),
    ("words of the multipliers", "bits", lambda h: h.word_bits),
    ("energy of a multiply-accumulate", "pJ", lambda h: h.mac_pj),
    ("memories", "", lambda h: sum(level.stores for level in h.levels)),
    ("capacity on the chip", "bits", lambda h: _capacity(h)),
    ("area", "um2", lambda h: h.area_um2),
    ("clock", "Hz", lambda h: h.clock_hz),
    ("leakage", "W", lambda h: h.leakage_watts),
)


def compare_machines(
    before: str, after: str, *, on: Any = None, cache: bool = False, **settings: Unpack[Settings]
) -> MachineComparison:
    """Two accelerators side by side.

    Args:
        before: a machine's name, its YAML file, or a Timeloop folder.
        after: likewise.
        on: a model (see :func:`costmodel.trace`), which is then mapped onto both, an inference of one sample.
        cache: use the user's cache folder.
        settings: of the model; see :class:`costmodel.Settings`.

    Raises:
        UnknownNameError: no such machine.
        UsageError, SubjectError, RecipeError, TraceError: what, where, what to do.
    """
    specs = [load_hardware(name) for name in (before, after)]
    one, other = (hierarchy_of(spec) for spec in specs)
    comparison = None
    if on is not None:
        from costmodel.verbs.compare import compare

        comparison = compare(on, on, hardware=(before, after), cache=cache, **settings)
    figures = [(name, unit, of(one), of(other)) for name, unit, of in _FIGURES]
    return MachineComparison(
        before=one,
        after=other,
        figures=tuple(
            Delta(layer="", figure=name, unit=unit, before=a, after=b)
            for name, unit, a, b in figures
            if a is not None or b is not None
        ),
        on=comparison,
        warnings=tuple(_warnings(specs[0], specs[1])),
    )


def _capacity(machine: Hierarchy) -> int:
    """Bits of all memories that have an end."""
    return sum(
        level.words * level.instances * (level.word_bits or 0) for level in machine.levels if level.words is not None
    )


def _warnings(before: HardwareSpec, after: HardwareSpec) -> Iterator[str]:
    """What makes an access, or a layer, of the one another thing than of the other."""
    widths: dict[tuple[int, int], list[str]] = {}
    for space in DATASPACES:
        widths.setdefault((before.compute.bits_of(space), after.compute.bits_of(space)), []).append(space)
    for (one, other), spaces in widths.items():
        if one != other:
            what = f"{', '.join(spaces)} have words of {one} bits and of {other} bits"
            yield f"{what}: the same layer moves other numbers of bits"
    if before.timeloop != after.timeloop:
        yield f"behaviour of Timeloop: {before.timeloop} and {after.timeloop}"
    for spec in (before, after):
        for note in spec.notes:
            yield f"{spec.name}: {note}"
