"""What each kind of rule says: limit, outcome, number and reason written out, at every bound, and how much is shown."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from costmodel.contracts.checker import check_contract
from costmodel.contracts.contract import ContractSpec
from costmodel.contracts.kinds import environment, forbidden, locked, tables
from costmodel.ir.verdict import Consequence, Finding, Outcome
from tests.contracts.conftest import Check, Submit

PASS, FAIL, UNDECIDED = Outcome.PASS, Outcome.FAIL, Outcome.UNDECIDED
Said = tuple[Outcome, int | None, str]


def said(finding: Finding) -> Said:
    assert isinstance(finding.measured, int) or finding.measured is None
    return finding.outcome, finding.measured, finding.because


def rule(**more: object) -> list[dict[str, object]]:
    return [{"rule": "r", "source": "x", **more}]


MANY = {f"{c}.py": "x" for c in "abcdef"}


def test_files(check: Check) -> None:
    def found(files: dict[str, str], **more: object) -> Finding:
        return check(files, files=rule(any_of=["*.py", "*.ipynb"], **more))

    finding = found(MANY)
    assert (finding.limit, finding.unit, finding.at_least, finding.rule) == ("*.py or *.ipynb", "", False, "r")
    assert (said(finding), finding.consequence) == ((PASS, 6, "a.py, b.py, c.py, d.py"), Consequence.FLAG)
    assert found(MANY, count=6).limit == "*.py or *.ipynb, 6 times"
    assert found(MANY, count=1).limit == "*.py or *.ipynb"
    assert said(found(MANY, count=6)) == (PASS, 6, "a.py, b.py, c.py, d.py")
    assert said(found(MANY, count=7)) == (FAIL, 6, "6 found")
    assert said(found({"a.py": "", "b.py": "x"}, count=2)) == (FAIL, 1, "1 found; a.py is empty")
    noted = found({}, note="see page 2", on_failure="unranked")
    assert (said(noted), noted.consequence) == ((FAIL, 0, "0 found; see page 2"), Consequence.UNRANKED)


def test_sizes(check: Check) -> None:
    def found(files: dict[str, str], **more: object) -> Said:
        finding = check(files, sizes=rule(most_bytes=1200, **more))
        assert finding.limit == "<= 1,200 bytes"
        return said(finding)

    assert found({"a": "x" * 1200, "b": "x"}) == (PASS, 1200, "a: 1,200 bytes")
    assert found({"a": "x", "b": "x" * 1201}) == (FAIL, 1201, "b: 1,201 bytes")
    assert found({"a": "x" * 600, "b": "x" * 600}, together=True) == (PASS, 1200, "2 files: 1,200 bytes")
    assert found({"a": "x" * 600, "b": "x" * 601}, together=True) == (FAIL, 1201, "2 files: 1,201 bytes")
    assert found({}, together=True) == (PASS, 0, "0 files: 0 bytes")
    assert found({}) == (PASS, 0, "no file: 0 bytes")


COLUMNS: dict[str, Any] = {"any_of": ["s*.csv", "t*.csv"], "columns": ["id", "label"]}


def table(check: Check, files: dict[str, str], **more: object) -> Finding:
    return check(files, tables=rule(**COLUMNS, **more))


def test_tables(check: Check) -> None:
    ranges = {"ids": {"first": 0, "last": 1}, "values": {"first": -1, "last": 9}, "rows": 2}
    good = "id,label\n0,-1\n\n1,9\n"
    assert table(check, {"s.csv": good}, **ranges).limit == "id,label, 2 rows, -1 to 9"
    assert table(check, {"s.csv": good}, rows=1200).limit == "id,label, 1,200 rows"
    assert table(check, {"s.csv": good}).limit == "id,label"
    assert said(table(check, {"s.csv": good}, **ranges)) == (PASS, 2, "s.csv: 2 rows")
    several = {f"s{n}.csv": good for n in range(6)}
    assert said(table(check, several)) == (PASS, 2, "s0.csv, s1.csv, s2.csv, s3.csv: 2 rows")
    wrong = {**several, "t.csv": "id,label\n0,1\n"}
    assert said(table(check, wrong, rows=2)) == (FAIL, 1, "t.csv has 1 rows, 2 are asked for")
    assert said(table(check, {"s.csv": "id,label\n0,1\n"}, ids=ranges["ids"])) == (
        FAIL, 1, "s.csv has 1 of the 2 ids 0 to 1",
    )  # fmt: skip
    assert said(table(check, {})) == (FAIL, None, "there is no s*.csv or t*.csv")
    later = table(check, {}, written_by_run=True)
    assert said(later) == (UNDECIDED, None, "s*.csv is not there yet: the program writes it when it is run")
    assert later.consequence is Consequence.NOTE
    elsewhere = table(check, {}, required=False)
    assert (elsewhere.limit, said(elsewhere)) == (
        "where it is handed in",
        (UNDECIDED, None, "it is not among these files"),
    )
    assert elsewhere.consequence is Consequence.NOTE
    assert table(check, {"s.csv": "x"}, written_by_run=True).consequence is Consequence.FLAG


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("0,10", "label '10' is not an integer from -1 to 9"), ("0,-2", "label '-2' is not an integer from -1 to 9"),
        ("0,09", "label '09' is not an integer from -1 to 9"), ("0,00", "label '00' is not an integer from -1 to 9"),
        ("0,-0", "label '-0' is not an integer from -1 to 9"), ("0,+1", "label '+1' is not an integer from -1 to 9"),
        ("0,--1", "label '--1' is not an integer from -1 to 9"), ("0,x", "label 'x' is not an integer from -1 to 9"),
        (f"0,{'1' * 50}", f"label '{'1' * 40}' is not an integer from -1 to 9"),
        ("0,²", "label '²' is not an integer from -1 to 9"),
        ("3,1", "id '3' is not one of 0 to 2"), ("-1,1", "id '-1' is not one of 0 to 2"),
        ("0", "1 cells, 2 are asked for"), ("0,1,2", "3 cells, 2 are asked for"),
        ("1,1", "id '1' occurs twice"), (" 1 ,1", "id '1' occurs twice"), ("0, 5 ", ""), ("2,9", ""),
    ],
)  # fmt: skip
def test_the_rows_of_a_table(check: Check, row: str, problem: str) -> None:
    # the header, a row that is fine, an empty line, and the row
    ranges = {"ids": {"first": 0, "last": 2}, "values": {"first": -1, "last": 9}}
    finding = table(check, {"s.csv": f"id, label\n1,0\n\n{row}\n"}, **ranges)
    expected = f"s.csv:4: {problem}" if problem else "s.csv has 2 of the 3 ids 0 to 2"
    assert finding.because == expected
    assert finding.measured == (None if problem else 2)


def test_the_header_of_a_table(check: Check) -> None:
    long = "c" * 50
    assert (
        table(check, {"s.csv": f"{long}\n"}).because == f"s.csv:1: the header is {long[:40]!r}, 'id,label' is asked for"
    )
    assert tables._LARGEST == locked._LARGEST == 67_108_864
    assert environment._LARGEST == 1_048_576


def test_environments(check: Check) -> None:
    def found(files: dict[str, str], **more: object) -> Said:
        finding = check(files, environment=rule(**more))
        assert finding.limit == f"a YAML with {', '.join(more.get('keys', ['name', 'channels', 'dependencies']))}"  # type: ignore[arg-type]
        return said(finding)

    good = "name: a\nchannels: [b]\ndependencies: [c]\n"
    assert found({"b.yml": good, "a.yaml": "- x\n"}) == (PASS, None, "b.yml")
    assert found({"b.yml": good, "a.yaml": good}) == (PASS, None, "a.yaml")
    # the likeliest of them is the one that lacks least
    assert found({"a.yml": "name: a\n", "b.yml": "name: a\nchannels: []\n"}) == (
        FAIL, None, "a.yml: no channels; no dependencies",
    )  # fmt: skip
    assert found({"a.yml": "- a\n"}) == (FAIL, None, "a.yml: not a mapping; name; channels; dependencies")
    assert found({"a.yml": "a: [\n"}) == (FAIL, None, "a.yml: not YAML; name; channels; dependencies")
    assert found({"a.yml": "x: 1\n? [1]\n: 2\nname: ''\n"}, keys=["x", "name"]) == (FAIL, None, "a.yml: name is empty")


def test_names(check: Check) -> None:
    def found(files: dict[str, str], **more: object) -> Finding:
        return check(files, names=rule(any_of=["s*.csv", "t*"], pattern=r"s\d\.csv", example="s1.csv", **more))

    several = {f"s{n}.csv": "" for n in range(6)}
    assert found(several).limit == "named as s1.csv"
    assert said(found(several)) == (PASS, None, "s0.csv, s1.csv, s2.csv, s3.csv")
    assert said(found({"s1.csv": "", "sub/s1.csv.csv": ""})) == (
        FAIL, None, "sub/s1.csv.csv: the name has to be as s1.csv",
    )  # fmt: skip
    assert said(found({})) == (FAIL, None, "there is no s*.csv or t*")
    elsewhere = found({}, required=False)
    assert (said(elsewhere)[0], elsewhere.consequence) == (UNDECIDED, Consequence.NOTE)
    assert said(found({"t": ""}, required=False))[0] is FAIL


def test_locked(check: Check) -> None:
    digests = {f"d/{n}": "0" * 64 for n in range(8)}
    everything = check({f"top/d/{n}": "" for n in range(4, 10)}, locked=rule(path="d/", sha256=digests))
    assert everything.limit == "d/ unchanged"
    assert everything.because == "; ".join(
        [*(f"d/{n} is changed" for n in range(4, 8)), "d/0 is missing", "d/1 is missing"]
    )
    nothing = check({"e": ""}, locked=rule(path="d", sha256=digests))
    assert (said(nothing), nothing.consequence) == (
        (UNDECIDED, None, "d is not among the files: nothing to compare"), Consequence.NOTE,
    )  # fmt: skip
    # the copy that lies least deep is taken, then the first by name; a name that only begins alike is another
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    one = {"b/d/x": "1", "a/d/x": "", "z/a/d/x": "1", "dd/x": "1"}
    assert said(check(one, locked=rule(path="d", sha256={"d/x": empty}))) == (PASS, None, "1 files as handed out")
    assert said(check({"q/d": ""}, locked=rule(path="d", sha256={"d": empty}))) == (PASS, None, "1 files as handed out")
    with pytest.raises(ValueError, match="d/x: 64 lower-case hexadecimal digits are expected"):
        check({}, locked=rule(path="d", sha256={"d/x": "0" * 63}))


def test_forbidden_signs_are_shown_up_to_twelve(check: Check) -> None:
    def found(files: dict[str, str], kind: str = "network", **more: object) -> Finding:
        return check(files, forbidden=rule(kind=kind, **more))

    clean = found({"a.py": "x = 1\n", "b.py": ""})
    assert (clean.limit, said(clean)) == (
        "no network use", (PASS, 0, "no sign of it in 2 files of Python, as far as reading them tells"),
    )  # fmt: skip
    assert found({"a.py": ""}).because == "no sign of it in 1 file of Python, as far as reading them tells"
    assert said(found({"a.txt": ""})) == (UNDECIDED, 0, "there is no Python program to look at")
    places = [f"a.py:{n}: imports socket" for n in range(1, 14)]
    twelve = found({"a.py": "import socket\n" * 12})
    assert said(twelve) == (UNDECIDED, 12, f"a person has to look at {'; '.join(places[:12])}")
    more = found({"a.py": "import socket\n" * 14})
    assert said(more) == (UNDECIDED, 14, f"a person has to look at {'; '.join(places[:12])}; and 2 more")
    hidden = found({"a.py": "exec(a)\n" * 14})
    reasons = "; ".join(f"a.py:{n}: exec() runs a text" for n in range(1, 13))
    assert said(hidden) == (UNDECIDED, 0, f"no sign of it, but not all can be read: {reasons}")
    assert found({"a.py": ""}, "pretrained").limit == "no pretrained weights"
    assert found({"a.py": ""}, "test_labels").limit == "no use of the test labels"
    with pytest.raises(
        ValueError, match="'luck' is not a sign that can be looked for; known: network, pretrained, test_labels"
    ):
        found({}, "luck")
    default = forbidden.SignRule(rule="r", source="x", kind="network")
    assert default.checkpoint_bytes == 5_000_000
    assert default.test_files == ("*solution*.csv", "*test*label*", "*label*test*", "y_test*", "test_batch")


def test_team_and_deadline(check: Check) -> None:
    team = check({}, team={"rule": "t", "most": 2, "source": "x"})
    assert (team.limit, said(team), team.consequence) == (
        "<= 2", (UNDECIDED, None, "how many solutions the team has handed in is not known"), Consequence.NOTE,
    )  # fmt: skip
    due = check({}, deadline={"rule": "d", "at": "2022-05-30 23:59", "source": "x"})
    assert (due.limit, due.consequence) == ("until 2022-05-30 23:59 (no zone)", Consequence.NOTE)


def test_a_contract_refuses_what_is_impossible(check: Check) -> None:
    for spec in (
        {"files": rule(any_of=[])}, {"tables": rule(any_of=[], columns=["a", "b"])},
        {"tables": rule(any_of=["a"], columns=["a"])}, {"names": rule(any_of=[], pattern="a", example="a")},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="at least"):
            check({}, **spec)


def test_arguments(check: Check) -> None:
    def found(files: dict[str, str], **more: object) -> Finding:
        given = {"script": "main.py", "arguments": ["--a"], **more}
        return check(files, arguments=rule(**given))

    head = "import argparse\np = argparse.ArgumentParser()\n"

    def declared(*names: str) -> dict[str, str]:
        return {"main.py": head + "".join(f"p.add_argument('{name}')\n" for name in names)}

    fine = found(declared("--a"))
    assert (fine.limit, said(fine)) == ("main.py --a", (PASS, None, "takes --a"))
    nothing = found({"main.py": "x = 1\n"}, arguments=[])
    assert (nothing.limit, said(nothing)) == ("main.py", (PASS, None, "takes no argument"))
    assert said(found({"main.py": "x = 1\n"}, arguments=["--a", "--b"])) == (
        FAIL, None, "main.py takes no argument, --a, --b is asked for",
    )  # fmt: skip
    several = {f"{folder}/main.py": "" for folder in "abcdef"}
    assert said(found(several)) == (UNDECIDED, None, "which one is meant? a/main.py, b/main.py, c/main.py, d/main.py")
    more = [f"--m{n}" for n in range(8)]
    shown = ", ".join(f"{name} (main.py:{n})" for n, name in enumerate(more[:6], 4))
    assert said(found(declared("--a", *more))) == (
        UNDECIDED, None, f"more than --a is declared, and may be left out: {shown}",
    )  # fmt: skip
    ten = [f"--n{n}" for n in range(10)]
    assert said(found(declared(*ten))) == (FAIL, None, f"there is no --a; declared: {', '.join(ten[:8])}")
    assert said(found({"main.py": head})) == (FAIL, None, "there is no --a; declared: nothing")
    assert said(found(declared("--ab"))) == (
        UNDECIDED, None, "main.py:3: --a is short for --ab, if the parser allows it",
    )  # fmt: skip
    assert said(found(declared("--ab", "--ac"))) == (FAIL, None, "there is no --a; declared: --ab, --ac")
    doubts = head + "p.add_argument(n)\n" * 6
    computed = [f"main.py:{n} adds an argument whose name is computed" for n in range(3, 7)]
    assert said(found({"main.py": doubts})) == (UNDECIDED, None, "; ".join(computed))
    hidden = {"main.py": "x = 1\nexec(x)\nexec(x)\n"}
    assert said(found(hidden)) == (UNDECIDED, None, "main.py:2 runs what cannot be read")
    assert said(found(declared("--a", "out", "in"))) == (FAIL, None, "main.py:4: out has to be given as well")


def test_what_a_deadline_hangs_on(submit: Submit) -> None:
    def because(zone: str | None, submitted: datetime) -> str:
        spec = {"deadline": {"rule": "d", "at": "2022-05-30 23:59", "zone": zone, "source": "x", "on_failure": "zero"}}
        (finding,) = check_contract(submit({}), ContractSpec.model_validate(spec), submitted_at=submitted)
        return finding.because

    plain, utc = datetime(2022, 5, 31), datetime(2022, 5, 31, tzinfo=timezone.utc)
    depends = "has no time zone, and the answer depends on it; give --timezone"
    due = "the deadline is 2022-05-30 23:59"
    included = ", that minute included"
    assert because("UTC", plain) == f"submitted 2022-05-31 00:00:00, {due} UTC{included}: the submission {depends}"
    assert because(None, utc) == f"submitted 2022-05-31 00:00:00+00:00, {due}{included}: the deadline {depends}"
    late = because("UTC", datetime(2022, 6, 2, 1, 2, 3, tzinfo=timezone.utc))
    assert late == f"submitted 2022-06-02 01:02:03+00:00, {due} UTC{included}: 2 days 1 h 2 min 3 s late"
    assert because("UTC", utc).endswith(f"UTC{included}: less than 1 s late")
    exported = because("America/New_York", datetime(2022, 6, 3, 4, 29, 0, 123456, tzinfo=timezone.utc))
    assert exported.startswith("submitted 2022-06-03 00:29:00-04:00, ")  # on the clock of the deadline, to the second
    assert exported.endswith(f"{due} America/New_York{included}: 3 days 29 min late")
    inside = because("UTC", datetime(2022, 5, 30, 23, 59, 59, tzinfo=timezone.utc))
    assert inside.endswith(f"{due} UTC{included}")
