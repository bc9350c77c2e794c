"""``costmodel run``: entries in, records, facts and a ranking out; what was done is not done again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from costmodel.ir.facts import Facts
from costmodel.ir.run import Ending
from costmodel.ir.run import Run as Record
from costmodel.measuring.enclosure import all_enclosures, enclosure_called
from costmodel.measuring.trying import tried
from tests.cli.conftest import Run
from tests.measuring.conftest import alive

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched through /proc")

RULES = "budgeted-training-iccv-2023"
MAIN = """
import argparse, time
parser = argparse.ArgumentParser()
parser.add_argument("--data_dir")
folder = parser.parse_args().data_dir
ids = open(f"{{folder}}/test.csv").read().split()
with open("submission.csv", "w") as out:
    out.write("image_id,label\\n" + "".join(f"{{i}},{{int(i) % {modulus}}}\\n" for i in ids))
{then}
"""


@pytest.fixture
def competition(tmp_path: Path) -> Path:
    """Data, a solution, and three entries: all right, a third right, and one that saves and does not end."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "test.csv").write_text("\n".join(map(str, range(60))))
    rows = "".join(f"{i},{i % 3}\n" for i in range(60))
    (tmp_path / "solution.csv").write_text(f"image_id,label\n{rows}")
    for name, modulus, then in (("ant", 3, ""), ("bee", 1, ""), ("cow", 3, "time.sleep(60)")):
        (tmp_path / "entries" / name).mkdir(parents=True)
        (tmp_path / "entries" / name / "main.py").write_text(MAIN.format(modulus=modulus, then=then))
    return tmp_path


@pytest.fixture(params=[enclosure.name for enclosure in all_enclosures()])
def wall(request: pytest.FixtureRequest) -> str:
    if tried(enclosure_called(request.param)).why:
        pytest.skip(f"{request.param} does not work here")
    return str(request.param)


def words(competition: Path, entry: str = "entries", **options: str) -> list[str]:
    given = {"rules": RULES, "data": str(competition / "data"), "solution": str(competition / "solution.csv")}
    given |= {"out": str(competition / "results"), "time": "0.6s", "idle": "0", **options}
    return ["run", str(competition / entry), *(w for k, v in given.items() for w in (f"--{k.replace('_', '-')}", v))]


def test_a_folder_becomes_a_ranking_and_is_not_run_twice(run: Run, competition: Path) -> None:
    result = run(*words(competition, format="json"))
    assert result.returncode == 1, result.stderr  # one broke a limit
    ranking = json.loads(result.stdout)
    entries = [(e["name"], e["rank"], e["metric"], e["outcome"]) for e in ranking["entries"]]
    assert entries == [("ant", 1, 100, "PASS"), ("bee", 2, pytest.approx(100 / 3), "PASS"), ("cow", None, 100, "FAIL")]
    assert any("0.6" in note and "32,400" in note for note in ranking["notes"])
    cow = Record.load(competition / "results" / "cow" / "run-1" / "run.json")
    assert (cow.stages[0].ending, cow.stages[0].limit) == (Ending.BROKE, "time")
    assert (cow.score is not None and cow.score.right, cow.kept[0].file) == (60, "submission.csv")  # saved before
    records = {p: p.stat().st_mtime_ns for p in sorted((competition / "results").glob("*/run-1/run.json"))}
    with (competition / "entries" / "bee" / "main.py").open("a") as file:
        file.write("# changed\n")
    again = run(*words(competition, format="json"))
    second = json.loads(again.stdout)
    assert [run["submission"] for run in second["runs"]] == ["ant", "bee", "cow"]
    assert {**second, "runs": ranking["runs"]} == ranking
    assert again.stderr == "costmodel: bee, run 1 of 1\n"
    assert [p.parts[-3] for p, t in records.items() if p.stat().st_mtime_ns != t] == ["bee"]


def test_an_entry_without_its_script_keeps_nobody_from_running(run: Run, competition: Path) -> None:
    (competition / "entries" / "bee" / "main.py").rename(competition / "entries" / "bee" / "mian.py")
    said = "it has no main.py, by which the rules run it; give the command after --"
    plan = run(*words(competition), "--dry-run")
    assert (plan.returncode, f"bee: is not started: {said}\n" in plan.stdout) == (0, True)
    result = run(*words(competition, format="json"))
    entries = [(e["name"], e["rank"], e["outcome"]) for e in json.loads(result.stdout)["entries"]]
    assert entries == [("ant", 1, "PASS"), ("bee", None, "UNDECIDED"), ("cow", None, "FAIL")]
    bee = Record.load(competition / "results" / "bee" / "run-1" / "run.json")
    assert [(stage.ending, stage.because) for stage in bee.stages] == [(Ending.NOT_STARTED, said)]
    alone = run(*words(competition, "entries/bee"))
    assert (alone.returncode, alone.stderr) == (3, f"costmodel: bee: {said}\n")


