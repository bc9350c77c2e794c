"""Whose line of code it was: the innermost frame that is the user's own."""

from __future__ import annotations

import sys
import sysconfig
import traceback
from pathlib import Path
from types import FrameType

import torch

_OTHERS = (
    str(Path(torch.__file__).parent),
    str(Path(__file__).parents[1]),
    sysconfig.get_path("stdlib"),
    sysconfig.get_path("scripts"),
    "<",
)


def _is_user(filename: str) -> bool:
    return not filename.startswith(_OTHERS)


def user_line() -> str:
    """``file.py:12`` of the innermost running frame of the user's, "torch" if there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if _is_user(frame.f_code.co_filename):
            return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
        frame = frame.f_back
    return "torch"


def raised_at(error: BaseException) -> str | None:
    """``file.py:12`` of the user's innermost frame in an error's traceback, None if it passed through none."""
    found = None
    for summary in traceback.extract_tb(error.__traceback__):
        if _is_user(summary.filename):
            found = f"{Path(summary.filename).name}:{summary.lineno}"
    return found
