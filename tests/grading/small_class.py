"""A class of three under a rulebook of two metrics: one limit, one table of points, a ranking; nothing is traced."""

from __future__ import annotations

from decimal import Decimal

from costmodel.grading.intake.people import Student
from costmodel.grading.intake.submissions import Submission
from costmodel.grading.known import JudgingOptions, Known, known_of
from costmodel.rules.judging.sheets import Sheet
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import Fact

BOOK = Rulebook.model_validate(
    {
        "name": "lab", "edition": "1", "title": "The lab", "source": "made", "subject": {"input": "3"},
        "metrics": {
            "error_rate_percent": {"unit": "%", "source": "measured"},
            "energy_mj": {"unit": "mJ", "source": "measured", "aliases": ["energy"]},
        },
        "limits": [
            {"rule": "error", "metric": "error_rate_percent", "operator": "<", "value": 50, "on_failure": "zero",
             "source": "made"},
        ],
        "points": [
            {"table": "energy", "metric": "energy_mj", "source": "made",
             "cells": [{"below": 1, "points": 20}, {"below": 2, "points": 10}]},
        ],
        "ranking": {"name": "score", "order": "ascending", "unit": "%", "source": "made",
                    "terms": [{"metric": "error_rate_percent"}]},
    }
)  # fmt: skip


def of(name: str, error: str, energy: str, sid: str) -> Known:
    submission = Submission(name=name, path=None, digest=sid, students=(Student(name=name, sid=sid),))
    facts = {"error_rate_percent": Fact(runs=(Decimal(error),)), "energy_mj": Fact(runs=(Decimal(energy),))}
    return known_of(submission, None, BOOK, Sheet(facts), JudgingOptions())


NAMES = ("Ann", "Ben", "Cleo")
CLASS = (of("Ann", "20", "1.5", "1"), of("Ben", "60", "0.5", "2"), of("Cleo", "30", "3", "3"))


def submissions() -> tuple[Submission, ...]:
    return tuple(Submission(name=k.name, path=None, digest="", students=k.students) for k in CLASS)