def test_the_facts_are_taken_by_check_and_rank_as_they_are(run: Run, competition: Path) -> None:
    assert run(*words(competition, "entries/ant")).returncode == 0
    facts = competition / "results" / "ant" / "facts.json"
    verdict = json.loads(
        run("check", str(competition / "entries" / "ant"), "--rules", RULES, "--facts", str(facts), "-f", "json").stdout
    )
    found = {finding["rule"]: finding for finding in verdict["findings"]}
    assert (found["time"]["outcome"], found["accuracy"]["measured"]) == ("PASS", 100)
    assert 0 < found["time"]["measured"] < 0.6
    assert found["host memory"]["outcome"] == "PASS"
    assert "ant" in run("rank", str(facts), "--rules", RULES).stdout
    assert run(*words(competition, "entries/ant", runs="2")).stderr == "costmodel: ant, run 2 of 2\n"
    (reading,) = Facts.load(facts).readings
    assert [m.metric for m in reading.measurements].count("training_seconds") == 2


def test_exit_codes_are_those_of_everywhere(run: Run, competition: Path) -> None:
    data = ["--rules", RULES, "--out", str(competition / "out"), "--idle", "0"]
    assert run("run", *data, "--", "python", "-c", "print(1)").returncode == 0
    assert run("run", *data, "--time", "0.2s", "--", "python", "-c", "while 1: pass").returncode == 1
    assert run("run", *data, "--", "python", "-c", "1/0").returncode == 2
    broken = run("run", *data, "--", "no-such-program")
    assert (broken.returncode, "no-such-program: No such file" in broken.stdout) == (2, True)
    for wrong in (
        ["run", str(competition / "nowhere"), *data],
        ["run", *data, "--time", "0s", "--", "true"],
        ["run", *data, "--wall", "hadrian", "--", "true"],
        ["run", str(competition / "entries" / "ant"), "--rules", RULES],  # its contract asks for data
    ):
        result = run(*wrong)
        assert (result.returncode, result.stdout) == (3, ""), wrong
        assert result.stderr.count("\n") == 1, result.stderr


def test_a_dry_run_starts_nothing(run: Run, competition: Path) -> None:
    result = run(*words(competition), "--dry-run", "--cpus", "2")
    assert result.returncode == 0
    assert "limit: time: 0.60 s (--time 0.6s): SIGKILL of the whole tree" in result.stdout
    assert "limit: host memory: 32,000,000,000 bytes (rule host memory of budgeted-training-iccv-2023)" in result.stdout
    assert "limit: cpus: 2.00 cores (--cpus 2)" in result.stdout
    assert "ant: python main.py --data_dir DATA" in result.stdout
    read = run(*words(competition), "--dry-run", "--reading", "gibibytes").stdout
    assert "limit: host memory: 34,359,738,368 bytes (rule host memory of budgeted-training-iccv-2023)" in read
    assert run(*words(competition), "--dry-run", "--reading", "nobody").returncode == 3
    by_rules = run(*words(competition), "--dry-run").stdout
    assert "limit: cpus: 4.00 cores (resources of budgeted-training-iccv-2023): affinity" in by_rules
    assert "nothing here keeps it: CPU" not in by_rules
    assert not (competition / "results").exists()


def test_the_order_is_drawn_by_a_seed(run: Run, competition: Path) -> None:
    orders = set()
    for seed in ("1", "5"):
        lines = run(*words(competition), "--dry-run", "--seed", seed).stdout.splitlines()[-3:]
        orders.add(tuple(line.partition(":")[0] for line in lines))
    assert len(orders) > 1
    assert {tuple(sorted(order)) for order in orders} == {("ant", "bee", "cow")}


TRAINING = """
import argparse, time, zipfile
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--net_sav")
place = parser.parse_args().net_sav
import os; os.makedirs("checkpoint", exist_ok=True)
with zipfile.ZipFile(place, "w") as archive:
    archive.writestr("weights", "3")
time.sleep(.25)
with open(place, "wb") as file:  # the next one never comes to its end
    file.write(b"PK\\x03\\x04 half of a"); file.flush()
    time.sleep(60)
"""
TEST = """
import argparse, os, zipfile
parser = argparse.ArgumentParser()
parser.add_argument("--net_sav")
modulus = int(zipfile.ZipFile(parser.parse_args().net_sav).read("weights"))
ids = open(os.environ["COSTMODEL_DATA"] + "/test.csv").read().split()
open("submission.csv", "w").write("image_id,label\\n" + "".join(f"{i},{int(i) % modulus}\\n" for i in ids))
"""


