"""The grader's own table of models: which object is the model of which student, where it is not to be looked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from costmodel.errors import UsageError
from costmodel.grading.intake.roster import clues_of, read_people
from costmodel.grading.intake.submissions import Submission
from costmodel.grading.whose_facts import nobody, only_owner

_COLUMN = "model"


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A line of the table.

    Attributes:
        whose: number, e-mail, GitHub name and name as far as they are given, the most reliable first.
        reference: ``FILE.py:NAME``, ``FILE.py`` or ``NAME``.
        place: of the line, in messages.
    """

    whose: tuple[str, ...]
    reference: str
    place: str


def read_models(file: Path) -> tuple[NamedModel, ...]:
    """Read a CSV with a column ``model`` and any of those of a roster; a line without a model says nothing.

    Raises:
        UsageError: not readable, or a column is missing; says where.
    """
    found = []
    for number, person, words in read_people(file):
        if _COLUMN not in words:
            raise UsageError(f"{file}:1: no column {_COLUMN}: it holds FILE.py:NAME, FILE.py or NAME")
        if words[_COLUMN]:
            found.append(NamedModel(clues_of(person), words[_COLUMN], f"{file}:{number}"))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ClassModels:
    """References by a submission's key, and one note for each line that fits nobody."""

    references: Mapping[str, str]
    notes: tuple[str, ...]


def assign_models(models: Sequence[NamedModel], submissions: Sequence[Submission]) -> ClassModels:
    """The model of each submission that the table names.

    Raises:
        UsageError: a line fits several people, or two lines name different models of one.
    """
    references: dict[str, str] = {}
    notes = []
    for model in models:
        submission = only_owner(model.whose, model.place, submissions)
        if submission is None:
            notes.append(f"a model is named for {nobody(model.whose[-1], submissions)}")
            continue
        known = references.setdefault(submission.key, model.reference)
        if known != model.reference:
            raise UsageError(f"{model.place}: the model of {submission.name!r} is {known} in an earlier line")
    return ClassModels(references, tuple(notes))
