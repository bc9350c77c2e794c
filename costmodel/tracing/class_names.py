"""The class of a module by its qualified name, which is torch's only if the module does what torch's does."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import nn

_TORCH = str(Path(torch.__file__).parent)
_FOREIGN = "own."


def class_name(module: nn.Module) -> str:
    """``torch.nn.modules.conv.Conv2d``; with ``own.`` in front where only the name is torch's."""
    kind = type(module)
    name = f"{kind.__module__}.{kind.__qualname__}"
    return f"{_FOREIGN}{name}" if name.startswith("torch.") and not _is_torchs(module) else name


def _is_torchs(module: nn.Module) -> bool:
    """True if torch has the class under its name, and its forward is torch's code."""
    kind = type(module)
    known = getattr(sys.modules.get(kind.__module__), kind.__qualname__, None)
    code = getattr(getattr(kind, "forward", None), "__code__", None)
    ours = code is not None and str(code.co_filename).startswith(_TORCH)
    return known is kind and ours and "forward" not in vars(module)
