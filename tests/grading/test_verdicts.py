"""One student's verdict: what is known from outside decides, and what is not clear is told apart and left undecided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from costmodel.grading.intake.submissions import Submission
from costmodel.grading.job import TracedSubmission
from costmodel.grading.known import JudgingOptions, known_of
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.verdicts import verdict_of
from costmodel.ir.cost import CostReport
from costmodel.ir.verdict import Consequence, Finding, Outcome, Verdict
from costmodel.ir.workload import Workload
from costmodel.rules.judging.sheets import Sheet
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import Fact
from tests.reports import nouns
from tests.rules.conftest import Make
from tests.rules.conftest import analysis as analysis  # the fixture

BOOK: dict[str, Any] = {
    "name": "lab", "edition": "1", "title": "The lab", "source": "made", "subject": {"input": "3"},
    "metrics": {
        "parameters": {"unit": "parameters", "source": "static", "figure": "parameters"},
        "accuracy_percent": {"unit": "%", "source": "measured"},
    },
    "limits": [
        {"rule": "small", "metric": "parameters", "operator": "<=", "value": 10, "on_failure": "zero", "source": "made"}
    ],
}  # fmt: skip


def judged(
    submission: Submission,
    traced: TracedSubmission | None = None,
    sheet: Sheet | None = None,
    options: JudgingOptions | None = None,
    costs: Mapping[str, CostReport] | None = None,
    **book: Any,
) -> Verdict:
    rules = Rulebook.model_validate(BOOK | book)
    options = options or JudgingOptions()
    known = known_of(submission, traced, rules, sheet or Sheet(), options)
    return verdict_of(known, costs or {}, rules, reading=options.reading)


def handed_in(path: Path | None = None, *notices: Notice, submitted: datetime | None = None) -> Submission:
    return Submission(name="ann", path=path, digest="", notices=notices, submitted=submitted)


def notice(kind: NoticeKind, message: str) -> Notice:
    return Notice(kind=kind, message=message)


def traced(make: Make, *remarks: Notice, **more: Any) -> TracedSubmission:
    given: dict[str, Any] = {"analysis": make(), "workload": None, "notice": None, "remarks": remarks, "output": ""}
    return TracedSubmission(**(given | more))


def said(findings: tuple[Finding, ...]) -> list[tuple[str, str, Outcome]]:
    return [(f.rule, f.because, f.outcome) for f in findings]


EMPTY = notice(NoticeKind.EMPTY, "it has no files")
LATE = notice(NoticeKind.LATE, "handed in late")


def test_why_there_are_no_figures(tmp_path: Path, analysis: Make) -> None:
    file = tmp_path / "net.py"
    file.touch()
    broken = traced(analysis, analysis=None, notice=notice(NoticeKind.TRACE, "it cannot be traced"))
    for submission, result, because in (
        (handed_in(file), broken, "it cannot be traced"), (handed_in(None, EMPTY, LATE), None, "it has no files; handed in late"),  # noqa: E501
        (handed_in(None), None, "there is nothing to trace"), (handed_in(file), None, "no rule asks for the model"),
    ):  # fmt: skip
        (finding,) = judged(submission, result).findings
        assert (finding.outcome, finding.because) == (Outcome.UNDECIDED, because)
    (known,) = judged(handed_in(file), traced(analysis)).findings
    assert (known.outcome, known.measured) == (Outcome.PASS, 10)


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_a_replay_that_does_not_agree_withholds_the_rank(kind: NoticeKind, analysis: Make) -> None:
    verdict = judged(handed_in(), traced(analysis, notice(kind, "a remark")))
    withheld = kind in (NoticeKind.CONTRADICTED, NoticeKind.UNCONFIRMED)
    assert said(verdict.contract) == ([("replay", "a remark", Outcome.UNDECIDED)] if withheld else [])
    assert [f.consequence for f in verdict.contract] == [Consequence.UNRANKED] * withheld
    assert (verdict.subject, verdict.outcome) == ("ann", Outcome.UNDECIDED if withheld else Outcome.PASS)


def test_problems_of_facts_and_an_unknown_task_are_open(analysis: Make) -> None:
    tracks = dict.fromkeys(("cifar10", "cifar100"), BOOK["limits"])
    sheet = Sheet(problems=["given twice"], task="CIFAR-100")
    verdict = judged(handed_in(), traced(analysis), sheet, tracks=tracks)
    assert (verdict.track, said(verdict.contract)) == ("cifar100", [("facts", "given twice", Outcome.UNDECIDED)])
    unknown = judged(handed_in(), traced(analysis), Sheet(task="svhn"), tracks=tracks)
    (finding,) = unknown.contract
    assert (unknown.track, finding.rule) == ("cifar10", "task")
    assert finding.because.startswith("unknown track 'svhn'")
    # a book without tracks has no use for a task
    assert judged(handed_in(), traced(analysis), Sheet(task="svhn")).contract == ()


DUE = {"deadline": {"rule": "due", "at": "2022-05-30 23:59", "zone": "UTC", "source": "made"}}
EARLY, LATER = datetime(2022, 5, 30, tzinfo=timezone.utc), datetime(2022, 6, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("platform", "facts", "outcome"),
    [
        (EARLY, "", Outcome.PASS), (LATER, "", Outcome.FAIL), (None, "", Outcome.UNDECIDED),
        (LATER, "2022-05-30T10:00:00+00:00", Outcome.PASS), (EARLY, "2022-06-02T10:00:00+00:00", Outcome.FAIL),
        (EARLY, "yesterday", Outcome.UNDECIDED),
    ],
)  # fmt: skip
def test_the_time_of_submission_is_that_of_the_facts_else_of_the_platform(
    tmp_path: Path, platform: datetime | None, facts: str, outcome: Outcome
) -> None:
    verdict = judged(handed_in(tmp_path, submitted=platform), sheet=Sheet(submitted=facts), contract=DUE)
    by_rule = {f.rule: f for f in verdict.contract}
    assert verdict.in_time is outcome
    assert (by_rule["due"].outcome is Outcome.PASS) is (outcome is Outcome.PASS)
    assert ("facts" in by_rule) is (facts == "yesterday")
    if facts == "yesterday":
        assert by_rule["facts"].because.startswith("the time of submission: yesterday: write it as ")


def test_rules_on_files_of_a_folder_and_of_a_single_file(tmp_path: Path) -> None:
    rule = {"files": [{"rule": "code", "any_of": ["*.py"], "source": "made"}]}
    file = tmp_path / "net.py"
    file.write_text("x = 1\n", encoding="utf-8")
    for path in (tmp_path, file):
        assert said(judged(handed_in(path), contract=rule).contract) == [("code", "net.py", Outcome.PASS)]
    assert judged(handed_in(None), contract=rule).contract == ()
    assert judged(handed_in(tmp_path)).contract == ()


def test_weights_that_were_asked_for_are_no_sign(tmp_path: Path) -> None:
    rule = {"forbidden": [{"rule": "weights", "kind": "pretrained", "source": "made"}]}
    for name in ("net.py", "predictions.pt", "weights.pt"):
        (tmp_path / name).touch()
    for asks, outcome in ((True, Outcome.PASS), (False, Outcome.UNDECIDED)):
        options = JudgingOptions(asks_for_weights=asks)
        (finding,) = judged(handed_in(tmp_path), options=options, contract=rule).contract
        assert finding.outcome is outcome


def test_locked_files_are_compared_with_the_organizers_copy(tmp_path: Path) -> None:
    rule = {"locked": [{"rule": "locked", "path": "given.py", "source": "made"}]}
    theirs, mine = tmp_path / "theirs", tmp_path / "mine"
    for folder, text in ((theirs, "x = 1\n"), (mine, "x = 2\n")):
        folder.mkdir()
        (folder / "given.py").write_text(text, encoding="utf-8")
    for path in (mine, mine / "given.py"):
        (finding,) = judged(handed_in(path), options=JudgingOptions(originals=theirs), contract=rule).contract
        assert (finding.outcome, finding.because) == (Outcome.FAIL, "given.py is changed")
        assert judged(handed_in(path), contract=rule).contract[0].outcome is Outcome.UNDECIDED


def test_facts_that_the_folder_holds_itself(tmp_path: Path) -> None:
    names = {
        "names": [
            {"rule": "name", "any_of": ["run-*"], "pattern": r"run-(?P<a>\d+)\.csv", "example": "run-1.csv",
             "claims": {"a": {"metric": "accuracy_percent"}}, "source": "made"}
        ],
        "tables": [
            {"rule": "table", "any_of": ["run-*"], "columns": ["Id", "Prediction"], "source": "made"}
        ],
    }  # fmt: skip
    folder, solution = tmp_path / "ann", tmp_path / "truth.csv"
    folder.mkdir()
    solution.write_text("Id,Prediction\n0,0\n1,1\n", encoding="utf-8")
    (folder / "run-90.csv").write_text("Id,Prediction\n0,0\n1,0\n", encoding="utf-8")
    verdict = judged(handed_in(folder), contract=names)
    assert [(c.metric, c.claimed, c.measured) for c in verdict.claims] == [("accuracy_percent", 90, None)]
    scored = judged(handed_in(folder), contract=names, options=JudgingOptions(solution=solution))
    assert [(c.metric, c.claimed, c.measured) for c in scored.claims] == [("accuracy_percent", 90, 50)]
    (folder / "run-90.csv").write_text("Id,Prediction\n0,0\n", encoding="utf-8")
    broken = judged(handed_in(folder), contract=names, options=JudgingOptions(solution=solution))
    assert ("facts", "run-90.csv: 1 ids of the solution are missing: '1'", Outcome.UNDECIDED) in said(broken.contract)


def test_costs_count_by_the_rulebooks_search_and_inference_without_a_machine(analysis: Make) -> None:
    metric = {"energy_mj": {"unit": "mJ", "source": "estimated", "figure": "energy"}}
    limit = {
        "rule": "energy",
        "metric": "energy_mj",
        "operator": "<=",
        "value": 2,
        "on_failure": "zero",
        "source": "made",
    }
    machine = {"machine": "eyeriss", "search": "course", "source": "made"}
    costs = {
        search: nouns.cost(layers=(), energy_pj=energy, complete=True, search=search)
        for search, energy in (("course", 2e9), ("optimum", 9e9))
    }
    verdict = judged(
        handed_in(), traced(analysis), costs=costs, metrics=BOOK["metrics"] | metric, limits=[limit], hardware=machine
    )
    (finding,) = verdict.findings
    assert (finding.measured, finding.outcome) == (2, Outcome.PASS)
    assert [(e.search, e.decides) for e in verdict.estimates] == [("course", True), ("optimum", False)]
    work = Workload(phase="inference", layers=(), not_mapped=(), operations=77, bytes_moved=0)
    operations = {"operations": {"unit": "operations", "source": "static", "figure": "inference_operations"}}
    more = {"metrics": BOOK["metrics"] | operations, "limits": [limit | {"metric": "operations", "value": 77}]}
    plain = traced(lambda: analysis(parameter_bytes=40), workload=work)
    (finding,) = judged(handed_in(), plain, **more).findings
    assert (finding.measured, finding.outcome) == (77, Outcome.PASS)
    (finding,) = judged(handed_in(), plain, **more, hardware=machine).findings
    assert finding.because == "no inference was traced (costmodel check does it)"


def test_a_course_decides_by_a_reading(analysis: Make) -> None:
    readings: dict[str, Any] = {"readings": {"strict": {"title": "nine", "source": "made", "limits": {"small": {"value": 9}}}},  # noqa: E501
                "ambiguities": [{"about": "small", "taken": "ten", "readings": ["strict"]}]}  # fmt: skip
    for reading, outcome in (("as-written", Outcome.PASS), ("strict", Outcome.FAIL)):
        verdict = judged(handed_in(), traced(analysis), options=JudgingOptions(reading=reading), **readings)
        assert (verdict.outcome, verdict.reading) == (outcome, reading)


def test_facts_decide_what_nobody_computes() -> None:
    limit = {
        "rule": "sure",
        "metric": "accuracy_percent",
        "operator": ">=",
        "value": 50,
        "on_failure": "zero",
        "source": "x",
    }
    (finding,) = judged(
        handed_in(), sheet=Sheet({"accuracy_percent": Fact(runs=(Decimal(50),))}), limits=[limit]
    ).findings
    assert (finding.measured, finding.outcome) == (50, Outcome.PASS)
