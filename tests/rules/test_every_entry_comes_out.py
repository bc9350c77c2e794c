"""Whoever goes into a ranking comes out of it, placed or left out with a reason: random books, random entries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.ir.verdict import Consequence, Finding, Outcome
from costmodel.rules.ranking.rank import Contender
from costmodel.rules.ranking.sensitivity import rank
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import Fact, FactSheet

METRICS = {
    "accuracy_percent": {"unit": "%", "source": "measured", "aggregate": "mean"},
    "energy_joules": {"unit": "J", "source": "measured"},
}


@st.composite
def books(draw: st.DrawFn) -> Rulebook:
    """With and without brackets, tracks, a limit, awards and a bonus; every tie policy."""
    data: dict[str, Any] = {
        "name": "random",
        "edition": "1",
        "title": "a random book",
        "source": "made by a test",
        "subject": {"input": "3x32x32"},
        "metrics": METRICS,
        "ranking": {
            "name": "joules",
            "unit": "J",
            "order": draw(st.sampled_from(["ascending", "descending"])),
            "terms": [{"metric": "energy_joules"}],
            "per_track": draw(st.booleans()),
            "ties": draw(st.sampled_from(["competition", "dense", "ordinal", "average", "earliest"])),
            "source": "made",
        },
    }
    limits = []
    if draw(st.booleans()):
        consequence = draw(st.sampled_from(["zero", "disqualify", "unranked", "flag", "note"]))
        limits = [
            {
                "rule": "accurate", "metric": "accuracy_percent", "operator": ">=", "value": 50,
                "on_failure": consequence, "source": "made",
            }
        ]  # fmt: skip
    if draw(st.booleans()):
        data["tracks"] = dict.fromkeys(("small", "large"), limits)
    else:
        data["limits"] = limits
    if draw(st.booleans()):
        data["brackets"] = {
            "metric": "accuracy_percent",
            "mode": draw(st.sampled_from(["best_only", "cumulative"])),
            "brackets": [{"bracket": "good", "at_least": 60, "below": 80}, {"bracket": "best", "at_least": 80}],
            "source": "made",
        }
    return Rulebook.model_validate(data)


def facts(draw: st.DrawFn) -> FactSheet:
    measured = {}
    for name in METRICS:
        if draw(st.integers(0, 3)):  # one of four is not known
            measured[name] = Fact(
                runs=(Decimal(draw(st.integers(0, 100))),),
                uncertainty=Decimal(draw(st.sampled_from([0, 0, 5]))),
                at_least=draw(st.integers(0, 4)) == 0,
            )
    return FactSheet(measured)


@st.composite
def contenders(draw: st.DrawFn) -> list[Contender]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        contract = tuple(
            Finding(
                rule="files", measured=None, at_least=False, limit="", unit="",
                outcome=draw(st.sampled_from(list(Outcome))), because="made",
                consequence=draw(st.sampled_from(list(Consequence))),
            )
            for _ in range(draw(st.integers(0, 2)))
        )  # fmt: skip
        found.append(
            Contender(
                name=f"entry{number}",
                facts=facts(draw),
                task=draw(st.sampled_from([None, "small", "large", "unheard-of"])),
                submitted=draw(st.sampled_from(["", "2022-01-01"])),
                problem=draw(st.sampled_from(["", "", "", "given twice"])),
                contract=contract,
            )
        )
    return found


@settings(max_examples=300, deadline=None)
@given(books(), contenders())
def test_every_entry_that_goes_in_comes_out(book: Rulebook, entered: list[Contender]) -> None:
    ranking = rank(entered, book)
    assert {entry.name for entry in ranking.entries} == {contender.name for contender in entered}
    for entry in ranking.entries:
        if entry.rank is None:
            assert entry.because
            assert entry.outcome is not Outcome.PASS
        else:
            assert entry.metric is not None
            assert entry.outcome is not Outcome.FAIL


def flagged(name: str) -> Contender:
    look = Finding(
        rule="sign", measured=1, at_least=False, limit="", unit="", outcome=Outcome.UNDECIDED, because="look at it",
        consequence=Consequence.FLAG,
    )  # fmt: skip
    low = FactSheet({"accuracy_percent": Fact(runs=(Decimal(10),)), "energy_joules": Fact(runs=(Decimal(5),))})
    return Contender(name=name, facts=low, contract=(look,))


def test_a_flag_does_not_hide_that_no_bracket_is_reached() -> None:
    book = Rulebook.model_validate(
        {
            "name": "b", "edition": "1", "title": "brackets alone", "source": "made by a test",
            "subject": {"input": "3x32x32"}, "metrics": METRICS,
            "ranking": {
                "name": "joules", "unit": "J", "order": "ascending", "source": "made",
                "terms": [{"metric": "energy_joules"}],
            },
            "brackets": {
                "metric": "accuracy_percent", "mode": "best_only", "source": "made",
                "brackets": [{"bracket": "good", "at_least": 60}],
            },
        }
    )  # fmt: skip
    good = FactSheet({"accuracy_percent": Fact(runs=(Decimal(70),)), "energy_joules": Fact(runs=(Decimal(5),))})
    unknown = FactSheet({"energy_joules": Fact(runs=(Decimal(1),))})
    entries = rank(
        [Contender(name="in", facts=good), flagged("flagged"), flagged("too"), Contender(name="?", facts=unknown)], book
    ).entries
    assert [(e.name, e.rank, e.outcome.value) for e in entries] == [
        ("in", 1, "PASS"), ("?", None, "UNDECIDED"), ("flagged", None, "FAIL"), ("too", None, "FAIL"),
    ]  # fmt: skip
    assert entries[2].because == ("sign: look at it", "accuracy_percent 10 reaches no bracket")
    assert entries[1].because == ("accuracy_percent is not given",)
