from __future__ import annotations

import hashlib
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from costmodel.contracts.checker import check_contract
from costmodel.contracts.contract import ContractSpec
from costmodel.errors import RulebookError, SubjectError
from costmodel.ir.verdict import Finding, Outcome
from tests.contracts.conftest import Check, Submit, contract

LAB_NAME = "submission-0p4582-0p0616-131072-0227-224005.csv"

LAB2 = f"""\
contract:
  files:
    - {{rule: code, any_of: ["*.ipynb", "*.py"], on_failure: unranked, source: "Rules 3"}}
  tables:
    - rule: predictions
      any_of: ["submission-*.csv"]
      columns: [Id, Prediction]
      rows: 4
      ids: {{first: 0, last: 3}}
      values: {{first: 0, last: 9}}
      source: "the starter notebooks"
  names:
    - rule: file_name
      any_of: ["submission*.csv"]
      pattern: 'submission-(?P<energy>\\d+p\\d+)-(?P<latency>\\d+p\\d+)-(?P<act>\\d+(p\\d+)?)-\\d+-\\d+\\.csv'
      example: {LAB_NAME}
      claims:
        energy: {{metric: energy_mj, decimals: 4}}
        latency: {{metric: cycles, scale: 1000000, decimals: 4}}
        act: {{metric: peak_activation_bytes}}
      source: "the starter notebooks"
  deadline: {{rule: due, at: "2022-02-28 23:59", zone: America/New_York, source: "Due date"}}
"""


def test_a_contract_is_one_finding_per_rule_in_order(submit: Submit, tmp_path: Path) -> None:
    spec = contract(tmp_path, LAB2)
    folder = submit({"net.ipynb": '{"cells": []}', LAB_NAME: "Id,Prediction\n0,1\n1,9\n2,0\n3,3\n"})
    before = sorted(p.name for p in folder.iterdir())
    findings = check_contract(folder, spec, submitted_at=datetime(2022, 3, 1, 4, 59, 30, tzinfo=timezone.utc))
    assert [f.rule for f in findings] == ["code", "predictions", "file_name", "due"]
    assert {f.outcome for f in findings} == {Outcome.PASS}
    assert findings[1].measured == 4
    assert [f.consequence for f in findings] == ["unranked", "flag", "flag", "flag"]
    assert sorted(p.name for p in folder.iterdir()) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("code, any_of", "code, any_off"), r"book.yaml:3: contract.files.0.any_off: unknown key; known: any_of"),
        (("first: 0, last: 9", "first: 9, last: 0"), "first 9 is more than last 0"),
        (("pattern: 'sub", "pattern: '(sub"), "pattern: "),
        (("energy: {", "power: {"), "the pattern has no group power"),
        (("America/New_York", "Atlantis/City"), "'Atlantis/City' is not a time zone; write AoE"),
        (("2022-02-28 23:59", "28 Feb"), "'28 Feb' is not a date and time"),
        (("rule: due", "rule: code"), "rule 'code' occurs twice"),
        ((f"example: {LAB_NAME}", "example: a.csv"), "does not match"),
    ],
)
def test_an_impossible_contract_says_where(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    assert change[0] in LAB2
    with pytest.raises(RulebookError, match=said):
        contract(tmp_path, LAB2.replace(*change))


def files(*globs: str, **more: object) -> dict[str, object]:
    return {"files": [{"rule": "r", "any_of": globs, "source": "x", **more}]}


def test_required_files(check: Check) -> None:
    assert check({"docs/Paper.PDF": "x"}, **files("*.pdf")).because == "docs/Paper.PDF"
    assert check({"a.txt": "x"}, **files("*.pdf")).outcome is Outcome.FAIL
    empty = check({"main.pdf": ""}, **files("main.pdf"))
    assert (empty.outcome, empty.because) == (Outcome.FAIL, "0 found; main.pdf is empty")
    assert check({"a.py": "x", "b.py": "y"}, **files("*.py", count=2)).outcome is Outcome.PASS
    assert check({"deep/a.py": "x"}, **files("top/*.py")).outcome is Outcome.FAIL


def test_links_are_not_followed_and_said(submit: Submit, tmp_path: Path) -> None:
    outside = tmp_path / "outside.pdf"
    outside.write_text("secret", encoding="utf-8")
    folder = submit({"a.py": "x = 1\n"})
    (folder / "paper.pdf").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.py")
    spec = ContractSpec.model_validate(
        {**files("*.pdf"), "forbidden": [{"rule": "n", "kind": "network", "source": "x"}]}
    )
    missing, network = check_contract(folder, spec)
    assert missing.outcome is Outcome.FAIL
    assert "is a link" in missing.because
    assert network.outcome is Outcome.UNDECIDED
    assert "paper.pdf is a link, which is not followed" in network.because


def test_names_cannot_steer_the_terminal(check: Check) -> None:
    finding = check({"a\x1b[31m.py": "import socket\n"}, forbidden=[{"rule": "n", "kind": "network", "source": "x"}])
    assert "a\\x1b[31m.py:1" in finding.because


def test_an_empty_folder_and_none(submit: Submit, tmp_path: Path) -> None:
    spec = ContractSpec.model_validate(files("main.py"))
    assert check_contract(submit({}), spec)[0].outcome is Outcome.FAIL
    with pytest.raises(SubjectError, match="not a folder"):
        check_contract(tmp_path / "gone", spec)


TABLE = {"rule": "t", "any_of": ["submission.csv"], "columns": ["image_id", "label"], "source": "x"}


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("image_id,label\r\na,1\r\nb,2\r\n", {"rows": 2}, None),
        ("\ufeffimage_id,label\na,1\n", {}, None),
        ("id,label\na,1\n", {}, "submission.csv:1: the header is 'id,label', 'image_id,label' is asked for"),
        ("image_id,label\na,1\n", {"rows": 2}, "submission.csv has 1 rows, 2 are asked for"),
        ("image_id,label\na,1\na,2\n", {}, "submission.csv:3: image_id 'a' occurs twice"),
        (
            "image_id,label\na,100\n",
            {"values": {"first": 0, "last": 99}},
            "submission.csv:2: label '100' is not an integer",
        ),
        ("image_id,label\na,1.0\n", {"values": {"first": 0, "last": 99}}, "submission.csv:2: label '1.0'"),
        ("image_id,label\na,1,2\n", {}, "submission.csv:2: 3 cells"),
        (
            "image_id,label\n5,1\n",
            {"ids": {"first": 0, "last": 3}},
            "submission.csv:2: image_id '5' is not one of 0 to 3",
        ),
        ("image_id,label\n1,1\n", {"ids": {"first": 0, "last": 3}}, "has 1 of the 4 ids 0 to 3"),
        ("image_id,label\na," + "x" * 200_000 + "\n", {}, "not CSV"),
        ("", {}, "submission.csv:1: the header is ''"),
        (b"\xff\xff", {}, "not text in UTF-8"),
    ],
)
def test_tables(check: Check, text: str | bytes, more: dict[str, object], said: str | None) -> None:
    finding = check({"submission.csv": text}, tables=[{**TABLE, **more}])
    assert finding.outcome is (Outcome.PASS if said is None else Outcome.FAIL)
    assert said is None or said in finding.because


