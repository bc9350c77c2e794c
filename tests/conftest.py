"""Shared by all tests: golden files, and a cache folder that is nobody's."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.warm import Warm

os.environ.pop("COLUMNS", None)  # pytest's workers inherit a width, to which shown tables would be fitted

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files instead of comparing")
    parser.addoption("--cold", action="store_true", help="start a Python of its own for every command")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what stood in for the real Timeloop or a real meter, and that no browser has seen the pages."""
    skipped = terminalreporter.stats.get("skipped", [])
    loud = ("real Timeloop", "recorded counters", "a real browser")
    said = {str(r.longrepr[2]) for r in skipped if isinstance(r.longrepr, tuple)}
    reasons = {reason for reason in said if any(what in reason for what in loud)}
    for reason in sorted(reasons):
        terminalreporter.write_line(f"NOT RUN: {reason.removeprefix('Skipped: ')}", yellow=True, bold=True)


@pytest.fixture(scope="session")
def _caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Places for caches that nobody has used, made by who uses them: a numbered folder each would list all others."""
    place = tmp_path_factory.mktemp("caches")
    return (place / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def _own_cache(_caches: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSTMODEL_CACHE", str(next(_caches)))


@pytest.fixture(scope="session")
def warm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """``costmodel`` as a command."""
    with Warm(tmp_path_factory.mktemp("warm"), cold=request.config.getoption("--cold")) as server:
        yield server


@pytest.fixture
def in_root(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository as working directory: references such as examples/zoo/lenet.py:LeNet5 hold."""
    monkeypatch.chdir(ROOT)
    return ROOT


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare text with tests/golden/NAME; ``pytest --update-golden`` writes it."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"no golden file {name}: run pytest --update-golden"
        assert text == file.read_text(encoding="utf-8")

    return compare
