"""A class in one command: the same bytes twice, nothing graded twice, nobody's trouble is another's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest

import costmodel
from costmodel.errors import UsageError
from costmodel.grading import classroom as course
from costmodel.grading.job import Job, TracedSubmission, trace
from costmodel.ir.codec import loads
from costmodel.ir.grades import SCHEMA, Grades
from costmodel.ir.ranking import SCHEMA as RANKING
from costmodel.ir.ranking import Ranking
from costmodel.ir.verdict import Outcome
from costmodel.sandbox import visible
from costmodel.sandbox.probe import best_wall, probe
from costmodel.sandbox.resource_limits import Limits
from costmodel.verbs.grade import Order, grade_order, replay, write_grades

NET = """from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, {channels}, 5, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear({channels} * 49, 10))
"""

FACTS = "name,error_rate_percent\nalice,21.7\nBob,15\ncarol,3\neve,51\nzoe,1\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "class"
    (folder / "alice").mkdir(parents=True)
    (folder / "alice" / "model.py").write_text(NET.format(channels=4), encoding="utf-8")
    with ZipFile(folder / "bob.zip", "w") as archive:
        archive.writestr("work/net.py", NET.format(channels=8))
    (folder / "carol.py").write_text("def broken(:\n", encoding="utf-8")
    (folder / "eve.py").write_text(NET.format(channels=4), encoding="utf-8")
    (tmp_path / "facts.csv").write_text(FACTS, encoding="utf-8")
    return folder


def order(place: Path, **change: object) -> Order:
    given = {"fact_files": (place.parent / "facts.csv",), "limits": Limits(wall_seconds=60.0)}
    return Order(place=place, rules="mit-lab2-2022", **{**given, **change})  # type: ignore[arg-type]


def files(out: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(out)): p.read_bytes()
        for p in sorted(out.rglob("*"))
        if p.is_file() and ".kept" not in p.parts
    }


def test_a_class_in_one_command(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platforms = (
        "gradescope", "github-classroom", "codabench", "evalai", "nbgrader", "kaggle", "junit", "canvas", "moodle",
        "nbgrader-feedback",
    )  # fmt: skip
    out, again = tmp_path / "out", tmp_path / "again"
    grades = grade_order(order(place, platforms=platforms), out)
    write_grades(grades, out, platforms)
    by_name = {g.name: g for g in grades.submissions}
    assert list(by_name) == ["alice", "bob", "carol", "eve"]
    assert by_name["alice"].total == 50 + 20 + 20 + 10
    assert by_name["bob"].entry is not None
    assert by_name["bob"].entry.rank == 1
    # eve's error breaks a hard limit: zero points and no bonus; carol's file is no Python: undecided, not zero
    assert by_name["eve"].total == 0
    assert by_name["carol"].total is None
    assert any("syntax error" in f.because for f in by_name["carol"].findings)
    # the same files in two hands are for the grader to look at, and for no student
    assert [(f.rule, f.because) for f in by_name["eve"].for_grader] == [("same files", "the same files as alice")]
    assert [note for note in grades.notes if "'zoe'" in note]

    written = files(out)
    assert loads(Grades, written["grades.json"].decode(), SCHEMA) == grades
    ranking = loads(Ranking, written["ranking.json"].decode(), RANKING)
    assert sorted(e.name for e in ranking.entries) == ["alice", "bob", "carol", "eve"]
    for name in ("rubric.txt", "rubric.md", "rubric.csv", "index.html"):
        assert b"alice" in written[name]
        assert b"the same files as alice" in written[name]
    assert f'href="feedback/{by_name["eve"].key}.html"'.encode() in written["index.html"]
    theirs = {n: data for n, data in written.items() if by_name["eve"].key in n and not n.startswith("record/")}
    assert len(theirs) == 7  # feedback in three forms, four platforms
    assert not [name for name, data in theirs.items() if b"alice" in data or b"same" in data]
    assert len([name for name in written if name.startswith("feedback/")]) == 2 * 4
    assert json.loads(written[f"gradescope/{by_name['alice'].key}/results.json"])["score"] == 100
    # the rulebook publishes no rank; where cycles, energy and the peak come from is each student's own
    feedback = written[f"feedback/{by_name['bob'].key}.md"].decode()
    assert "Where it comes from: cycles" in feedback
    assert "Place in the class" not in feedback
    cycles = {o.layer: o.amount for o in by_name["bob"].origins if o.figure == "cycles"}
    assert set(cycles) == {"0", "3"}
    assert sum(cycles.values()) == by_name["bob"].verdict.estimates[0].cycles
    assert by_name["carol"].origins == ()

    # from the record, without any submission: the same bytes
    recomputed = replay(out)[1]
    assert {name: written[name].decode() for name in recomputed} == recomputed
    assert {name for name in written if not name.startswith("record/")} - set(recomputed) == set()

    # again, resumed in a copy: the same bytes, and nothing is traced
    shutil.copytree(out / ".kept", again / ".kept")

    def never(job: Job) -> TracedSubmission:
        raise AssertionError(f"{job.path} is traced again")

    with monkeypatch.context() as patch:
        patch.setattr(course, "trace", never)
        write_grades(grade_order(order(place, resume=True, platforms=platforms), again), again, platforms)
    assert files(again) == written

    # one student hands in something else: only that is traced
    (place / "alice" / "model.py").write_text(NET.format(channels=6), encoding="utf-8")
    traced = []

    def watched(job: Job) -> TracedSubmission:
        traced.append(job.path.name)
        return trace(job)

    monkeypatch.setattr(course, "trace", watched)
    changed = {g.name: g for g in grade_order(order(place, resume=True), again).submissions}
    assert traced == ["alice"]
    assert changed["alice"].digest != by_name["alice"].digest
    assert changed["bob"] == by_name["bob"]


def test_where_all_is_measured_nothing_is_traced(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(job: Job) -> TracedSubmission:
        raise AssertionError("nothing is to be traced")

    monkeypatch.setattr(course, "trace", never)
    (tmp_path / "facts.csv").write_text(
        "name,accuracy_percent,training_seconds,host_memory_bytes\nalice,60,600,1\nbob,70,601,1\ncarol,,600,1\n"
        "eve,,600,1\n",
        encoding="utf-8",
    )
    facts = (tmp_path / "facts.csv",)
    grades = costmodel.grade(place, "haet-2022", tmp_path / "public", facts=facts)  # the verb writes the files too
    assert costmodel.Grades.load(tmp_path / "public" / "grades.json") == grades
    grades = grade_order(Order(place=place, rules="haet-2022", fact_files=facts), tmp_path / "out")
    rules = {g.name: {f.rule: f.outcome.value for f in g.verdict.findings} for g in grades.submissions}
    assert rules["alice"]["training time"] == "PASS"
    assert rules["bob"]["training time"] == "FAIL"
    assert rules["carol"]["accuracy"] == "UNDECIDED"


def test_an_empty_folder_and_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        grade_order(order(tmp_path / "nowhere", fact_files=()), tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no submissions"):
        grade_order(order(tmp_path / "empty", fact_files=()), tmp_path / "out")


@pytest.mark.parametrize("wall", [None, "limits"])  # they name files differently
def test_the_replay_gives_a_smaller_network_away(tmp_path: Path, wall: str | None) -> None:
    import torch
    from torch import nn

    torch.manual_seed(0)
    inputs = torch.randn(2, 3, 32, 32)
    torch.save(inputs, tmp_path / "inputs.pt")
    model = nn.Sequential(nn.Conv2d(3, 4, 5, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 49, 10))
    place = tmp_path / "class"
    for name, predictions in (("honest", model(inputs)), ("liar", model(inputs) + 1), ("silent", None)):
        (place / name).mkdir(parents=True)
        (place / name / "model.py").write_text(NET.format(channels=4), encoding="utf-8")
        torch.save(model.state_dict(), place / name / "weights.pt")
        if predictions is not None:
            torch.save(predictions.detach(), place / name / "predictions.pt")
    grades = grade_order(order(place, fact_files=(), wall=wall, inputs=tmp_path / "inputs.pt"), tmp_path / "out")
    said = {
        g.name: {f.rule: f.outcome.value for f in g.findings if f.rule.startswith("replay")} for g in grades.submissions
    }
    flags = {
        g.name: [f.outcome.value for f in g.verdict.contract if f.rule == "pretrained"] for g in grades.submissions
    }
    assert flags == {"honest": ["PASS"], "liar": ["PASS"], "silent": ["PASS"]}  # the weights were asked for
    assert said == {
        "honest": {"replay agrees": "PASS"},
        "liar": {"replay contradicts": "FAIL"},
        "silent": {"replay left out": "UNDECIDED"},
    }
    withheld = {g.name: [f.because for f in g.verdict.contract if f.rule == "replay"] for g in grades.submissions}
    assert withheld["honest"] == []
    assert "another prediction" in withheld["liar"][0]
    assert "no predictions.pt" in withheld["silent"][0]
    assert grades.ranking is not None
    out = {entry.name: (entry.rank, entry.outcome.value) for entry in grades.ranking.entries}
    assert out["liar"] == out["silent"] == (None, "UNDECIDED")
    kept_out = {e.name: any(r.startswith("replay: ") for r in e.because) for e in grades.ranking.entries}
    assert kept_out == {"honest": False, "liar": True, "silent": True}


def test_results_do_not_go_among_the_submissions_and_a_required_wall_is_whole(place: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="folder of the submissions"):
        grade_order(order(place), place / "out")
    with pytest.raises(UsageError, match=r"facts\.csv"):
        grade_order(order(place), tmp_path / "facts.csv" / "out")
    with pytest.raises(UsageError, match="--require-sandbox"):
        grade_order(order(place, wall="limits", require_sandbox=True), tmp_path / "out")


def test_rows_go_to_whom_their_surest_word_names(tmp_path: Path) -> None:
    place = tmp_path / "class"
    place.mkdir()
    for number, (who, file) in enumerate(
        (("smithjohn", "22_1_a.py"), ("smithjohn", "66_2_b.py"), ("ada", "7_3_c.py"), ("bo", "8_4_d.py"))
    ):
        (place / f"{who}_{file}").write_text(f"# {number}\n", encoding="utf-8")
    (tmp_path / "roster.csv").write_text(
        "name,sid,email\nJohn Smith,22,j@x\nJohn Smith,66,s@x\nAda,7,a@x\nBo,8,b@x\n", encoding="utf-8"
    )

    def facts(text: str) -> dict[str, tuple[object, list[str]]]:
        (tmp_path / "facts.csv").write_text(text, encoding="utf-8")
        files = {"fact_files": (tmp_path / "facts.csv",), "roster": tmp_path / "roster.csv"}
        grades = grade_order(Order(place=place, rules="energy-cifar10-2021", **files), tmp_path / "out")  # type: ignore[arg-type]
        return {
            g.name: (
                next(f.measured for f in g.verdict.findings if f.rule == "accuracy"),
                [f.because for f in g.verdict.contract if f.rule == "facts"],
            )
            for g in grades.submissions
        }

    # one row and two people of that name: neither gets it
    said = facts("name,accuracy\nJohn Smith,60\nADA,70\nada,70\n")
    ambiguous = ["the facts of 'John Smith' may be of 2 people: add a column sid or email, or an alias (--aliases)"]
    assert said["John Smith (22)"] == said["John Smith (66)"] == (None, ambiguous)
    assert said["Ada"] == (70, [])
    # numbers and e-mails are surer than names, and two rows of one person contradict each other aloud
    said = facts("name,sid,email,accuracy\nJohn Smith,66,,60\nJohn Smith,,j@x,61\nAda,,,70\nada,,,71\n")
    assert (said["John Smith (66)"][0], said["John Smith (22)"][0]) == (60, 61)
    assert said["Ada"] == (None, ["accuracy_percent is given twice and differently: 70 and 71"])
    assert facts("sid,accuracy\n8,80\n")["Bo"] == (80, [])


def test_what_a_folder_says_itself_and_when_it_came(tmp_path: Path) -> None:
    place = tmp_path / "class"
    (place / "quartz").mkdir(parents=True)
    (place / "quartz" / "model.py").write_text("x = 1\n", encoding="utf-8")
    labels = "Id,Prediction\n" + "".join(f"{i},{i % 10}\n" for i in range(10))
    (tmp_path / "solution.csv").write_text(labels, encoding="utf-8")
    name = "submission-0p0268-0p0224-37632-0227-224005.csv"
    (place / "quartz" / name).write_text(labels.replace("3,3", "3,4"), encoding="utf-8")
    (tmp_path / "facts.csv").write_text("name,submitted\nquartz,2022-03-05T10:00:00-05:00\n", encoding="utf-8")
    files = (tmp_path / "facts.csv",)
    asked = order(place, fact_files=files, solution=tmp_path / "solution.csv")
    (graded,) = grade_order(asked, tmp_path / "out").submissions
    assert next(f.measured for f in graded.verdict.findings if f.rule == "error rate") == 10
    assert graded.verdict.in_time is Outcome.FAIL
    with pytest.raises(UsageError, match="--score is for a leaderboard"):
        grade_order(order(place, fact_files=files, score="error-percent"), tmp_path / "out")
    with pytest.raises(UsageError, match=r"--solution .*gone\.csv"):
        grade_order(order(place, fact_files=(), solution=tmp_path / "gone.csv"), tmp_path / "out")
    with pytest.raises(UsageError, match=r"facts\.csv: .*--inputs is a tensor"):
        grade_order(order(place, inputs=files[0]), tmp_path / "out")
    with pytest.raises(UsageError, match="--originals"):
        grade_order(order(place, originals=tmp_path / "gone"), tmp_path / "out")


def test_no_file_of_an_earlier_run_is_left(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    book = Order(place=place, rules="energy-cifar10-2021")
    write_grades(grade_order(book, out), out, ("gradescope",))
    (out / "mine.txt").write_text("the grader's own", encoding="utf-8")
    shutil.rmtree(place / "alice")
    write_grades(grade_order(book, out), out)
    assert not [name for name in files(out) if "alice" in name or "gradescope" in name]
    assert (out / "mine.txt").is_file()
    assert len([name for name in files(out) if name.startswith("feedback/")]) == 2 * 3


def test_what_many_lack_is_said_once(tmp_path: Path) -> None:
    place = tmp_path / "class"
    place.mkdir()
    for name in ("ann", "bob"):
        (place / f"{name}.py").write_text("import no_such_package.transforms\n", encoding="utf-8")
    (place / "eve.py").write_text(NET.format(channels=4), encoding="utf-8")
    notes = grade_order(order(place, fact_files=()), tmp_path / "out").notes
    assert [note for note in notes if "no_such_package" in note] == [
        "2 submissions say that no_such_package is missing; "
        "if the class may import it, install it beside costmodel and run again"
    ]
    notes = grade_order(order(place, fact_files=(), model=":Gone"), tmp_path / "out").notes
    assert "no submission has the model :Gone" in notes


@pytest.mark.parametrize("what", ["place", "out", "fact_files", "roster", "solution", "originals", "models", "inputs"])
def test_what_every_submission_may_read_holds_nothing_of_the_class(
    what: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "opened" / "deep" / "thing"
    inside.parent.mkdir(parents=True)
    (tmp_path / "link").symlink_to(inside.parent, target_is_directory=True)
    monkeypatch.setattr(visible, "SYSTEM", (*visible.SYSTEM, str(tmp_path / "opened")))
    for named in (inside, tmp_path / "link" / "thing"):
        out, change = tmp_path / "out", {what: (named,) if what == "fact_files" else named}
        if what == "out":
            out, change = named, {}
        with pytest.raises(UsageError, match=r"every submission may read what lies in .*opened; choose another folder"):
            grade_order(order(**{"place": place, **change}), out)  # type: ignore[arg-type]


def test_a_wall_is_tried_beside_the_class(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "files" not in best_wall().keeps:
        pytest.skip(f"NOT TESTED HERE: {best_wall()}")
    assert "files" in best_wall(place).keeps
    assert [entry.name for entry in place.parent.iterdir() if entry.name.startswith(".costmodel")] == []
    # a wall that opens the folder of the class keeps no promise there, whatever it keeps elsewhere
    other = place.parent / "elsewhere" / "class"
    other.mkdir(parents=True)
    opened = (*visible.needed(), str(other.parent))  # not SYSTEM, which bubblewrap's scratch in /tmp may cover
    monkeypatch.setattr(visible, "needed", lambda: opened)
    assert not {"files", "names"} & {name for status in probe(other) for name in status.keeps}
