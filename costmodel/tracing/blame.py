"""Whose line of code it was: the innermost frame that is the user's own."""

from __future__ import annotations

import sys
import sysconfig
import traceback
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import FrameType

import torch

_OTHERS = (
    str(Path(torch.__file__).parent),
    str(Path(__file__).parents[1]),
    sysconfig.get_path("scripts"),
    sysconfig.get_path("purelib"),
    sysconfig.get_path("platlib"),
    "<",
)
_PACKAGES = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
_STDLIB = sysconfig.get_path("stdlib")


@cache
def _owner(filename: str) -> tuple[str, str]:
    """Whose file it is (``user``, ``package``, or "" for Python, torch and ourselves), and its name."""
    if filename.startswith(_OTHERS):
        return "", ""
    name = Path(filename).name
    if filename.startswith(_PACKAGES):
        return "package", name
    return ("", "") if filename.startswith(_STDLIB) else ("user", name)


def _innermost(frames: Iterable[tuple[str, int | None]]) -> str | None:
    """The first of (file, line), innermost first, that is the user's own; else the first of an installed package."""
    package = None
    for filename, line in frames:
        owner, name = _owner(filename)
        if owner == "user":
            return f"{name}:{line}"
        if owner == "package":
            package = package or f"{name}:{line}"
    return package


def is_users(filename: str) -> bool:
    """Whether a file is the user's own: neither of Python, nor installed, nor ours."""
    return bool(filename) and not filename.startswith((*_OTHERS, _STDLIB))


def user_line(otherwise: str = "torch") -> str:
    """``file.py:12`` of the innermost running frame of the user's, ``otherwise`` if there is none."""
    return _innermost((frame.f_code.co_filename, frame.f_lineno) for frame in _running()) or otherwise


def user_lines() -> tuple[str, ...]:
    """Every running frame of the user's own, outermost first."""
    frames = [f"{Path(f.f_code.co_filename).name}:{f.f_lineno}" for f in _running() if is_users(f.f_code.co_filename)]
    return tuple(reversed(frames))


def raised_at(error: BaseException) -> str | None:
    """``file.py:12`` of the user's innermost frame in an error's traceback, None if it passed through none."""
    summaries = traceback.extract_tb(error.__traceback__)
    return _innermost((summary.filename, summary.lineno) for summary in reversed(summaries))


def asked_by(folder: str) -> bool:
    """True if code of ``folder`` is running."""
    return any(frame.f_code.co_filename.startswith(folder) for frame in _running())


def _running() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back
