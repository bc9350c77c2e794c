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

    def place_above(self, top: str) -> str | None:
        """The folder above the submission's files that has a module of this name; it is one of theirs from now on."""


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
        return _by_session(self._files, name, PathFinder.find_spec(name, path, target))


class _Above(MetaPathFinder):
    """The last to be asked: what nobody has may stand above, where the file's own imports did not send us.

    A package's ``__init__.py``, or a neighbour, may say ``from src.models import …`` although the file itself does not.
    """

    def __init__(self, files: Files) -> None:
        self._files = files

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The place of a module that is in no package; None if there is none."""
        place = self._files.place_above(name) if path is None else None
        if place is None:
            return None
        spec = PathFinder.find_spec(name, [place], target)
        return _by_session(self._files, name, spec) or spec


def _by_session(files: Files, name: str, spec: ModuleSpec | None) -> ModuleSpec | None:
    """The place of one of the submission's files, which its session loads; None for any other."""
    if spec is None or type(spec.loader) is not SourceFileLoader or not files.owns(str(spec.origin)):
        return None
    spec.loader = OwnLoader(files, name, str(spec.origin))
    return spec


@contextmanager
def finding(files: Files) -> Iterator[None]:
    """A stretch in which imports find them."""
    finder, above = _Finder(files), _Above(files)
    before = next((i for i, other in enumerate(sys.meta_path) if other is PathFinder), len(sys.meta_path))
    sys.meta_path.insert(before, finder)
    sys.meta_path.append(above)
    try:
        yield
    finally:
        for one in (finder, above):
            with suppress(ValueError):  # their code may have emptied the list
                sys.meta_path.remove(one)
