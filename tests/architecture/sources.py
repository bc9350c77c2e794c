"""Our own source files, each read and parsed once."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "costmodel"
FILES = tuple(sorted(PACKAGE.rglob("*.py")))


@cache
def tree_of(file: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


def short(file: Path) -> str:
    """Its path below the repository."""
    return file.relative_to(ROOT).as_posix()
