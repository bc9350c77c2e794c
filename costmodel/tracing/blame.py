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

from costmodel.tracing.reading.text import line_of

_NOBODYS = (
    str(Path(torch.__file__).parent),
    str(Path(__file__).parents[1]),
    sysconfig.get_path("scripts"),
    str(Path(sysconfig.get_path("purelib"), "typing_extensions.py")),  # it wraps what is deprecated
    "<",
)
_PACKAGES = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
_OTHERS = (*_NOBODYS, *_PACKAGES)
_ASKING = frozenset(str(Path(__file__).with_name(name)) for name in ("phases.py", "inference.py", "training.py"))
"""Files of ours that call what calls the user's code."""
_STDLIB = sysconfig.get_path("stdlib")


@cache
def _owner(filename: str) -> tuple[str, str]:
    """Whose file it is (``user``, ``package``, or "" for Python, torch and ourselves), and its name."""
    if filename.startswith(_NOBODYS):
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
            return line_of(filename, line)
        if owner == "package":
            package = package or f"{name}:{line}"
    return package


def _with_library(frames: Iterable[tuple[str, int | None]]) -> str | None:
    """The user's line, and the line of an installed package below it if that is where it happens."""
    library = None
    for filename, line in frames:
        owner, name = _owner(filename)
        if owner == "user":
            return f"{line_of(filename, line)} (in {library})" if library else line_of(filename, line)
        if owner == "package":
            library = library or f"{_package_of(filename)}'s {name}:{line}"
    return library


def _package_of(filename: str) -> str:
    """The name of the installed package that a file belongs to."""
    root = next(folder for folder in _PACKAGES if filename.startswith(folder))
    return Path(filename).relative_to(root).parts[0].removesuffix(".py")


def is_users(filename: str) -> bool:
    """Whether a file is the user's own: neither of Python, nor installed, nor ours."""
    return bool(filename) and not filename.startswith((*_OTHERS, _STDLIB))


def user_line(otherwise: str = "torch") -> str:
    """``file.py:12`` of the innermost running frame of the user's, ``otherwise`` if there is none."""
    return _innermost((frame.f_code.co_filename, frame.f_lineno) for frame in _running()) or otherwise


def asking_line() -> str:
    """As :func:`user_line`, with the line of the installed package that the user's line has called: for errors."""
    return _with_library((frame.f_code.co_filename, frame.f_lineno) for frame in _running()) or "torch"


def user_lines() -> tuple[str, ...]:
    """Every running frame of the user's own, outermost first."""
    frames = [line_of(f.f_code.co_filename, f.f_lineno) for f in _running() if is_users(f.f_code.co_filename)]
    return tuple(reversed(frames))


def raised_at(error: BaseException) -> str | None:
    """``file.py:12`` of the user's innermost frame in an error's traceback, None if it passed through none.

    An installed package below it is named too: ``train.py:12 (in timm's vit.py:340)``.
    """
    summaries = traceback.extract_tb(error.__traceback__)
    return _with_library((summary.filename, summary.lineno) for summary in reversed(summaries))


def asked_by(folder: str) -> bool:
    """True if code of ``folder`` is running."""
    return any(frame.f_code.co_filename.startswith(folder) for frame in _running())


def _running() -> Iterator[FrameType]:
    """The frames of what is traced, innermost first: whoever asked for the trace is no part of it."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename not in _ASKING:
        yield frame
        frame = frame.f_back
