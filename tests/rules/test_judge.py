from __future__ import annotations

from pathlib import Path

import pytest

import costmodel
from costmodel.errors import RulebookError, UnknownNameError, UsageError
from costmodel.ir.verdict import SCHEMA, Outcome, Verdict
from costmodel.rules.schema.rulebook import load_rulebook, rulebook_names
from tests.rules.conftest import Make

BOOK = """
name: test
edition: "1"
title: A test
source: nobody
subject: {input: 3x32x32}
metrics:
  small: {unit: operations, source: static, figure: training_operations}
  large: {unit: operations, source: static, figure: training_operations}
limits:
  - {rule: at most, metric: small, operator: "<=", value: 1000, on_failure: flag, source: nobody}
  - {rule: at least, metric: large, operator: ">=", value: 500, on_failure: flag, source: nobody}
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "test.yaml"
    path.write_text(BOOK, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("training", "uncounted", "outcomes"),
    [
        (1000, (), ["PASS", "PASS"]),
        (1001, (), ["FAIL", "PASS"]),
        (499, (), ["PASS", "FAIL"]),
        (None, (), ["UNDECIDED", "UNDECIDED"]),
        # a lower bound proves that a maximum is broken or a minimum reached, nothing else
        (1001, ("aten._fft_r2c.default",), ["FAIL", "PASS"]),
        (600, ("aten._fft_r2c.default",), ["UNDECIDED", "PASS"]),
        (400, ("aten._fft_r2c.default",), ["UNDECIDED", "UNDECIDED"]),
    ],
)
def test_three_outcomes(
    analysis: Make, book: Path, training: int | None, uncounted: tuple[str, ...], outcomes: list[str]
) -> None:
    verdict = costmodel.judge(analysis(training=training, uncounted=uncounted), str(book))
    assert [f.outcome.value for f in verdict.findings] == outcomes


def test_a_waived_op_no_longer_makes_a_lower_bound(analysis: Make, book: Path) -> None:
    book.write_text(BOOK + "waive_uncounted: [aten._fft_r2c]\n", encoding="utf-8")
    verdict = costmodel.judge(analysis(training=600, uncounted=("aten._fft_r2c.default",)), str(book))
    assert verdict.outcome is Outcome.PASS


def test_haet_complexity_is_parameters_plus_training_operations(analysis: Make) -> None:
    verdict = costmodel.judge(analysis(parameters=10, training=1000), "haet-2021", facts={"accuracy": 93})
    assert verdict.outcome is Outcome.PASS
    assert verdict.metric is not None
    assert verdict.metric.value == 1010
    short = costmodel.judge(analysis(), "haet-2021", facts={"accuracy": "92.999"})
    assert short.outcome is Outcome.FAIL
    hundred = costmodel.judge(analysis(), "haet-2021", facts={"error_rate": "22"}, track="cifar100")
    assert hundred.outcome is Outcome.PASS


def test_haet_is_undecided_with_an_uncounted_op_or_an_unknown_length(analysis: Make) -> None:
    for incomplete in (analysis(uncounted=("aten._fft_r2c.default",)), analysis(training=None)):
        verdict = costmodel.judge(incomplete, "haet-2021", facts={"accuracy": 95})
        assert verdict.outcome is Outcome.UNDECIDED
        assert verdict.metric is not None
        assert verdict.metric.value is None


@pytest.mark.parametrize("name", rulebook_names())
def test_every_rulebook_loads_and_names_its_sources(name: str, analysis: Make) -> None:
    book = load_rulebook(name)
    assert book.name == name
    for limit in book.limits_of(None):
        assert limit.source
    verdict = costmodel.judge(analysis(), name)
    text = costmodel.render(verdict, "json")
    from costmodel.ir.codec import loads

    assert loads(Verdict, text, SCHEMA) == verdict


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("metric: small,", "metric: tiny,"), "metric 'tiny' is not defined"),
        (("value: 1000,", ""), "a limit has a value"),
        (('operator: "<="', 'operator: "=<"'), "test.yaml:11: limits.0.operator"),
        (("figure: training_operations}\n  large", "figre: x}\n  large"), "test.yaml:8: metrics.small.figre"),
        (("name: test\n", ""), "name: Field required"),
    ],
)
def test_an_impossible_rulebook_names_file_line_and_field(book: Path, change: tuple[str, str], said: str) -> None:
    book.write_text(BOOK.replace(*change), encoding="utf-8")
    with pytest.raises(RulebookError, match=r"test\.yaml:\d+") as caught:
        load_rulebook(str(book))
    assert said in str(caught.value)


def test_an_unknown_figure_is_a_rulebook_error(book: Path) -> None:
    book.write_text(BOOK.replace("figure: training_operations", "figure: luck"), encoding="utf-8")
    with pytest.raises(RulebookError, match="unknown figure 'luck'; known: "):
        load_rulebook(str(book))


def test_unknown_names_list_the_known_ones(analysis: Make) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'mit-lab2-2022'"):
        costmodel.judge(analysis(), "mit-lab-2022")
    with pytest.raises(UnknownNameError, match="error_rate"):
        costmodel.judge(analysis(), "mit-lab2-2022", facts={"errorrate": 3})
    with pytest.raises(UsageError, match="'-1' is negative"):
        costmodel.judge(analysis(), "mit-lab2-2022", facts={"energy": -1})
    with pytest.raises(UsageError, match="'nan' is not a number in mJ"):
        costmodel.judge(analysis(), "mit-lab2-2022", facts={"energy": "nan"})
