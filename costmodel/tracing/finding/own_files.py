"""A submission's own files, wherever they are imported from: they are loaded by way of their session."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Protocol


class Files(Protocol):
    """The session, as far as imports go by way of it."""

    def owns(self, file: str) -> bool:
        """True for a file of the submission."""

    def execute(self, module: ModuleType, file: Path, whole: Callable[[], None]) -> None:
        """Run a file in its module."""


class OwnLoader(SourceFileLoader):
    """Loads a file of the submission by way of its session."""

    def __init__(self, files: Files, name: str, path: str) -> None:
        super().__init__(name, path)
        self._files = files

    def exec_module(self, module: ModuleType) -> None:
        """Run the file in its module."""
        self._files.execute(module, Path(self.path), lambda: super(OwnLoader, self).exec_module(module))


class _Finder(MetaPathFinder):
    """Finds what the path finder would, and loads the submission's own files by way of their session."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The place of a module; None leaves it to the others."""
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader or not self._files.owns(str(spec.origin)):
            return None
        spec.loader = OwnLoader(self._files, name, str(spec.origin))
        return spec


@contextmanager
def finding(files: Files) -> Iterator[None]:
    """A stretch in which imports find them."""
    finder = _Finder(files)
    before = next((i for i, other in enumerate(sys.meta_path) if other is PathFinder), len(sys.meta_path))
    sys.meta_path.insert(before, finder)
    try:
        yield
    finally:
        with suppress(ValueError):  # their code may have emptied the list
            sys.meta_path.remove(finder)
