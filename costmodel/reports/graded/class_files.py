"""The files of a graded class: every format says itself which nouns it writes, and where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from costmodel.ir.grades import Graded, Grades
from costmodel.reports.graded.people import people_of
from costmodel.reports.report_format import format_names, load_format, refuse_unwritten, render
from costmodel.reports.view import Noun, View


def class_files(grades: Grades, on_request: Sequence[str] = ()) -> dict[str, str]:
    """Text by path below the folder of results.

    Args:
        grades: the class.
        on_request: formats to write beside those that are always written.

    Raises:
        UnknownNameError: one of them is not a format that is written on request.
    """
    refuse_unwritten(on_request)
    always = [name for name in format_names() if not load_format(name).ON_REQUEST]
    nouns: list[Noun] = [grades, *([] if grades.ranking is None else [grades.ranking]), *grades.submissions]
    files: dict[str, str] = {}
    for name in (*always, *on_request):
        # a platform's file is for a machine: it holds what decides, and no other reading
        view = View(sensitivity=name in always)
        for noun in nouns:
            pattern = load_format(name).FILES.get(type(noun).__name__)
            if pattern is not None:
                text = render(noun, name, view)
                files |= dict.fromkeys(_paths(pattern, noun), text)
    return files


def _paths(pattern: str, noun: Noun) -> list[str]:
    """Where a file goes; of a group whose pattern names a student, once for each member."""
    if not isinstance(noun, Graded):
        return [pattern]
    judged = noun.verdict.judged
    file = PurePosixPath(judged.file) if judged is not None else PurePosixPath()
    notebook = _name(file.stem) if file.suffix == ".ipynb" else ""
    words = {
        "key": noun.key,
        "assignment": _name(noun.verdict.rulebook) or "assignment",
        "notebook": notebook or "feedback",
    }
    return [pattern.format(**words, student=_name(who.sid) or noun.key) for who in people_of(noun)]


def _name(text: str) -> str:
    """A text as one component of a path; "" if it is none that every file system takes."""
    return text if re.fullmatch(r"[A-Za-z0-9_@+-][A-Za-z0-9._@+-]{0,99}", text) and not text.endswith(".") else ""
