"""The names under which plain Python would import a submission's files, and what is somebody else's name."""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from pathlib import Path

SESSION_MARK = "__costmodel_session__"
"""An attribute of the modules that a session has imported."""


def name_of(file: Path, tree: ast.Module, root: Path | None) -> tuple[str, list[Path]]:
    """A file's module name, and the folders of the packages that it lies in.

    A folder is a package if it has an ``__init__.py``, or if the file imports from it relatively.
    """
    level = max((n.level for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)), default=0)
    folders: list[Path] = []
    for folder in file.parents:
        inside = root is None or folder == root or root in folder.parents
        if not inside or not ((folder / "__init__.py").is_file() or len(folders) < level):
            break
        folders.insert(0, folder)
    names = [re.sub(r"\W", "_", folder.name) or "package" for folder in folders]
    if file.name == "__init__.py" and folders:
        stem: list[str] = []
    else:
        stem = [re.sub(r"\W", "_", file.stem)]
    parts = [*names, *stem]
    if not parts[0].isidentifier() or _is_taken(parts[0]):
        parts[0] = f"module_{parts[0]}_{hashlib.sha256(str(file.parent).encode()).hexdigest()[:8]}"
    return ".".join(parts), folders


def _is_taken(top: str) -> bool:
    """True for a name that is somebody else's already: Python's, or a module's that was imported before."""
    known = sys.modules.get(top)
    return top in sys.stdlib_module_names or (known is not None and SESSION_MARK not in getattr(known, "__dict__", {}))


def first_words(tree: ast.AST) -> set[str]:
    """First words of the absolute imports of a text."""
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module and not n.level]
    return {name.partition(".")[0] for name in names}


def provides(folder: Path, top: str) -> bool:
    """True if a folder has a module of this name."""
    return (folder / f"{top}.py").is_file() or (folder / top).is_dir()


def is_installed(top: str) -> bool:
    """True for a name that Python, or a module imported before, provides."""
    return top in sys.stdlib_module_names or top in sys.modules
