"""The files of a graded class: every format says itself which nouns it writes, and where."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.ir.grades import Graded, Grades
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
                files[_path(pattern, noun)] = render(noun, name, view)
    return files


def _path(pattern: str, noun: Noun) -> str:
    return pattern.format(key=noun.key) if isinstance(noun, Graded) else pattern
