"""A folder of results by content: safe with many writers, never trusted when damaged."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from costmodel.files.writing import write_text


def cache_folder() -> Path:
    """``COSTMODEL_CACHE``, else ``costmodel`` in the user's cache folder of this platform."""
    chosen = os.environ.get("COSTMODEL_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "costmodel"
    base = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "costmodel"


def load(kind: str, key: str) -> str | None:
    """The text stored under a key, None if there is none or it cannot be read."""
    try:
        return _place(kind, key).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def store(kind: str, key: str, text: str) -> None:
    """Put text under a key, whole or not at all; a folder that cannot be written is not an error."""
    with contextlib.suppress(OSError):
        write_text(_place(kind, key), text)


def clear() -> int:
    """Delete every stored result; returns how many there were."""
    files = [p for p in cache_folder().glob("*/*") if p.suffix in (".json", ".part")]
    for file in files:
        file.unlink(missing_ok=True)
    return sum(p.suffix == ".json" for p in files)


def _place(kind: str, key: str) -> Path:
    return cache_folder() / kind / f"{key}.json"
