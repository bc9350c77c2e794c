"""The Python text of a submission's file, and how a line of it is called: a notebook's cells are a script."""

from __future__ import annotations

import contextlib
from functools import lru_cache
from pathlib import Path

from costmodel.errors import NotebookError
from costmodel.files.notebook import Script, script_of

NOTEBOOK = ".ipynb"
PYTHON = (".py", NOTEBOOK)


def is_notebook(file: str | Path) -> bool:
    """True for a notebook's name."""
    return str(file).endswith(NOTEBOOK)


def text_of(file: str | Path) -> bytes:
    """The Python text of a file, a notebook's code cells as one script.

    Raises:
        OSError, NotebookError: it cannot be read.
    """
    return script(Path(file)).text.encode() if is_notebook(file) else Path(file).read_bytes()


def script(notebook: Path) -> Script:
    """A notebook's cells; read again when the file has changed."""
    status = notebook.stat()
    return _script(notebook, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _script(notebook: Path, _time: int, _size: int) -> Script:
    return script_of(notebook)


def place_in(file: str | Path, line: int, name: str = "") -> tuple[str, int]:
    """File and line, in a notebook the cell and its line: ``lab.ipynb cell 7`` and 3; ``name`` is the file as shown."""
    shown = name or Path(file).name
    if is_notebook(file):
        with contextlib.suppress(OSError, NotebookError):
            number, line = script(Path(file)).place(line)
            return f"{shown} cell {number}", line
    return shown, line


def split_place(place: str) -> tuple[str, int]:
    """File and line of what :func:`line_of` gives."""
    file, _, line = place.rpartition(_LINE if _LINE in place else ":")
    return file, int(line)


_LINE = ", line "


def line_of(file: str | Path, line: int | None, name: str = "") -> str:
    """``net.py:12``, or ``lab.ipynb cell 7, line 3``; ``name`` is the file as it is to be shown."""
    shown, number = place_in(file, line or 0, name)
    return f"{shown}{_LINE if is_notebook(file) else ':'}{number}"
