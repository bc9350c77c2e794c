"""The folder of a class's results: reports, what has changed since the last run, and the log of decisions."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from costmodel.errors import FormatError, UsageError
from costmodel.files.writing import write_text
from costmodel.grading.changes import changes_between
from costmodel.ir.codec import dumps, loads, to_data
from costmodel.ir.grades import SCHEMA, Grades
from costmodel.reports.graded.class_files import class_files
from costmodel.reports.report_format import render

KEPT = ".kept"
_WRITTEN = f"{KEPT}/written.txt"
_GRADES = "grades.json"
_CHANGES = "changes.md"
_DECISIONS = "decisions.log"


def write_grades(grades: Grades, out: Path, platforms: Sequence[str] = ()) -> list[Path]:
    """Ranking, rubric in several forms, feedback for each student, what has changed, and the platforms' files.

    Raises:
        UnknownNameError: no such platform.
        UsageError: the folder cannot be written.
    """
    files = class_files(grades, platforms)
    before = _last(out)
    changes = {} if before is None else {_CHANGES: render(changes_between(before, grades), "md")}
    _forget(out, [*files, *changes])
    for path, text in {**files, **changes}.items():
        _write(out / path, text)
    _log(grades, out / _DECISIONS)
    return [out / path for path in (*files, *changes)]


def _last(out: Path) -> Grades | None:
    """The grades that an earlier run has written here; None if there are none, or those of another version."""
    try:
        return loads(Grades, (out / _GRADES).read_text(encoding="utf-8"), SCHEMA)
    except (OSError, UnicodeDecodeError, FormatError):
        return None


def _log(grades: Grades, file: Path) -> None:
    """Add what has been decided, or is no longer, since the log's last line; no line of it is ever changed."""
    now = {dumps({"who": g.name, **to_data(c)}): None for g in grades.submissions for c in g.verdict.corrections}
    standing: dict[str, None] = {}
    with contextlib.suppress(OSError):
        for line in file.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            decision = dumps({k: v for k, v in entry.items() if k != "event"})
            if entry["event"] == "decided":
                standing[decision] = None
            else:
                standing.pop(decision, None)
    lines = [*_events("decided", now, standing), *_events("withdrawn", standing, now)]
    if lines:
        try:
            with file.open("a", encoding="utf-8") as log:
                log.writelines(lines)
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror or error}") from None


def _events(event: str, these: Iterable[str], but: Iterable[str]) -> Iterator[str]:
    known = set(but)
    for decision in these:
        if decision not in known:
            yield dumps({"event": event, **json.loads(decision)}) + "\n"


def _forget(out: Path, files: Iterable[str]) -> None:
    """Remove what an earlier run wrote here and this one does not, so that no file is left from another run."""
    written = out / _WRITTEN
    earlier = written.read_text(encoding="utf-8").splitlines() if written.is_file() else []
    for name in set(earlier) - set(files):
        path = out / name
        if path.resolve().is_relative_to(out.resolve()):
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # another file of the folder is somebody else's
                path.parent.rmdir()
    _write(written, "".join(f"{name}\n" for name in files))


def _write(path: Path, text: str) -> None:
    try:
        write_text(path, text)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
