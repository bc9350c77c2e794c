"""Import a submission's files as plain Python run from its root would, inside the fake mode, each file once.

A model built at import allocates nothing; packages that the files import are imported before, outside the mode, so
that their own tensors stay real for the rest of the process. A file's module has the name by which its neighbours
import it, so that its classes exist once. What an earlier session has imported is forgotten: its tensors belong to
another fake mode, and two submissions may both have a ``net.py``.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import linecache
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from costmodel.errors import MissingError, NotebookError, SubjectError
from costmodel.files.quoting import safe_text
from costmodel.tracing.blame import raised_at
from costmodel.tracing.finding.command_line import given_words, own_command_line
from costmodel.tracing.finding.module_names import SESSION_MARK, first_words, is_installed, name_of, provides
from costmodel.tracing.finding.own_files import OwnLoader, finding
from costmodel.tracing.finding.salvage import Salvage
from costmodel.tracing.hints import advice, explained
from costmodel.tracing.modes.devices import mentions_a_gpu
from costmodel.tracing.modes.real import Mode
from costmodel.tracing.reading.classes import Classes
from costmodel.tracing.reading.needed import has_models, needed_statements, works_at_import
from costmodel.tracing.reading.presented import Reader
from costmodel.tracing.reading.source import Project, is_main_guard
from costmodel.tracing.reading.text import is_notebook, script, text_of

_LONGEST = 200
_MOST_ANCESTORS = 4
_OURSELVES = Path(__file__).parents[2]
_INSTALLED = {"site-packages", "dist-packages"}


@dataclass
class Session:
    """The imports of one subject.

    Attributes:
        mode: the fake mode in which its files run.
        root: the submission's folder, above which nothing is looked at; None for a file by itself.
        reader: of the submission's files; None reads each file by itself.
    """

    mode: Mode
    root: Path | None = None
    reader: Reader | None = None
    _modules: dict[Path, ModuleType] = field(default_factory=dict)
    _places: list[str] = field(default_factory=list)
    words: tuple[str, ...] = field(default_factory=given_words)
    _heard: list[MissingError] = field(default_factory=list)
    _is_real: bool = False

    def __post_init__(self) -> None:
        self.mode.around_steps = self.findable
        importlib.invalidate_caches()
        for name, module in list(sys.modules.items()):
            if SESSION_MARK in getattr(module, "__dict__", {}):
                del sys.modules[name]
        if self.root is not None:
            self.root = self.root.resolve()

    def load(self, path: Path) -> ModuleType:
        """The module of a file.

        Raises:
            SubjectError: no such file, a syntax error, or an error while importing, with file and line.
        """
        if not path.is_file():
            raise SubjectError(f"{path}: no such file; give FILE.py:NAME or package.module:NAME")
        file = path.resolve()
        known = self._modules.get(file) or self._imported(file)
        if known is None:
            shown = self.shown(path)
            tree = _parsed(path, shown)
            with explained(SubjectError, f"{shown}: importing it failed"):
                known = self._run(path, file, tree)
        self._modules[file] = known
        return known

    def shown(self, path: Path) -> str:
        """A file in messages: within the submission, or as it was given."""
        file = path.resolve()
        inside = self.root is not None and file.is_relative_to(self.root)
        return file.relative_to(self.root).as_posix() if inside and self.root is not None else str(path)

    @contextlib.contextmanager
    def importable(self) -> Iterator[None]:
        """While the submission's code runs: its folders can be imported from, and the command line is its own."""
        words = sys.argv
        sys.argv = [str(next(iter(self._modules), "")), *self.words]
        try:
            with self.findable(), self.mode.building(), own_command_line(self.mode.note, self._heard):
                yield
        finally:
            sys.argv = words

    @contextlib.contextmanager
    def findable(self) -> Iterator[None]:
        """A stretch in which its folders can be imported from: a forward pass may import, too."""
        before, places = set(sys.modules), [*self._places]
        sys.path[:0] = places
        try:
            with finding(self):
                yield
        finally:
            for place in places:
                with contextlib.suppress(ValueError):
                    sys.path.remove(place)
            self._mark(before)

    def _show_cells(self, file: Path) -> None:
        """Cells that are not Python are said; Python's own tools see the lines of the cells, not those of the JSON."""
        for number, problem in script(file).broken:
            self.mode.note(f"left out: {problem}", f"{file.name} cell {number}")
        text = script(file).text
        linecache.cache[str(file)] = (len(text), None, text.splitlines(keepends=True), str(file))

    def owns(self, file: str) -> bool:
        """True for a file of the submission."""
        return any(_is_below(file, place) for place in self._places)

    def place_above(self, top: str) -> str | None:
        """The folder above a file by itself that has a module which nobody else has."""
        if self.root is not None or self._is_real or is_installed(top) or not self._places:
            return None
        above = list(Path(self._places[0]).parents)[:_MOST_ANCESTORS]  # the first place is the file's own folder
        found = next((str(place) for place in above if provides(place, top)), None)
        if found is not None:
            self._places.append(found)
        return found

    def import_packages(self, tree: ast.AST) -> None:
        """Import what an import of a text would, of installed packages, in the real world."""
        self._is_real = True
        try:
            self._import_packages(tree, set())
        finally:
            self._is_real = False

    def _imported(self, file: Path) -> ModuleType | None:
        """The module, if a neighbour has imported the file."""
        for module in list(sys.modules.values()):
            names = getattr(module, "__dict__", {})
            if SESSION_MARK in names and names.get("__file__") and Path(str(names["__file__"])) == file:
                return module
        return None

    def _run(self, path: Path, file: Path, tree: ast.Module) -> ModuleType:
        name, folders = name_of(file, tree, self.root)
        self._add_places(file, tree, folders)
        with self.importable():
            sys.argv = [str(path), *self.words]
            self.import_packages(tree)
            for depth, folder in enumerate(folders):
                _make_package(".".join(name.split(".")[: depth + 1]), folder, self.mode)
            known = sys.modules.get(name)  # its package may have imported it
            if known is not None and getattr(known, "__file__", None) == str(file):
                return known
            spec = importlib.util.spec_from_file_location(name, file, loader=OwnLoader(self, name, str(file)))
            assert spec is not None  # a .py file always has one, with a loader
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module  # dataclasses and pickle look their module up by name
            try:
                with self.mode:
                    spec.loader.exec_module(module)
            except BaseException:
                sys.modules.pop(name, None)
                raise
        return module

    def execute(self, module: ModuleType, file: Path, whole: Callable[[], None]) -> None:
        """Run a file as a module: as a whole, or what its models need, if the whole fails or would do its work."""
        if mentions_a_gpu(text_of(file)):
            self.mode.expect_gpu()
        reader = self.reader or Reader(Classes(Project(self.root or file.parent, [file])))
        project = reader.classes.project
        source = next((s for s in project.sources if s.path.resolve() == file), None) or project.source(file)
        works = "a notebook's other cells are not" if is_notebook(file) else works_at_import(reader, source)
        if not works:
            before = dict(vars(module))
            try:
                whole()
                return
            except (SyntaxError, MemoryError):
                raise
            except (Exception, SystemExit) as error:
                if not has_models(reader, source):
                    raise
                at = raised_at(error)
                works = f"importing it fails{f' at {at}' if at else ''}: {advice(error)}"
            vars(module).clear()
            vars(module).update(before)
        self.mode.is_partial = True
        if is_notebook(file):
            self._show_cells(file)
        salvage = Salvage(module, source.at, heard=self._heard)
        salvage.run(str(file), needed_statements(reader, source))
        self.mode.note(f"only what the models need of the file is run: {safe_text(works)[:_LONGEST]}", source.place)
        for line, why in salvage.left.items():
            self.mode.note(f"left out: {safe_text(why)[:_LONGEST]}", source.at(line))

    def _add_places(self, file: Path, tree: ast.AST, folders: list[Path]) -> None:
        """Where plain Python would look: beside the file, above its package, at the submission's root and its src."""
        wanted = first_words(tree)
        places = [file.parent, *([folders[0].parent] if folders else [])]
        above = list(file.parents)[1 : _MOST_ANCESTORS + 1]
        if self.root is not None:
            above = [p for p in file.parents if p == self.root or self.root in p.parents]
            places += [*above, self.root / "src"]
            if wanted & {self.root.name}:
                places.append(self.root.parent)
        else:
            places += [p for p in above if any(provides(p, top) for top in wanted if not is_installed(top))]
        for place in map(str, places):
            if place not in self._places:
                self._places.append(place)

    def _import_packages(self, tree: ast.AST, seen: set[Path]) -> None:
        for node in _run_at_import(tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names = [node.module]
            for name in names:
                if not any(provides(Path(place), name.partition(".")[0]) for place in self._places):
                    # the file's own import statement raises again, with its line
                    with contextlib.suppress(Exception, SystemExit):
                        importlib.import_module(name)
                    continue
                for file in self._files_of(name):
                    if file not in seen:
                        seen.add(file)
                        with contextlib.suppress(SyntaxError, ValueError, OSError, RecursionError):
                            self._import_packages(ast.parse(file.read_bytes()), seen)

    def _files_of(self, name: str) -> Iterator[Path]:
        for place in self._places:
            parts = name.split(".")
            for depth in range(1, len(parts) + 1):
                below = Path(place, *parts[:depth])
                yield from (f for f in (below / "__init__.py", below.with_name(f"{below.name}.py")) if f.is_file())

    def _mark(self, before: set[str]) -> None:
        """Mark what this session has imported of the submission's own files."""
        for name in set(sys.modules) - before:
            module = sys.modules[name]
            names = getattr(module, "__dict__", None)
            if not isinstance(names, dict):
                continue
            places = [str(names.get("__file__") or ""), *map(str, names.get("__path__", ()))]
            if any(self.owns(place) for place in places):
                names[SESSION_MARK] = True


def _run_at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """Statements, without those of functions and of the main guard."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
            continue
        yield node
        if not (isinstance(node, ast.stmt) and is_main_guard(node)):
            yield from _run_at_import(node)


def _is_below(place: str, root: str) -> bool:
    path = Path(place)
    installed = _INSTALLED & set(path.parts) or path.is_relative_to(_OURSELVES)
    return bool(place) and path.is_relative_to(root) and not installed


def _parsed(path: Path, shown: str) -> ast.Module:
    try:
        return ast.parse(text_of(path), filename=str(path))
    except NotebookError as error:
        raise SubjectError(error.message, hint=error.hint) from None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        what = getattr(error, "msg", error)
        raise SubjectError(f"{shown}:{line or 1}: syntax error: {what}") from None


def _make_package(name: str, folder: Path, mode: Mode) -> None:
    if name in sys.modules:
        return
    init = folder / "__init__.py"
    if init.is_file():
        spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(folder)])
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            with mode:
                spec.loader.exec_module(module)
        except BaseException:
            sys.modules.pop(name, None)
            raise
        return
    module = ModuleType(name)
    module.__path__ = [str(folder)]
    sys.modules[name] = module
