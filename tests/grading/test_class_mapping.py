"""A class is mapped within the time of those who have the layers: nobody's layers cost the others theirs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from costmodel import backends
from costmodel.backends.backend import Run, Search
from costmodel.grading import class_mapping
from costmodel.grading.class_mapping import MappingPlan, map_class
from costmodel.grading.mappable import too_large
from costmodel.grading.mapping_share import Share, Solved
from costmodel.hardware.machines import load_hardware
from costmodel.ir.workload import Layer, Place, Workload
from costmodel.sandbox import warm
from costmodel.sandbox.resource_limits import Limits

MACHINE = load_hardware("eyeriss_like")
SEARCH = "course"


def workload(*channels: int) -> Workload:
    places = (Place(part="forward", layer="conv", times=2),)
    layers = tuple(
        Layer(
            places=places,
            instance={"C": c, "M": 8, "R": 3, "S": 3, "N": 1, "P": 8, "Q": 8},
            depthwise=False,
            word_bits=16,
            lowered_as="convolution",
        )
        for c in channels
    )
    return Workload(phase="inference", layers=layers, not_mapped=(), operations=1000, bytes_moved=0)


@pytest.mark.parametrize("workers", [0, 2])
def test_every_report_is_the_one_of_the_workload_by_itself(workers: int) -> None:
    works = {"ann": workload(1, 2, 3, 4, 5), "bob": workload(5, 6), "eve": workload()}
    executor = ThreadPoolExecutor(workers) if workers else None
    seen: list[tuple[int, int]] = []
    plan = MappingPlan(executor=executor, progress=lambda *now: seen.append(now))
    mapped = map_class(works, MACHINE, (SEARCH,), plan)
    for name in ("ann", "bob"):
        alone = backends.load().estimate(works[name], MACHINE, Search(search=SEARCH), Run())
        assert mapped.reports[name] == {SEARCH: alone}
    assert mapped.reports["eve"] == {}
    assert mapped.stopped == {}
    assert seen[-1] == (6, 6)


def test_who_takes_too_long_is_stopped_and_others_pay_for_what_they_share(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, paid = 7, []
    solve = class_mapping.solve_share

    def solve_share(share: Share, limits: Limits) -> Solved:
        channels = [layer.instance["C"] for layer in share.layers]
        paid.append(channels)
        if slow in channels:
            return Solved(layers=(), cpu_seconds=limits.cpu_seconds)
        return solve(share, limits)

    monkeypatch.setattr(class_mapping, "solve_share", solve_share)
    monkeypatch.setattr(class_mapping, "_PIECE", 4)
    works = {"cheat": workload(*range(1, 7), slow), "honest": workload(1, 4)}
    mapped = map_class(works, MACHINE, (SEARCH,), MappingPlan())
    # the largest first: the piece with the slow one takes all of the time, and the other is not begun
    assert paid == [[7, 6, 5, 4], [4, 1]]
    assert mapped.reports["honest"][SEARCH].complete
    report = mapped.reports["cheat"][SEARCH]
    assert not report.complete
    assert [cost.layer.instance["C"] for cost in report.layers if cost.valid] == [1, 4]
    said = mapped.stopped["cheat"]
    assert said.startswith(
        "5 of its 7 different layer problems are not mapped: to map them takes more than 180 seconds"
    )
    assert {cost.because for cost in report.layers if not cost.valid} == {said}
    assert set(mapped.stopped) == {"cheat"}


def test_what_the_cache_has_is_not_solved_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    monkeypatch.setattr(warm, "_warm", cache(lambda _: warm._Warm()))  # the one that runs knows another cache
    works = {"ann": workload(1, 2, 3), "bob": workload(3, 4)}
    first = map_class(works, MACHINE, (SEARCH,), MappingPlan(cache=True))
    pieces: list[Share] = []

    def solve_share(share: Share, limits: Limits) -> Solved:
        pieces.append(share)
        return solve(share, limits)

    solve = class_mapping.solve_share
    monkeypatch.setattr(class_mapping, "solve_share", solve_share)
    assert map_class(works, MACHINE, (SEARCH,), MappingPlan(cache=True)) == first
    assert pieces == []
    more = map_class({"eve": workload(4, 5)}, MACHINE, (SEARCH,), MappingPlan(cache=True))
    assert [[layer.instance["C"] for layer in share.layers] for share in pieces] == [[5]]
    assert more.reports["eve"][SEARCH] == backends.load().estimate(
        workload(4, 5), MACHINE, Search(search=SEARCH), Run()
    )


def test_a_child_that_reaches_its_limit_has_solved_nothing() -> None:
    share = Share(layers=workload(64).layers, hardware=MACHINE, search=SEARCH, cache=False)
    solved = class_mapping.solve_share(share, Limits(wall_seconds=0.0))
    assert solved == Solved(layers=(), cpu_seconds=Limits().cpu_seconds)


def test_layers_have_a_number_up_to_which_they_are_mapped() -> None:
    assert too_large(workload(*range(1, 257))) == ""
    assert "257 different layer problems" in too_large(workload(*range(1, 258)))
