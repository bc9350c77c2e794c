"""Python files as syntax trees, and the meaning of a name in one of them; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from costmodel.errors import NotebookError
from costmodel.tracing.reading.text import line_of, text_of

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"

_DEEPEST = 12
"""Imports of imports that are followed."""


@dataclass(frozen=True, slots=True)
class Imported:
    """``from ..a import b``: module ``a``, level 2, name ``b``; ``import a`` has no name."""

    module: str
    level: int
    name: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One file.

    Attributes:
        path, place: where it lies, and its path within the submission.
        tree: its statements; none if it cannot be read.
        broken: True if it cannot be read.
        definitions: classes and functions of its top level.
        values: what is assigned to names of its top level.
        imports, stars: its imports by the name that they bind, wherever they stand; ``import *``.
    """

    path: Path
    place: str
    tree: ast.Module
    broken: bool
    definitions: Mapping[str, ast.ClassDef | Function]
    values: Mapping[str, tuple[ast.expr, ...]]
    imports: Mapping[str, Imported]
    stars: tuple[Imported, ...]

    def at(self, line: int) -> str:
        """``net.py:12``, or the cell of a notebook."""
        return line_of(self.path, line, self.place)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A class or a function of a file's top level."""

    source: Source
    name: str
    node: ast.ClassDef | Function

    @property
    def where(self) -> str:
        """``net.py:12``."""
        return self.source.at(self.node.lineno)


@dataclass(frozen=True, slots=True)
class Value:
    """A variable of a file's top level."""

    source: Source
    name: str


Meaning: TypeAlias = "Symbol | Value | Source | Path | str | None"
"""Of a name: a folder is a namespace package, a text the dotted name of something installed; None is unknown."""


class Project:
    """The files of a submission, those that they import included."""

    def __init__(self, root: Path, files: Iterable[Path]) -> None:
        self.root = root
        self._known: dict[Path, Source] = {}
        self._modules: dict[tuple[Path, str, int], Source | Path | None] = {}
        self.sources = [self.source(file) for file in files]

    @property
    def read(self) -> list[Source]:
        """Every file that was looked at so far."""
        return list(self._known.values())

    def source(self, path: Path) -> Source:
        """A file, read once."""
        if path not in self._known:
            self._known[path] = _read(path, self.root)
        return self._known[path]

    def resolve(self, source: Source, node: ast.AST, depth: int = 0) -> Meaning:
        """What a name, or a chain of attributes, means in a file."""
        if isinstance(node, ast.Name):
            return self._lookup(source, node.id, depth)
        if isinstance(node, ast.Attribute):
            return self._attribute(self.resolve(source, node.value, depth), node.attr, depth)
        return None

    def _lookup(self, source: Source, name: str, depth: int) -> Meaning:
        if depth > _DEEPEST:
            return None
        if name in source.definitions:
            return Symbol(source, name, source.definitions[name])
        if name in source.values:
            alias = source.values[name][-1]
            known = self.resolve(source, alias, depth + 1) if isinstance(alias, (ast.Name, ast.Attribute)) else None
            return known if known is not None else Value(source, name)
        if name in source.imports:
            return self._imported(source, source.imports[name], depth + 1)
        for star in source.stars:
            module = self._module(source, star.module, star.level)
            found = self._lookup(module, name, depth + 1) if isinstance(module, Source) else None
            if found is not None:
                return found
        return None

    def _imported(self, source: Source, imported: Imported, depth: int) -> Meaning:
        module = self._module(source, imported.module, imported.level)
        if module is None:
            if imported.level:
                return None
            return imported.module if imported.name is None else f"{imported.module}.{imported.name}"
        return module if imported.name is None else self._attribute(module, imported.name, depth)

    def _attribute(self, meaning: Meaning, name: str, depth: int) -> Meaning:
        if isinstance(meaning, str):
            return f"{meaning}.{name}"
        if isinstance(meaning, Source):
            found = self._lookup(meaning, name, depth + 1)
            if found is None and meaning.path.name == "__init__.py":
                return self._below(meaning.path.parent, [name])
            return found
        return self._below(meaning, [name]) if isinstance(meaning, Path) else None

    def _module(self, source: Source, dotted: str, level: int) -> Source | Path | None:
        """The file, or the namespace folder, of a module that the submission has itself."""
        key = (source.path.parent, dotted, level)
        if key not in self._modules:
            self._modules[key] = self._found(source, dotted, level)
        return self._modules[key]

    def _found(self, source: Source, dotted: str, level: int) -> Source | Path | None:
        parts = dotted.split(".") if dotted else []
        folder = source.path.parent
        if level:
            for _ in range(level - 1):
                folder = folder.parent
            return self._below(folder, parts)
        for place in self._search(folder):
            found = self._below(place, parts)
            if found is not None:
                return found
        return None

    def _search(self, folder: Path) -> Iterator[Path]:
        yield folder
        if folder != self.root and self.root in folder.parents:
            yield from (p for p in folder.parents if p == self.root or self.root in p.parents)
        yield self.root / "src"

    def _below(self, folder: Path, parts: list[str]) -> Source | Path | None:
        place = folder.joinpath(*parts)
        for file in (place / "__init__.py", place.with_name(f"{place.name}.py") if parts else place / "__init__.py"):
            if file.is_file():
                return self.source(file)
        return place if place.is_dir() else None