def test_training_is_ended_at_its_limit_and_what_it_saved_is_tested(run: Run, competition: Path) -> None:
    entry = competition / "orchid"
    entry.mkdir()
    (entry / "training.py").write_text(TRAINING)
    (entry / "test.py").write_text(TEST)
    # a limit at which the first network is saved on a loaded machine, too
    result = run(*words(competition, "orchid", rules="haet-2022", format="json", time="2s"))
    assert result.returncode == 0, result.stderr
    record: dict[str, Any] = json.loads(result.stdout)
    assert [s["ending"] for s in record["stages"]] == ["ended at the limit", "finished"]
    assert 2 <= record["stages"][0]["wall_seconds"] < 2.2
    assert (record["score"]["right"], record["score"]["total"]) == (60, 60)
    assert record["score"]["low_percent"] == pytest.approx(93.98, abs=0.01)  # by hand: 60 / (60 + 1.96²)
    facts = json.loads((competition / "results" / "orchid" / "facts.json").read_text())
    seconds = next(m for m in facts["readings"][0]["measurements"] if m["metric"] == "training_seconds")
    assert seconds["value"] == 2


def test_wrong_and_missing_ids_are_said_and_give_no_score(run: Run, competition: Path) -> None:
    main = competition / "entries" / "bee" / "main.py"
    main.write_text(main.read_text().replace("for i in ids", "for i in ids[1:]"))
    result = run(*words(competition, "entries/bee"))
    assert "no score: submission.csv: 1 ids of the solution are missing: '0'" in result.stdout, result.stdout
    ranked = run("rank", str(competition / "results" / "bee" / "facts.json"), "--rules", RULES).stdout
    assert "accuracy_percent is not given" in ranked


def test_an_entry_sees_no_solution_and_changes_no_data(run: Run, competition: Path, wall: str) -> None:
    if wall == "none":
        pytest.skip("nothing is promised")
    thief = f"""
import os
try: print("seen:", open({str(competition / "solution.csv")!r}).read())
except PermissionError: print("seen: ")
print(os.listdir({str(competition / "entries")!r}), os.listdir({str(competition / "results")!r}))
try: open(os.environ["COSTMODEL_DATA"] + "/test.csv", "w")
except OSError as problem: print(problem.strerror)
os.symlink({str(competition / "solution.csv")!r}, "submission.csv")
"""
    (competition / "entries" / "bee" / "main.py").write_text(thief)
    result = run(*words(competition, "entries/bee", wall=wall))
    assert "no score: no whole submission.csv" in result.stdout
    said = (competition / "results" / "bee" / "run-1" / "logs" / "main.out.txt").read_text()
    lines = said.splitlines()
    assert lines[0].strip() == "seen:"
    assert lines[1].endswith("['bee']")  # of the results the way to its own folder
    assert lines[2] == "Read-only file system"


def test_an_interrupted_organizer_leaves_nothing_alive_and_goes_on(run: Run, competition: Path, wall: str) -> None:
    mark = f"mark-{competition.name}"
    sleeper = f'import sys, subprocess; subprocess.run([sys.executable, "-c", "import time; time.sleep(60)", {mark!r}])'
    main = competition / "entries" / "bee" / "main.py"
    original = main.read_text()
    main.write_text(original + sleeper)
    command = [sys.executable, "-m", "costmodel", *words(competition, wall=wall, time="30s")]
    organizer = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not alive(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert alive(mark)
    organizer.send_signal(signal.SIGKILL)
    organizer.wait()
    while alive(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert alive(mark) == []  # the keeper sees that nobody watches any longer
    main.write_text(original)
    result = run(*words(competition, "entries/ant", wall=wall, time="30s"))
    assert result.stderr == ""  # it was done before
    assert run(*words(competition, "entries/bee", wall=wall, time="30s")).stderr == "costmodel: bee, run 1 of 1\n"


def test_the_page_of_a_competition_shows_each_run_over_time(run: Run, competition: Path) -> None:
    result = run(*words(competition, format="html"))
    assert result.returncode == 1, result.stderr
    page = result.stdout
    for said in ("<summary>ant, run 1: main.py", "<summary>cow, run 1: main.py broke a limit", "How the runs ended"):
        assert said in page
    cow = page[page.index("<summary>cow, run 1") :]
    assert "Host memory of the whole tree: main.py" in cow[: cow.index("</details>")]
    assert "the time limit" in cow[: cow.index("</details>")]
