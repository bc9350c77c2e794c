"""Adding a variety is adding a file: dummies in a temporary folder work everywhere, and no other file is touched."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from costmodel import backends
from costmodel.backends.backend import Backend, Exporter, Solver, Verifier
from costmodel.ir.noun import Noun

ROOT = Path(__file__).parents[2]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def with_dummy(tmp_path: Path) -> Run:
    """``costmodel WORDS`` in a process whose package ``room`` also looks into a folder with one more file."""

    def run(room: str, name: str, source: str, *words: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        code = (
            f"import sys, {room} as room; room.__path__.append({str(tmp_path)!r}); "
            f"sys.argv = ['costmodel', *{words!r}]; from costmodel.cli import main; main()"
        )
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)

    return run


BACKEND = '''
"""A backend that says one picojoule and one cycle for each multiply-accumulate."""

from costmodel.backends.backend import Examination, BackendOption, refuse_options
from costmodel.backends.totals import cost_report, unmapped
from dataclasses import replace

TITLE = "one for each MAC"
OPTIONS = (BackendOption("flavour", "how it tastes"),)
SEARCHES = {}


def estimate(workload, machine, search, run):
    refuse_options(run.options, OPTIONS)
    costs = []
    for layer in workload.layers:
        cost = replace(unmapped(layer, ""), valid=True, energy_pj=float(layer.macs), cycles=layer.macs)
        costs.append(cost)
    return cost_report(workload, machine, backend="dummy", backend_version=str(dict(run.options)), search="none",
                       layers=tuple(costs))


def examine(run):
    yield Examination(name="backend dummy", works=True, seen="it counts", advice="")
'''


def test_a_backend_is_one_module(with_dummy: Run) -> None:
    words = ("analyze", "examples/zoo/lenet.py:LeNet5", "--hardware", "simple_weight_stationary", "--no-cache")
    add = ("costmodel.backends", "dummy", BACKEND)
    result = with_dummy(*add, *words, "--backend", "dummy", "--flavour", "sweet", "--format", "json")
    assert result.returncode == 0, result.stderr
    cost = json.loads(result.stdout)["cost"]
    assert (cost["backend"], cost["backend_version"]) == ("dummy", "{'flavour': 'sweet'}")
    assert cost["cycles"] == cost["energy_pj"] == 651_720  # LeNet-5, as counted by hand (tests/oracles/test_lenet.py)
    help = with_dummy(*add, "analyze", "--help").stdout
    assert "dummy (one for each MAC)" in " ".join(help.split())
    assert "--flavour" in help
    refused = with_dummy(*add, *words, "--flavour", "sweet")
    assert refused.returncode == 3
    assert "--flavour is the dummy backend's: ask for it with --backend dummy" in refused.stderr
    searched = with_dummy(*add, *words, "--backend", "dummy", "--objective", "energy")
    assert "--objective has no effect: the dummy backend searches in its own way" in searched.stderr
    assert "backend dummy" in with_dummy(*add, "doctor").stdout
    unknown = with_dummy(*add, *words, "--backend", "dumm")
    assert "did you mean 'dummy'? known: analytical, dummy, timeloop" in unknown.stderr


SUBCOMMAND = '''
"""``costmodel greet``."""

import typer


def greet(name: str = "world") -> int:
    """Say hello."""
    typer.echo(f"hello {name}")
    return 2


def register(app: typer.Typer) -> None:
    app.command()(greet)
'''


def test_a_subcommand_is_one_module(with_dummy: Run) -> None:
    add = ("costmodel.cli.commands", "greet", SUBCOMMAND)
    result = with_dummy(*add, "greet", "--name", "you")
    assert (result.stdout, result.returncode) == ("hello you\n", 2)
    assert "Say hello." in with_dummy(*add, "--help").stdout


def test_a_noun_is_one_class(tmp_path: Path) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True, repr=False)
    class Dream(Noun):
        SCHEMA: ClassVar[str] = "costmodel.test-dream/1"

        about: tuple[str, ...]

        def summary(self) -> str:
            return " and ".join(self.about)

    dream = Dream(about=("sheep", "fences"))
    dream.save(tmp_path / "dream.json")
    assert Noun.load(tmp_path / "dream.json") == dream
    assert repr(dream) == "<Dream: sheep and fences>"


@pytest.mark.parametrize("name", backends.names())
def test_every_backend_keeps_the_protocol(name: str) -> None:
    backend = backends.load(name)
    assert isinstance(backend, Backend)
    assert backend.TITLE
    assert all(option.help and option.name.isidentifier() for option in backend.OPTIONS)
    assert all(backend.SEARCHES.values())


def test_the_abilities_of_the_backends_are_those_that_they_are_asked_for() -> None:
    assert isinstance(backends.solver(), Solver)
    assert isinstance(backends.verifier(), Verifier)
    assert all(isinstance(backend, Exporter) and backend.INDEX for backend in backends.exporters().values())