def _read(path: Path, root: Path) -> Source:
    try:
        tree, broken = ast.parse(text_of(path), filename=str(path)), False
    except (OSError, NotebookError, SyntaxError, ValueError, RecursionError, MemoryError):
        tree, broken = ast.Module(body=[], type_ignores=[]), True
    definitions: dict[str, ast.ClassDef | Function] = {}
    values: dict[str, tuple[ast.expr, ...]] = {}
    for node in _top_level(tree.body):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            definitions[node.name] = node
        for name, value in bindings(node):
            values[name] = (*values.get(name, ()), value)
    imports, stars = _imports(tree)
    place = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    return Source(path, place, tree, broken, definitions, values, imports, stars)


def is_main_guard(node: ast.stmt) -> bool:
    """``if __name__ == "__main__":``, either way round."""
    if not (isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and len(node.test.ops) == 1):
        return False
    sides = (node.test.left, node.test.comparators[0])
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    return named and isinstance(node.test.ops[0], ast.Eq)


def _top_level(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that an import runs, those inside ``if``, ``try`` and ``with`` too."""
    for node in body:
        yield node
        if not is_main_guard(node):
            for name in ("body", "orelse", "finalbody"):
                if isinstance(node, (ast.If, ast.Try, ast.With)):
                    yield from _top_level(getattr(node, name, []))
            for handler in getattr(node, "handlers", []):
                yield from _top_level(handler.body)


def bindings(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Names (``self.net`` too) and the values that a statement assigns to them; of a tuple each item."""
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        yield from _pairs(node.target, node.value)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _pairs(target, node.value)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, (ast.Tuple, ast.List)):
        matched = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts)
        values = value.elts if matched and isinstance(value, (ast.Tuple, ast.List)) else [value] * len(target.elts)
        for one, item in zip(target.elts, values, strict=True):
            yield from _pairs(one, item)
        return
    name = dotted(target)
    if name:
        yield name, value


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of a chain of attributes, "" of anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _imports(tree: ast.Module) -> tuple[dict[str, Imported], tuple[Imported, ...]]:
    imports: dict[str, Imported] = {}
    stars: list[Imported] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                module = alias.name if alias.asname else alias.name.partition(".")[0]
                imports.setdefault(alias.asname or module, Imported(module, 0, None))
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                imported = Imported(node.module or "", node.level, alias.name)
                if alias.name == "*":
                    stars.append(imported)
                else:
                    imports.setdefault(alias.asname or alias.name, imported)
    return imports, tuple(stars)
