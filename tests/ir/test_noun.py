"""Every noun: one line of repr, JSON there and back, rows as a table, and files of the last release."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

import costmodel
from costmodel.errors import FormatError, UsageError
from costmodel.ir.codec import to_data
from costmodel.ir.noun import Noun

LENET = f"{Path(__file__).parents[2] / 'examples/zoo/lenet.py'}:LeNet5"
RELEASES = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def nouns() -> dict[str, Noun]:
    training = costmodel.trace(LENET, batch=2)
    analysis = costmodel.analyze(LENET, batch=2, samples=10, epochs=1)
    verdict = costmodel.judge(analysis, "haet-2021", facts={"accuracy_percent": 95})
    found: list[Noun] = [
        training,
        training.phases[0].trace,
        costmodel.count(training),
        analysis,
        verdict,
        costmodel.rank([verdict], "haet-2021"),
        costmodel.estimate(LENET, "simple_weight_stationary"),
        costmodel.advise(LENET, "simple_weight_stationary"),
        costmodel.crosscheck(LENET),
        next(iter(costmodel.map("C=3,M=6,R=5,S=5,P=4,Q=4", "simple_weight_stationary").values())),
    ]
    return {type(noun).__name__: noun for noun in found}


NAMES = (
    "Training", "Trace", "Counts", "Analysis", "Verdict", "Ranking", "CostReport", "Advice", "Crosscheck", "LayerCost",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_noun_is_one_line_and_comes_back_from_its_file(
    nouns: dict[str, Noun], name: str, tmp_path: Path, in_root: object
) -> None:
    noun = nouns[name]
    assert repr(noun).startswith(f"<{name}: ")
    assert len(repr(noun)) < 120
    assert "\n" not in repr(noun)
    noun.save(tmp_path / "noun.json")
    assert type(noun).load(tmp_path / "noun.json") == noun
    assert Noun.load(tmp_path / "noun.json") == noun
    assert json.loads((tmp_path / "noun.json").read_text(encoding="utf-8"))["schema"] == noun.SCHEMA


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_a_table_where_pandas_is_and_a_sentence_where_it_is_not(
    nouns: dict[str, Noun], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    noun = nouns[name]
    if not noun.ROWS:
        with pytest.raises(UsageError, match="has no rows"):
            noun.to_dataframe()
        return

    class Pandas:
        @staticmethod
        def DataFrame(rows: list[dict[str, object]]) -> list[dict[str, object]]:  # as pandas names it
            return rows

    monkeypatch.setattr(importlib, "import_module", lambda _: Pandas)
    rows = noun.to_dataframe()
    assert len(rows) == len(getattr(noun, noun.ROWS))
    assert not [value for row in rows for value in row.values() if isinstance(value, dict)]

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(UsageError, match="needs pandas"):
        noun.to_dataframe()


def test_a_training_of_several_phases_is_counted_by_phase(in_root: object) -> None:
    phases = [{"name": "small", "input": "3x32x32", "batch": 2}, {"name": "large", "input": "3x32x32", "batch": 4}]
    training = costmodel.trace(LENET, phases=phases)
    small, large = costmodel.count(training), costmodel.count(training, phase="large")
    assert small == costmodel.count(training.phases[0].trace) == costmodel.count(training, phase="small")
    assert large == costmodel.count(training.phases[1].trace)
    assert large.total().macs == 2 * small.total().macs
    with pytest.raises(costmodel.errors.UnknownNameError, match="large, small"):
        costmodel.count(training, phase="tiny")


def test_a_workload_is_estimated_as_its_model_is(in_root: object) -> None:
    from costmodel.verbs.estimate import workload_of

    workload = workload_of(LENET, {}, phase="training", use_cache=False)
    report = costmodel.estimate(workload, "simple_weight_stationary")
    assert report == costmodel.estimate(LENET, "simple_weight_stationary", phase="training")
    with pytest.raises(UsageError, match="batch: a workload"):
        costmodel.estimate(workload, "simple_weight_stationary", batch=2)


@pytest.mark.parametrize("file", sorted(RELEASES.glob("*/*.json")), ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_files_of_the_last_release_are_read(file: Path) -> None:
    noun = Noun.load(file)
    kept, now = json.loads(file.read_text(encoding="utf-8")), {"schema": noun.SCHEMA, **to_data(noun)}
    assert _within(kept, json.loads(json.dumps(now, default=float)))


def _within(old: object, new: object) -> bool:
    """Everything that the old file says is said again; what is new has a default."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and _within(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_within, old, new))
    return old == new


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ('{"schema": "costmodel.dream/1"}', "schema 'costmodel.dream/1': known are costmodel.advice/1"),
        ("[]", "schema None"),
    ],
)
def test_a_file_that_is_not_a_noun_is_refused_with_its_name(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=said) as caught:
        Noun.load(file)
    assert str(file) in str(caught.value)
    with pytest.raises(UsageError, match="No such file"):
        Noun.load(tmp_path / "none.json")
