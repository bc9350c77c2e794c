"""Notice that a file was saved: the sources in a folder, by their times and sizes."""

from __future__ import annotations

import os
from pathlib import Path

_SOURCES = (".py", ".ipynb", ".yaml", ".yml")
_LEFT_OUT = ("__pycache__", "node_modules", "site-packages")
_MOST_FILES = 5000
"""Looked at; a folder with more is hardly a submission's, and looking at it takes longer than a glance."""

State = dict[str, tuple[int, int]]


def sources_in(folder: Path) -> State:
    """Time and size of every source below a folder, hidden ones and virtual environments left out."""
    found: State = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in _LEFT_OUT and not _is_venv(place, f)]
        for name in files:
            if name.endswith(_SOURCES) and len(found) < _MOST_FILES:
                path = os.path.join(place, name)  # noqa: PTH118  # os.walk speaks in strings
                try:
                    status = os.stat(path)  # noqa: PTH116
                except OSError:  # it went away between the two
                    continue
                found[path] = (status.st_mtime_ns, status.st_size)
    return found


def _is_venv(place: str, folder: str) -> bool:
    return os.path.exists(os.path.join(place, folder, "pyvenv.cfg"))  # noqa: PTH110, PTH118
