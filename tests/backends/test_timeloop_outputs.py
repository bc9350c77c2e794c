"""Recorded statistics and maps of real binaries (data/README.md), read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.backends.timeloop.loop_nest import parse_map
from costmodel.backends.timeloop.stats import parse_stats
from costmodel.errors import FormatError
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.timeloop.mapper import course_search
from tests.mapping.lab import simple_weight_stationary

DATA = Path(__file__).parent / "data"
COURSE = {
    "fc.mapper.2022": Problem.from_instance({"C": 84, "M": 10}),
    "depthwise.mapper.2022": Problem.from_instance({"C": 8, "R": 3, "S": 3, "P": 8, "Q": 8}, depthwise=True),
}


def recorded(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COURSE)
def test_the_recorded_mapper_found_what_the_courses_search_finds(name: str) -> None:
    found = course_search(COURSE[name], simple_weight_stationary("D"))
    stats = parse_stats(recorded(f"{name}.stats.txt"))
    assert found.mapping is not None
    assert stats.cycles == found.evaluation.cycles
    assert stats.energy_pj == pytest.approx(found.evaluation.energy_pj, abs=0.00501, rel=0)
    ours = {(a.level, a.dataspace): (a.reads, a.fills, a.updates) for a in found.evaluation.accesses}
    assert {(r.level, r.dataspace): (r.reads, r.fills, r.updates) for r in stats.accesses} == ours
    for component, energy in found.evaluation.energy_by_level.items():
        assert stats.energy_by_component.get(component, 0.0) == pytest.approx(energy, abs=0.0151, rel=0)
    levels = parse_map(recorded(f"{name}.map.txt"))
    assert [level.target for level in levels] == [level.target for level in found.mapping.levels]
    for level, mine in zip(levels, found.mapping.levels, strict=True):
        assert level.keep == mine.keep
        assert [(o.dim, o.bound, o.spatial) for o in level.loops] == [(o.dim, o.bound, o.spatial) for o in mine.ordered]


def test_newer_statistics_have_other_words_and_no_total() -> None:
    stats = parse_stats(recorded("conv.model.2025.stats.txt"))
    assert stats.cycles == 19_600
    assert stats.energy_pj == pytest.approx(sum(stats.energy_by_component.values()))
    assert round(stats.energy_pj / 352_800, 2) == 26.59  # its own "Total" line
    assert parse_stats(STATS).rounding_pj == 0.005 < stats.rounding_pj < 0.5
    assert stats.energy_by_component["mac"] == 776_283.48
    inputs = next(r for r in stats.accesses if (r.level, r.dataspace) == ("shared_glb", "Inputs"))
    assert (inputs.reads, inputs.fills, inputs.updates, inputs.energy_pj) == (58_800, 3_072, 0, 1_147_684.71)
    assert parse_map(recorded("conv.model.2025.map.txt"))[1].keep == ("Inputs", "Outputs")


STATS = recorded("fc.mapper.2022.stats.txt")
MAP = recorded("fc.mapper.2022.map.txt")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no level"),
        (STATS.replace("Cycles: 6", ""), "Cycles: N"),
        (STATS.replace("Actual scalar fills", "Actual fills"), "no scalar fills of"),
        (STATS.replace("129233.83 pJ", "-nan pJ"), "-nan for Total topology energy"),
        (STATS.replace("1848.29 pJ", "lots pJ"), "'lots' for mac: Energy"),
    ],
)
def test_statistics_that_cannot_be_read_say_where(text: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        parse_stats(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no level"),
        ("| for Q in [0:2)", "before the first level"),
        (MAP.replace("[0:3)", "[0:3,2)"), "imperfect"),
    ],
)
def test_maps_that_cannot_be_read_say_why(text: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        parse_map(text)
