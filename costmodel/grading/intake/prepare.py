"""Make the folder or file to trace of what was handed in: open archives, read notebooks, leave links out."""

from __future__ import annotations

import ast
import shutil
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from costmodel.errors import ArchiveError, NotebookError
from costmodel.files.notebook import script_of
from costmodel.files.quoting import safe_text
from costmodel.grading.intake.archives import UnpackBudget, is_archive, unpack
from costmodel.grading.intake.platforms import RawSubmission
from costmodel.grading.notice import Notice, NoticeKind

_OTHER_ARCHIVES = (".rar", ".7z")
_MOST_NAMES = 5
_MOST_BYTES = 2**30
_MOST_FILES = 100_000
_MOST_DEPTH = 100
"""Of folders in folders; Python's own ways to walk a tree end at about a thousand."""


class UnusableError(Exception):
    """There is nothing to trace; the notice says why."""

    def __init__(self, kind: NoticeKind, message: str) -> None:
        super().__init__(message)
        self.notice = Notice(kind=kind, message=message)


def prepare(entry: RawSubmission, folder: Path, notices: list[Notice]) -> Path:
    """The folder or file to trace: the one handed in if it is plain, else a copy of it below ``folder``."""
    budget = UnpackBudget()
    if not entry.files:
        raise UnusableError(NoticeKind.EMPTY, "the export names this submission and brings no files of it")
    _check_extent(path for path, _ in entry.files)
    if len(entry.files) == 1:
        (path, name) = entry.files[0]
        if path.is_symlink():
            raise UnusableError(NoticeKind.LINK, "it is a link, not a file")
        if path.is_dir():
            return _folder(path, folder, notices, budget)
        if path.name.lower().endswith((".py", ".ipynb")) and path.name == name:
            _check_readable(path)
            _check_notebooks([path] if path.suffix == ".ipynb" else [], notices)
            return path
    folder.mkdir(parents=True)
    for path, name in entry.files:
        _take_in(path, folder, name, notices, budget)
    return _folder(folder, folder.with_name(f"{folder.name}-plain"), notices, budget)


def _check_extent(paths: Iterable[Path]) -> None:
    """Refuse more than can be copied and hashed, before anything of it is read."""
    left = [(path, 0) for path in paths]
    number = 0
    size = 0
    while left:
        path, depth = left.pop()
        number += 1
        if number > _MOST_FILES:
            raise UnusableError(NoticeKind.UNREADABLE, f"it has more than {_MOST_FILES} files")
        if depth > _MOST_DEPTH:
            raise UnusableError(NoticeKind.UNREADABLE, f"it has folders in folders, more than {_MOST_DEPTH} deep")
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode):
            left += [(inner, depth + 1) for inner in path.iterdir()]
        elif stat.S_ISREG(found.st_mode):
            size += found.st_size
    if size > _MOST_BYTES:
        raise UnusableError(NoticeKind.UNREADABLE, f"its files have {size} bytes, more than {_MOST_BYTES}")


def _check_readable(file: Path) -> None:
    if not file.stat().st_size:
        raise UnusableError(NoticeKind.EMPTY, "the file is empty")
    with file.open("rb"):
        pass


def _take_in(path: Path, folder: Path, name: str, notices: list[Notice], budget: UnpackBudget) -> None:
    """One file that was handed in, unpacked if it is an archive."""
    if path.is_symlink():
        notices.append(Notice(kind=NoticeKind.LINK, message=f"left out: {safe_text(name)} is a link"))
    elif not path.is_file():
        notices.append(Notice(kind=NoticeKind.LINK, message=f"left out: {safe_text(name)} is not a regular file"))
    elif is_archive(path):
        _unpack(path, folder, notices, budget)
    else:
        shutil.copyfile(path, folder / name)


def _unpack(archive: Path, folder: Path, notices: list[Notice], budget: UnpackBudget) -> None:
    try:
        left_out = unpack(archive, folder, budget)
    except ArchiveError as problem:
        raise UnusableError(NoticeKind.ARCHIVE, str(problem)) from None
    if left_out:
        notices.append(Notice(kind=NoticeKind.LINK, message=f"left out, being links or devices: {listed(left_out)}"))


def _folder(source: Path, copy: Path, notices: list[Notice], budget: UnpackBudget | None) -> Path:
    """A folder of plain files with a model's Python file; if it has none, notebooks are, or an archive is opened.

    Without a budget no archive in it is opened.
    """
    # rglob does not go through links to folders
    everything = [p for p in sorted(source.rglob("*")) if ".git" not in p.relative_to(source).parts]
    files = [p for p in everything if p.is_file() and not p.is_symlink()]
    links = [p for p in everything if p.is_symlink() or not (p.is_file() or p.is_dir())]
    if not files:
        raise UnusableError(NoticeKind.EMPTY, "it has no files")
    scripts = [p for p in files if p.suffix == ".py"]
    notebooks = [p for p in files if p.suffix == ".ipynb" and ".ipynb_checkpoints" not in p.parts]
    archives = [p for p in files if is_archive(p)]
    read = notebooks if not any(map(_may_hold_a_model, scripts)) else []
    if (scripts or notebooks) and not links:
        _check_notebooks(read, notices)
        return source
    if links:
        names = listed([safe_text(p.relative_to(source).as_posix()) for p in links])
        notices.append(Notice(kind=NoticeKind.LINK, message=f"left out, being links or devices: {names}"))
    if budget is not None and not scripts and not notebooks and len(archives) == 1:
        copy.mkdir(parents=True)
        _unpack(archives[0], copy, notices, budget)
        return _folder(copy, copy.with_name(f"{copy.name}-inner"), notices, None)
    if not scripts and not notebooks:
        names = ", ".join(safe_text(p.name) for p in files[:_MOST_NAMES])
        packed = any(p.name.lower().endswith(_OTHER_ARCHIVES) for p in files)
        advice = "; a .rar or .7z cannot be opened here: hand in a .zip" if packed else ""
        raise UnusableError(NoticeKind.NO_MODEL, f"there is no Python file in it, only {names}{advice}")
    for file in files:
        target = copy / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    _check_notebooks(read, notices)
    return copy


def _may_hold_a_model(script: Path) -> bool:
    """False for a script beside a notebook that is not the submission: the course's profiler, a helper.

    A class with a base and a ``forward``, or of a ``…Module``; torch is not imported to tell.
    """
    try:
        tree = ast.parse(script.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        return True
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.bases)
    return any(
        any(isinstance(inner, ast.FunctionDef) and inner.name == "forward" for inner in node.body)
        or any(ast.unparse(base).endswith("Module") for base in node.bases)
        for node in classes
    )


def _check_notebooks(notebooks: Iterable[Path], notices: list[Notice]) -> None:
    """Refuse a notebook that cannot be read, and say of the others that their cells are a script."""
    for notebook in notebooks:
        try:
            script = script_of(notebook)
        except NotebookError as problem:
            raise UnusableError(NoticeKind.NOTEBOOK, str(problem)) from None
        name, cells = safe_text(notebook.name), len(script.cells)
        message = f"{name} is read as a script of its {cells} code cell{'s' if cells != 1 else ''}, in order"
        notices.append(Notice(kind=NoticeKind.NOTEBOOK, message=message))


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