def test_a_table_that_is_not_there_yet(check: Check) -> None:
    assert check({}, tables=[TABLE]).outcome is Outcome.FAIL
    later = check({}, tables=[{**TABLE, "written_by_run": True}])
    assert (later.outcome, later.measured) == (Outcome.UNDECIDED, None)


ENVIRONMENT = "name: net\nchannels: [defaults]\ndependencies:\n  - python=3.10\n  - pip: [timm]\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"environment.yml": ENVIRONMENT}, None),
        ({"config.yaml": "lr: 1\n", "sub/env.YAML": ENVIRONMENT}, None),
        ({"a.txt": ENVIRONMENT}, "there is no *.yaml or *.yml"),
        ({"env.yaml": "name: net\ndependencies: []\n"}, "env.yaml: no channels; dependencies is empty"),
        ({"env.yaml": "- a\n"}, "env.yaml: no mapping"),
        ({"env.yaml": "a: [*b\n"}, "env.yaml: no YAML"),
        ({"env.yaml": "[" * 10_000}, "env.yaml: no YAML"),
    ],
)
def test_environment(check: Check, given: dict[str, str], said: str | None) -> None:
    finding = check(given, environment=[{"rule": "e", "source": "x"}])
    assert finding.outcome is (Outcome.PASS if said is None else Outcome.FAIL)
    assert said is None or said in finding.because


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def locked(**more: object) -> dict[str, object]:
    return {"locked": [{"rule": "l", "path": "lab2/profiler.py", "source": "x", **more}]}


def test_locked_files_by_digest(check: Check) -> None:
    digests = {"lab2/profiler.py": sha("x = 1\n")}
    assert check({"w/lab2/profiler.py": "x = 1\n"}, **locked(sha256=digests)).outcome is Outcome.PASS
    assert check({"w/lab2/profiler.py": "x = 1\r\n"}, **locked(sha256=digests)).outcome is Outcome.PASS
    exact = check({"w/lab2/profiler.py": "x = 1\r\n"}, **locked(sha256=digests, newlines="exact"))
    assert (exact.outcome, exact.because) == (Outcome.FAIL, "lab2/profiler.py is changed")


