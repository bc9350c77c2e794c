"""A digest of everything that a subject's figures depend on, read without importing anything."""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any


def fingerprint(reference: str, settings: Mapping[str, Any]) -> str | None:
    """A digest of everything an analysis of ``reference`` depends on; None if that is not known beforehand.

    Not known is a source that is not found, or one that looks elsewhere: that opens files, reads the environment, or
    draws from Python's ``random``.

    Read are the subject's file (or recipe), every local module that it imports, directly or not, the arguments,
    and the versions of Python, torch and the installed packages that the files import.
    """
    files, packages = _closure(reference, _named_in(settings))
    if not files or any(_reads_more(file) for file in files if file.suffix == ".py"):
        return None
    digest = hashlib.sha256()
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"{file.name}:{len(content)}:".encode() + content)
    versions = {name: _version(name) for name in sorted(packages | {"torch"})}
    versions["costmodel"] = own_digest()
    known = {"settings": settings, "versions": versions, "python": sys.version_info[:2], "name": reference}
    digest.update(json.dumps(known, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def own_digest() -> str:
    """Digest of costmodel's own source: a formula that changed makes every figure anew, whatever the version says."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def source_digest(reference: str) -> str:
    """Digest of the subject's own source and local imports alone, "" if there are none."""
    digest = hashlib.sha256()
    files, _ = _closure(reference)
    for file in sorted(files, key=lambda f: f.name):
        digest.update(file.read_bytes())
    return digest.hexdigest() if files else ""


_FILES = frozenset({"open", "read_text", "read_bytes", "load", "loadtxt", "genfromtxt", "fromfile", "read_csv"})
_SURROUNDINGS = frozenset({"environ", "getenv", "argv"})
_MODULES = frozenset({"random", "time", "datetime"})
"""Names whose use makes what a file does depend on more than its source."""


def _reads_more(file: Path) -> bool:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return False
    return any(_looks_elsewhere(node) for node in ast.walk(tree))


def _looks_elsewhere(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.split(".")[0] in _MODULES for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        named = {alias.name for alias in node.names}
        return (node.module or "") in _MODULES or bool(named & (_FILES | _SURROUNDINGS))
    if isinstance(node, ast.Attribute):
        return node.attr in _FILES | _SURROUNDINGS
    return isinstance(node, ast.Name) and node.id == "open"


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


_MOST_ANCESTORS = 6
"""Folders above a file in which a module that it imports is looked for."""


def _named_in(settings: Any) -> list[Path]:
    """The files that words of the settings name: a teacher's, a step's, of the recipe or of a phase."""
    found: list[Path] = []
    if isinstance(settings, Mapping):
        for key, value in settings.items():
            if key in _NAMING and isinstance(value, str):
                file = _file_of(value)
                found += [file] if file else []
            else:
                found += _named_in(value)
    elif isinstance(settings, (list, tuple)):
        found = [file for value in settings for file in _named_in(value)]
    return found


def _closure(reference: str, also: Iterable[Path] = ()) -> tuple[set[Path], set[str]]:
    """The files behind a reference and some more, and the top-level names that they import from elsewhere."""
    start = _file_of(reference)
    if start is None:
        return set(), set()
    files: set[Path] = set()
    packages: set[str] = set()
    todo = [start, *also]
    while todo:
        file = todo.pop().resolve()
        if file in files:
            continue
        files.add(file)
        if file.suffix != ".py":
            todo += _recipe_models(file)
            continue
        for name in _imports(file):
            above = list(file.parents)[1:_MOST_ANCESTORS]  # models/net.py may import from models.blocks
            local = _local_modules(name, [file.parent, start.resolve().parent, Path.cwd(), *above])
            todo += local
            if not local:
                packages.add(name.lstrip(".").split(".")[0])
    return files, packages - set(sys.stdlib_module_names)


def _file_of(reference: str) -> Path | None:
    place, colon, _ = reference.rpartition(":")
    for candidate in (reference, place if colon else ""):
        if candidate.endswith((".py", ".yaml", ".yml")) and Path(candidate).is_file():
            return Path(candidate)
    found = _local_modules(place, [Path.cwd()]) if colon else []
    return found[0] if found else None


def _recipe_models(recipe: Path) -> list[Path]:
    """The files that a recipe names, for itself or for a phase: a line ``model: FILE.py:NAME``."""
    files = []
    for line in recipe.read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip(" -") in _NAMING:
            reference = value.strip().strip("'\"")
            found = _file_of(str(recipe.parent / reference)) or _file_of(reference)
            files += [found] if found else []
    return files


_NAMING = ("model", "teacher", "step")
"""Keys of a recipe whose value may be ``FILE.py:NAME``."""


def _imports(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            prefix = "." * node.level + (node.module or "")
            yield prefix
            dot = "." if node.module else ""
            yield from (f"{prefix}{dot}{alias.name}" for alias in node.names if alias.name != "*")


def _local_modules(name: str, folders: list[Path]) -> list[Path]:
    """Files of a dotted module name under the first folder that has it, packages' ``__init__`` included."""
    stripped = name.lstrip(".")
    level = len(name) - len(stripped)
    parts = stripped.split(".") if stripped else []
    if level:
        folders = [folders[0].joinpath(*[".."] * (level - 1))]
    for folder in folders:
        place = folder.joinpath(*parts)
        if place.with_suffix(".py").is_file() and parts:
            found = [place.with_suffix(".py")]
        elif (place / "__init__.py").is_file():
            found = [place / "__init__.py"]
        else:
            continue
        parents = [folder.joinpath(*parts[:i]) / "__init__.py" for i in range(1, len(parts))]
        return found + [p for p in parents if p.is_file()]
    return []
