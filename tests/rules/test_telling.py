"""A rulebook in words: each sentence of one that has everything, and of one that has nothing; differences of two."""

from __future__ import annotations

from typing import Any

from costmodel.rules.schema.rulebook import AmbiguitySpec, HardwareRule, Rulebook, SubjectDefaults
from costmodel.rules.telling.difference import difference
from costmodel.rules.telling.prose import describe

FULL: dict[str, Any] = {
    "name": "lab", "edition": "2", "title": "The lab", "source": "page 1", "subject": {"input": "3"},
    "metrics": {
        "peak": {"unit": "bytes", "source": "static", "figure": "peak_activation_layer_io",
                 "either_figure": "peak_activation_lab_profiler", "definition": "the largest"},
        "energy": {"unit": "mJ", "source": "estimated", "figure": "energy", "aliases": ["joules", "power"]},
        "rate": {"unit": "%", "source": "claimed"},
        "memory": {"unit": "bytes", "lower_bound": "live_peak"},
        "kind": {"unit": "name"},
        "sum": {"unit": "", "sum_of": ["rate", "memory"]},
        "scaled": {"unit": "mJ", "normalised": {"metric": "energy", "by": "rate", "to": 2000}},
    },
    "limits": [
        {"rule": "peak", "metric": "peak", "operator": "<", "value": 1000000, "on_failure": "zero", "scope": "whole run",  # noqa: E501
         "source": "page 2"},
        {"rule": "optimizer", "metric": "kind", "operator": "one of", "one_of": ["sgd", "adam"], "on_failure": "flag",
         "source": "page 3"},
        {"rule": "counted", "metric": "sum", "operator": "known", "on_failure": "note", "source": "page 4"},
    ],
    "tracks": {"small": [{"rule": "rate", "metric": "rate", "operator": ">=", "value": 50, "on_failure": "disqualify",
                          "source": "page 5"}],
               "large": [{"rule": "rate", "metric": "rate", "operator": ">=", "value": 60, "on_failure": "unranked",
                          "source": "page 5"}]},
    "points": [{"table": "energy", "metric": "energy", "otherwise": 1, "source": "page 6",
                "cells": [{"below": 1, "points": 20}, {"at_most": 1500, "points": 10}]}],
    "brackets": {"metric": "rate", "mode": "best_only", "source": "page 7",
                 "brackets": [{"bracket": "good", "at_least": 60}, {"bracket": "best", "at_least": 90}]},
    "ranking": {
        "name": "score", "unit": "", "order": "ascending", "terms": [{"metric": "energy"}], "source": "page 8",
        "ties_source": "page 9", "awards": {"first": 3, "award": "a prize", "source": "page 10"},
        "bonus": {"ranks": [{"first": 1, "last": 5, "points": 10}], "source": "page 11"},
    },
    "hardware": {"machine": "eyeriss", "search": "course", "beside": ["optimum"], "source": "page 12"},
    "resources": [{"resource": "GPU", "value": "P100", "source": "page 13"}],
    "readings": {"kibi": {"title": "1,024", "source": "page 14", "limits": {"peak": {"value": 1048576}}}},
    "ambiguities": [{"about": "bytes", "taken": "10^6", "readings": ["kibi"]}, {"about": "batch", "taken": "one"}],
    "notes": ["a note"], "undecided": [{"rule": "honour", "because": "nobody can tell", "source": "page 15"}],
}  # fmt: skip

WORDS = """\
The lab (rulebook lab, edition 2)
source: page 1

Limits
  peak: peak < 1,000,000 bytes (whole run); a failure gives 0 points
    source: page 2
  optimizer: kind one of sgd, adam; a failure is for a person to look at
    source: page 3
  counted: sum can be computed; it is said, and changes nothing
    source: page 4
  [track small] rate: rate >= 50 %; a failure disqualifies
    source: page 5
  [track large] rate: rate >= 60 %; a failure is not ranked
    source: page 5

Points
  energy (energy): below 1: 20, at most 1,500: 10, else 1
    source: page 6

Brackets of rate, best only
  good, best
    source: page 7

Ranking
  score, ascending
    source: page 8
  ties: competition (page 9)
  the first 3: a prize (page 10)
  ranks 1 to 5: +10 points
    source: page 11

Machine
  eyeriss, inference, search course, beside it optimum
    source: page 12

Metrics (--fact NAME=VALUE)
  peak [bytes]: the largest
    computed from the graph; a fact does not override it; peak_activation_layer_io and peak_activation_lab_profiler have to agree about a limit
  energy [mJ], also joules, power
    computed on the rulebook's machine; a measured fact overrides it
  rate [%]
    given as a fact, else as the submission claims it
  memory [bytes]
    given as a fact; unknown without; not less than live_peak
  kind [name]
    given as a fact; unknown without
  sum
    the sum of rate and memory
  scaled [mJ]
    energy scaled to 2,000 rate

Resources
  GPU: P100 (page 13)

Where the text can be read in more than one way
  bytes: 10^6; other readings: kibi
  batch: one
  a note

Readings (--reading NAME)
  kibi: 1,024
    source: page 14

Undecided: a person decides
  honour: nobody can tell
    source: page 15
"""  # noqa: E501  # as it is shown


def test_a_rulebook_in_words() -> None:
    assert describe(Rulebook.model_validate(FULL)) == WORDS


def test_a_rulebook_that_says_little() -> None:
    bare = {key: FULL[key] for key in ("name", "edition", "title", "source", "subject")}
    book = Rulebook.model_validate({**bare, "metrics": {"rate": FULL["metrics"]["rate"]}})
    head, metrics = WORDS.partition("  peak:")[0], "Metrics (--fact NAME=VALUE)\n  rate [%]\n"
    assert describe(book) == f"{head}\n{metrics}    given as a fact, else as the submission claims it\n"
    only = book.model_copy(update={"notes": ("a note",)})
    assert describe(only).endswith("\n\nWhere the text can be read in more than one way\n  a note\n")
    told = book.model_copy(update={"ambiguities": (AmbiguitySpec(about="a", taken="b"),)})
    assert describe(told).endswith("\n\nWhere the text can be read in more than one way\n  a: b\n")


def test_differences_by_the_names_of_what_differs() -> None:
    one = Rulebook.model_validate(FULL)
    limits = [FULL["limits"][1], {**FULL["limits"][0], "value": 5}]
    other = Rulebook.model_validate(
        {**FULL, "limits": limits, "notes": ["a note", "another"], "waive_uncounted": ["aten.x"]}
    )
    assert difference(one, other) == [
        ("limits[peak].value", "1000000", "5"), ("limits[counted].rule", "counted", ""),
        ("limits[counted].metric", "sum", ""), ("limits[counted].operator", "known", ""),
        ("limits[counted].on_failure", "note", ""), ("limits[counted].source", "page 4", ""),
        ("waive_uncounted[0]", "", "aten.x"), ("notes[1]", "", "another"),
    ]  # fmt: skip
    assert difference(one, one) == []


def test_what_a_rulebook_sets_of_a_recipe() -> None:
    assert SubjectDefaults(input="3").defaults == {"input": "3"}
    assert SubjectDefaults(input="3", batch=2).defaults == {"input": "3", "batch": 2}
    assert SubjectDefaults(input="3").settings == {}
    assert SubjectDefaults(input="3", batch=4, given=True).settings == {"input": "3"}
    rule = HardwareRule(machine="m", search="course", source="s")
    assert (rule.phase, rule.beside, rule.timeout, rule.victory_condition) == ("inference", (), None, None)