def test_locked_files_without_anything_to_compare(check: Check) -> None:
    assert "nothing to compare" in check({"a.py": "x"}, **locked(sha256={"lab2/profiler.py": "0" * 64})).because
    open_question = check({"lab2/profiler.py": "x"}, **locked())
    assert open_question.outcome is Outcome.UNDECIDED
    assert "give the organizers' folder" in open_question.because


def test_locked_folder_against_the_originals(submit: Submit, tmp_path: Path) -> None:
    spec = ContractSpec.model_validate({"locked": [{"rule": "l", "path": "simple_weight_stationary/", "source": "x"}]})
    originals = tmp_path / "originals" / "workspace" / "simple_weight_stationary"
    originals.mkdir(parents=True)
    (originals / "arch.yaml").write_bytes(b"a: 1\n")
    (originals / "map.yaml").write_bytes(b"b: 1\n")

    def finding(given: dict[str, str]) -> Finding:
        return check_contract(submit(given), spec, originals=tmp_path / "originals")[0]

    same = finding({f"simple_weight_stationary/{name}.yaml": f"{c}: 1\n" for name, c in (("arch", "a"), ("map", "b"))})
    assert (same.outcome, same.because) == (Outcome.PASS, "2 files as handed out")
    changed = finding({"simple_weight_stationary/arch.yaml": "a: 2\n", "simple_weight_stationary/own.yaml": ""})
    assert changed.outcome is Outcome.FAIL
    assert "arch.yaml is changed" in changed.because
    assert "own.yaml is new" in changed.because


def at(hour: int, minute: int, offset: float | None = 0, day: int = 31, second: int = 0) -> datetime:
    zone = None if offset is None else timezone(timedelta(hours=offset))
    return datetime(2022, 5, day, hour, minute, second, tzinfo=zone)


@pytest.mark.parametrize(
    ("zone", "submitted", "outcome"),
    [
        ("UTC-11", at(10, 59, second=59), Outcome.PASS),  # 30 May 23:59:59 in UTC-11
        ("UTC-11", at(11, 0), Outcome.FAIL),
        ("UTC-12", at(11, 59), Outcome.PASS),
        ("AoE", at(11, 59, second=59), Outcome.PASS),
        ("AoE", at(12, 0), Outcome.FAIL),
        ("America/New_York", at(3, 59), Outcome.PASS),  # summer time, UTC-4
        ("America/New_York", at(4, 0), Outcome.FAIL),
        ("+02:00", at(23, 59, 2, day=30), Outcome.PASS),
        ("AoE", at(23, 59, None, day=29), Outcome.PASS),
        ("AoE", at(0, 0, None, day=31), Outcome.UNDECIDED),
        ("UTC-11", None, Outcome.UNDECIDED),
        (None, at(9, 58, day=30), Outcome.PASS),
        (None, at(10, 0, day=30), Outcome.UNDECIDED),
        (None, at(12, 0), Outcome.FAIL),
    ],
)
def test_deadlines(submit: Submit, zone: str | None, submitted: datetime | None, outcome: Outcome) -> None:
    spec = ContractSpec.model_validate(
        {"deadline": {"rule": "d", "at": "2022-05-30 23:59", "zone": zone, "source": "x"}}
    )
    [finding] = check_contract(submit({}), spec, submitted_at=submitted)
    assert finding.outcome is outcome, finding.because


def test_how_late(submit: Submit) -> None:
    spec = ContractSpec.model_validate({"deadline": {"rule": "d", "at": "2021-11-12", "zone": "UTC", "source": "x"}})
    [finding] = check_contract(submit({}), spec, submitted_at=datetime(2021, 11, 14, 1, 2, 3, tzinfo=timezone.utc))
    assert finding.because.endswith("1 days 01:02:03 late")


@pytest.mark.parametrize(("solutions", "outcome"), [(2, Outcome.PASS), (3, Outcome.FAIL), (None, Outcome.UNDECIDED)])
def test_solutions_of_a_team(submit: Submit, solutions: int | None, outcome: Outcome) -> None:
    spec = ContractSpec.model_validate({"team": {"rule": "t", "most": 2, "source": "x"}})
    assert check_contract(submit({}), spec, team_solutions=solutions)[0].outcome is outcome


def test_sizes(check: Check) -> None:
    def rule(**more: object) -> dict[str, object]:
        return {"sizes": [{"rule": "s", "most_bytes": 5, "source": "x", **more}]}

    assert check({"a": "12345", "b": "12345"}, **rule()).outcome is Outcome.PASS
    together = check({"a": "12345", "b": "12345"}, **rule(together=True))
    assert (together.outcome, together.measured) == (Outcome.FAIL, 10)
    assert check({"a": "123456"}, **rule(any_of=["*.zip"])).because == "no file: 0 bytes"
