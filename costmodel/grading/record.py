"""The record of a graded class: all that its results follow from, so that they can be recomputed and defended.

A folder with the rulebook as it was used, what is known of each submission (its trace, its facts, what its files say),
and what a person has decided. The submissions themselves are not in it, and nothing of them is run again.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from costmodel.errors import FormatError, UsageError
from costmodel.files.writing import write_text
from costmodel.grading.judged_class import KnownClass
from costmodel.grading.known import SCHEMA, Known
from costmodel.grading.overrides import Override
from costmodel.ir.codec import dumps, loads
from costmodel.rules.schema.rulebook import Rulebook

FOLDER = "record"
_CLASS = "costmodel.class-record/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRecord:
    """The class as a whole.

    Attributes:
        rulebook: as it was used, in JSON.
        submissions: keys, in the order of the results.
        overrides: by key.
        notes: about the class.
        reading, ranked, platforms: the grader's choices.
        provenance: versions and the digests of what the grader brought.
    """

    rulebook: str
    submissions: tuple[str, ...]
    overrides: Mapping[str, tuple[Override, ...]]
    notes: tuple[str, ...]
    reading: str
    ranked: bool
    platforms: tuple[str, ...]
    provenance: Mapping[str, str]

    def book(self) -> Rulebook:
        """The rulebook.

        Raises:
            FormatError: it is none, or one of another version.
        """
        try:
            return Rulebook.model_validate_json(self.rulebook)
        except ValidationError as problem:
            raise FormatError(
                f"the rulebook of the record is not one of this version: {problem.errors()[0]['msg']}"
            ) from None


def save(folder: Path, record: ClassRecord, known: KnownClass) -> None:
    """Write a record; what an earlier one had of others is removed."""
    shutil.rmtree(folder / "submissions", ignore_errors=True)
    for one in known.submissions:
        write_text(folder / "submissions" / f"{one.key}.json", dumps(one, SCHEMA))
    write_text(folder / "class.json", dumps(record, _CLASS, indent=2))


def load(folder: Path) -> tuple[ClassRecord, KnownClass]:
    """Read a record.

    Raises:
        UsageError: there is none.
        FormatError: it is damaged, or of another version.
    """
    if not (folder / "class.json").is_file():
        raise UsageError(f"{folder}: there is no record of a graded class; grade writes one into its --out")
    record = loads(ClassRecord, (folder / "class.json").read_text(encoding="utf-8"), _CLASS)
    known = tuple(_one(folder / "submissions" / f"{key}.json") for key in record.submissions)
    return record, KnownClass(submissions=known, overrides=record.overrides, notes=record.notes)


def _one(file: Path) -> Known:
    try:
        return loads(Known, file.read_text(encoding="utf-8"), SCHEMA)
    except OSError as problem:
        raise FormatError(f"{file}: {problem.strerror or problem}") from None
    except (FormatError, UnicodeDecodeError) as problem:
        raise FormatError(f"{file}: {problem}") from None
