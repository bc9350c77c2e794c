"""Measured runs are joined to the points of a grid by the words that vary, and the front takes them in."""

from __future__ import annotations

from pathlib import Path

import pytest

import costmodel
from costmodel.advising.grid import parse_front
from costmodel.advising.runs import read_runs
from costmodel.errors import FormatError, UsageError
from tests.advising.test_explore import Net

SPACE = {"width": [4, 6, 8], "kernel": [3, 4]}
RUNS = """width,kernel,accuracy,f1,seconds,who
4,3,61%,0.6,10,ann
4,4,60%,0.7,12,bob
6.0,3,70%,,14,ann
6,4,72%,0.9,15,bob
8,3,71%,0.8,20,ann
99,3,99%,1,1,ann
"""


def written(folder: Path, text: str = RUNS) -> Path:
    file = folder / "runs.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_each_point_has_what_was_measured_of_it(tmp_path: Path) -> None:
    found = costmodel.explore(Net, SPACE, runs=written(tmp_path))
    assert found.front == ("parameters", "operations", "peak_activation_bytes", "accuracy_percent")
    by = {tuple(point.settings.values()): point for point in found.points}
    measured = {key: point.figures.get("accuracy_percent") for key, point in by.items()}
    assert measured == {
        ("4", "3"): 61, ("4", "4"): 60, ("6", "3"): 70, ("6", "4"): 72, ("8", "3"): 71, ("8", "4"): None,
    }  # fmt: skip
    assert "f1" not in by["6", "3"].figures
    assert (by["6", "4"].figures["f1"], by["6", "4"].figures["seconds"]) == (0.9, 15)
    # 4×4 is larger and worse than 4×3; 8×3 (64 · 8 · 37 MACs) is cheaper than 6×4 (64 · 6 · 58); 8×4 was not measured
    assert {key for key, point in by.items() if point.on_front} == {("4", "3"), ("6", "3"), ("6", "4"), ("8", "3")}
    assert found.notes == (
        "runs.csv: column 'who' is no figure, and is left out",
        "runs.csv: the runs in lines 7 belong to no point",
        "1 of 6 points have no measured run",
    )
    assert "1 of 6 points have no measured run" in costmodel.render(found)


def test_the_front_by_a_figure_whose_end_is_said(tmp_path: Path) -> None:
    found = costmodel.explore(Net, SPACE, runs=written(tmp_path), front=["f1:most", "seconds:least"])
    on = {tuple(point.settings.values()) for point in found.points if point.on_front}
    assert on == {("4", "3"), ("4", "4"), ("6", "4")}
    assert (found.front, found.most) == (("f1", "seconds"), ("f1",))
    with pytest.raises(UsageError, match="write f1:most or f1:least"):
        costmodel.explore(Net, SPACE, runs=written(tmp_path), front=["f1"])
    with pytest.raises(UsageError, match="write f1:most"):
        parse_front(["f1:best"])
    assert parse_front(["points", "accuracy_percent:least"]) == (("points", "accuracy_percent"), ("points",))


def test_under_a_rulebook_what_it_asks_for_is_judged_point_by_point(tmp_path: Path) -> None:
    runs = written(tmp_path, "width,error_rate\n4,21.7\n8,12.5 %\n")
    found = costmodel.explore(Net, {"width": [4, 8]}, rules="mit-lab2-2022", runs=runs)
    assert found.front == ("energy_mj", "cycles", "parameters", "error_rate_percent")
    for point, error in zip(found.points, (21.7, 12.5), strict=True):
        facts = {"error_rate_percent": error}
        verdict = costmodel.check(lambda w=int(point.settings["width"]): Net(w), "mit-lab2-2022", facts=facts)
        assert verdict.metric is not None
        assert verdict.points is not None
        assert point.figures["metric"] == verdict.metric.value
        assert point.figures["points"] == verdict.points.total
        assert point.outcome == verdict.outcome.value
        assert point.figures["error_rate_percent"] == error
    with pytest.raises(UsageError, match=r"error_rate is given for every point \(--fact\) and measured in runs.csv"):
        costmodel.explore(Net, {"width": [4]}, rules="mit-lab2-2022", runs=runs, facts={"error_rate": 3})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("width,accuracy\n4,60%\n", "no column kernel; the header has 'width', 'accuracy'"),
        ("width,kernel,accuracy\n4,3,60%\n4.0,3,61%\n", r"runs.csv:3: 'width=4.0, kernel=3' is also in line 2"),
        ("width,kernel,accuracy\n4,3,0.61\n", r"runs.csv:2: .*is it 0.61 % or 61.00 %\? write the % sign"),
        ("width,kernel,accuracy\n4,3,161\n", "runs.csv:2: .*161"),
        ("width,kernel,seconds\n4,3,10\n6,3,fast\n", "runs.csv:3: seconds: 'fast' is not a number"),
        ("width,kernel,who\n4,3,ann\n", "no column beside the words that vary holds a number"),
        ("width,kernel,accuracy\n5,3,60%\n", "none of its runs belongs to a point of width=4,6,8, kernel=3,4"),
        ("width,kernel,accuracy\n", "no row below it"),
        ("", "runs.csv"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        costmodel.explore(Net, SPACE, runs=written(tmp_path, text))
    with pytest.raises(FormatError, match=r"nowhere\.csv"):
        costmodel.explore(Net, SPACE, runs=tmp_path / "nowhere.csv")


def test_words_and_numbers_are_the_values_that_vary(tmp_path: Path) -> None:
    runs = written(tmp_path, "act,norm,rate,accuracy\nReLU,True,1e-3,50%\ngelu,false,0.1,40%\n")
    axes: dict[str, list[object]] = {"act": ["relu", "gelu"], "norm": [True, False], "rate": [0.001, 0.1]}
    found = read_runs(runs, axes, None)
    first = found.of({"act": "relu", "norm": True, "rate": 0.001})
    assert first is not None
    assert first.figures == {"accuracy_percent": 50}
    assert found.of({"act": "relu", "norm": 1, "rate": 0.001}) is None
    assert found.of({"act": "gelu", "norm": True, "rate": 0.1}) is None


def test_ctrl_c_ends_an_exploration_with_the_points_that_it_has() -> None:
    def impatient(what: str, done: int, total: int) -> None:  # as the verb calls it
        if done == 2:
            raise KeyboardInterrupt

    found = costmodel.explore(Net, SPACE, progress=impatient)
    assert (found.stopped, found.of) == (True, 6)
    whole = costmodel.explore(Net, SPACE)
    assert [(p.settings, p.figures) for p in found.points] == [(p.settings, p.figures) for p in whole.points[:2]]
    assert "2 points (of 6) that no other beats" in costmodel.render(found)
    assert "there may be better ones" in costmodel.render(found)
