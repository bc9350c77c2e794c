"""Conditions on what changes, one line of a program at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from costmodel.tracing.recording.conditions import Condition, conditions_on, periods

PROGRAM = """\
@decorated
def step(self):
    if self.count % 3 == 0:
        work()
    if self.count > 5:
        print("late")
    else:
        logger.warning("early")
    if self.count > 6:
        raise RuntimeError
    assert self.count < 9
    while other < self.count:
        work()
    if other:
        work()
    due = self.count == 4
    half = self.count % 2
    if self.count:
        print("and")
        work()
    return self.count % 7

later = lambda: next(count)
never = lambda: print(count)
shut = lambda: not count
"""


def _functions(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner


def _codes(file: Path) -> list[CodeType]:
    return list(_functions(compile(PROGRAM, str(file), "exec")))


def test_every_condition_that_decides_is_found(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(PROGRAM)
    found = conditions_on(["model.count"], _codes(file))
    count = ("count",)
    assert sorted(found, key=lambda one: int(one.where.rpartition(":")[2])) == [
        Condition("net.py:3", count, 3),
        Condition("net.py:12", count, None),
        Condition("net.py:16", count, None),
        Condition("net.py:18", count, None),
        Condition("net.py:21", count, 7),
        Condition("net.py:23", count, None),
        Condition("net.py:25", count, None),
    ]
    assert sorted(periods(_codes(file))) == [2, 3, 7]
    assert conditions_on(["model.count"], [code for code in _codes(file) if code.co_name == "step"]) == found[:5]
    both = conditions_on(["other", "count"], _codes(file))
    assert Condition("net.py:12", ("count", "other"), None) in both
    assert Condition("net.py:14", ("other",), None) in both


@pytest.mark.parametrize("text", [None, "def step(:", "\0"])
def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "net.py"
    codes = _codes(file)
    if text is not None:
        file.write_text(text)
    assert periods(codes) == []
    assert conditions_on(["count"], codes) == []


def test_a_notebook_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "lab.ipynb"
    file.write_text("{")
    assert periods(_codes(file)) == []


MORE = """\
def step(self):
    late = int(self.count / 60)
    if late > 1:
        work()
    match self.count:
        case 5:
            work()
    [w for w in works if self.count > w]
    self.count > 3 and work()
    for _ in range(self.count):
        work()
    if state["count"]:
        work()
    if time() - begin > 60:
        work()
    loss = model(x) * self.count
    if loss.dim() > 1:
        work()
    for x in self.count:
        work()

def fetch():
    try:
        item = next(count)
    except StopIteration:
        item = work()
    try:
        item = next(count)
    except StopIteration:
        item = iter(again)
"""


def test_conditions_of_every_form(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(MORE)
    codes = [code for code in compile(MORE, str(file), "exec").co_consts if isinstance(code, CodeType)]
    found = {int(one.where.rpartition(":")[2]): one.names for one in conditions_on(["model.count"], codes)}
    count = ("count",)
    assert found == {
        3: ("late",), 5: count, 8: count, 9: count, 10: count, 12: count, 14: ("time()",), 24: count,
    }  # fmt: skip
    assert {int(one.where.rpartition(":")[2]) for one in conditions_on([], codes)} == {14}
