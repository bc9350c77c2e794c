"""A submission as ``check`` takes it: a model or a folder of files, with facts of the command line and of files."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from costmodel.errors import CostModelError, SubjectError
from costmodel.ir.verdict import AS_WRITTEN, Verdict
from costmodel.judging import check_subject
from costmodel.metering.reader import read_facts
from costmodel.rules.facts import parse_facts
from costmodel.rules.figures import Computed
from costmodel.rules.judge import judge
from costmodel.rules.rulebook import Rulebook, load_rulebook
from costmodel.rules.sheets import Sheet, merged, one_sheet, sheets_of
from costmodel.rules.value import FactSheet

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What is given of one submission.

    Attributes:
        reference: a model (``FILE.py:NAME`` …), or a folder.
        settings: recipe settings.
        facts: NAME=VALUE words.
        fact_files: tables, logs, leaderboards.
        solution: labels that a file of predictions is scored against.
        name: whose facts in those files; None is the reference's own name.
        model: which file and object of a folder is the model.
    """

    reference: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    fact_files: tuple[Path, ...] = ()
    solution: Path | None = None
    name: str | None = None
    model: str | None = None

    @property
    def folder(self) -> Path | None:
        """The folder, None if a model is named."""
        path = Path(self.reference)
        return path if path.is_dir() else None


def check_submission(
    submission: Submission,
    rules: str,
    *,
    track: str | None = None,
    reading: str = AS_WRITTEN,
    use_cache: bool = False,
    progress: Progress | None = None,
) -> Verdict:
    """Judge a submission by a rulebook.

    Raises:
        SubjectError, RecipeError, TraceError: a named model that cannot be analysed, where a rule needs it. A folder's
            findings are kept all the same, and what hangs on the model is undecided.
        UsageError, FormatError, RulebookError: facts, files or rulebook are not what they should be.
    """
    book = load_rulebook(rules)
    sheet = _sheet(submission, book)
    facts = merged(sheet, parse_facts(submission.facts, book))
    track = track if track is not None or not book.tracks else sheet.task
    name = submission.name or _name(submission)
    if not book.needs_analysis:
        computed = Computed(because="no rule asks for the model")
        return judge(computed, book, facts, subject=name, track=track, reading=reading)
    folder = submission.folder
    if folder is None:
        return _checked(submission, submission.reference, book, facts, track, reading, use_cache, progress)
    try:
        reference = submission.model or model_file(folder)
        inside = str(folder / reference)
        return _checked(submission, inside, book, facts, track, reading, use_cache, progress)
    except CostModelError as error:
        computed = Computed(because=f"the model cannot be analysed: {error}")
        return judge(computed, book, facts, subject=name, track=track, reading=reading)


def model_file(folder: Path) -> str:
    """The file of a folder that holds the model: its recipe, else the one file that defines an ``nn.Module``.

    Files are read, not run.

    Raises:
        SubjectError: none, or several.
    """
    for recipe in ("recipe.yaml", "recipe.yml"):
        if (folder / recipe).is_file():
            return recipe
    files = sorted(file for file in folder.glob("*.py") if not file.is_symlink())
    found = [file.name for file in files if _defines_a_module(file)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(found or [file.name for file in files]) or "no Python file"
    many = "several files define a model" if found else "no file defines an nn.Module"
    raise SubjectError(f"{folder}: {many} ({known}): say which with --model FILE.py:NAME")


def _defines_a_module(file: Path) -> bool:
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return False
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return any(ast.unparse(base).rpartition(".")[2] in ("Module", "Sequential") for c in classes for base in c.bases)


def _checked(
    submission: Submission,
    model: str,
    book: Rulebook,
    facts: FactSheet,
    track: str | None,
    reading: str,
    use_cache: bool,
    progress: Progress | None,
) -> Verdict:
    verdict = check_subject(
        model, book, submission.settings, facts, track=track, reading=reading, use_cache=use_cache, progress=progress
    )
    return verdict if submission.name is None else replace(verdict, subject=submission.name)


def _name(submission: Submission) -> str:
    return submission.reference.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _sheet(submission: Submission, book: Rulebook) -> Sheet:
    """Facts of all files about this submission; what names nobody is about it."""
    name = submission.name or Path(_name(submission).partition(":")[0]).stem
    whole = Sheet()
    for file in submission.fact_files:
        sheet = one_sheet(sheets_of(read_facts(file, submission.solution), book), name, str(file))
        whole = whole.joined(sheet)
    return whole
