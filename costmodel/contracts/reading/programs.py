"""Python programs and notebooks as syntax trees, each node with its place."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Container, Sequence
from dataclasses import dataclass

from costmodel.contracts.reading.submission_folder import Folder, SubmittedFile
from costmodel.files.notebook import code_cells, magic_lines, with_statements
from costmodel.files.quoting import escaped

_SUFFIXES = (".py", ".pyw", ".pyi", ".ipynb")
_COMPILED = (".pyc", ".pyd", ".so", ".dll", ".dylib", ".pyz", ".egg", ".whl")


@dataclass(frozen=True, slots=True)
class Part:
    """A program, or one cell of a notebook.

    Attributes:
        path: of the file below the folder.
        cell: number of the notebook's code cell, None for a program.
        tree: None if it is not valid Python.
        problem: why there is no tree, with the line.
        shell: lines that a notebook hands to the shell (``!wget …``), with their line.
    """

    path: str
    cell: int | None
    tree: ast.Module | None
    problem: str = ""
    shell: tuple[tuple[int, str], ...] = ()

    def place(self, line: int) -> str:
        """Where a line is: ``main.py:7``, or ``train.ipynb cell 3, line 7``."""
        return (
            f"{escaped(self.path)}:{line}"
            if self.cell is None
            else f"{escaped(self.path)} cell {self.cell}, line {line}"
        )


@dataclass(frozen=True, slots=True)
class Programs:
    """All programs of a submission; ``unreadable`` names what could not be understood, and why."""

    parts: tuple[Part, ...]
    unreadable: tuple[str, ...]

    def of(self, path: str) -> list[Part]:
        """The parts of one file."""
        return [part for part in self.parts if part.path == path]


def read_programs(folder: Folder) -> Programs:
    """Every ``.py`` and ``.ipynb``, parsed; none is run."""
    parts: list[Part] = []
    unreadable: list[str] = []
    compiled = [escaped(entry.path) for entry in folder.files if entry.name.lower().endswith(_COMPILED)]
    if compiled:
        # __pycache__ too: a cache that says so itself is run without a look at its source (PEP 552, unchecked hashes)
        others = f", as are {len(compiled) - 1} more" if compiled[1:] else ""
        unreadable.append(f"{compiled[0]} is compiled{others}; delete what is not needed")
    for entry in folder.files:
        if not entry.name.lower().endswith(_SUFFIXES):
            continue
        text = folder.read_text(entry)
        if text is None:
            unreadable.append(f"{escaped(entry.path)} is too long, or not text in UTF-8")
        elif entry.name.lower().endswith(".ipynb"):
            parts += _notebook(entry, text)
        else:
            parts.append(_parsed(entry.path, None, text))
    unreadable += [part.problem for part in parts if part.problem]
    return Programs(tuple(parts), tuple(unreadable))


def _parsed(path: str, cell: int | None, text: str, shell: tuple[tuple[int, str], ...] = ()) -> Part:
    blank = Part(path, cell, None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a submission's invalid escapes are not our business
            return Part(path, cell, ast.parse(text), shell=shell)
    except SyntaxError as problem:
        reason = f"{blank.place(problem.lineno or 1)} is not valid Python: {problem.msg}"
    except (ValueError, RecursionError, MemoryError):
        reason = f"{blank.place(1)} cannot be parsed: zero bytes, or nested too deep"
    return Part(path, cell, None, reason, shell)


def _notebook(entry: SubmittedFile, text: str) -> list[Part]:
    try:
        cells = code_cells(text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return [Part(entry.path, None, None, f"{escaped(entry.path)} is not a notebook (JSON with cells)")]
    return [_cell(entry.path, number, code) for number, code in enumerate(cells, 1)]


def _cell(path: str, number: int, code: str) -> Part:
    """A cell without its magics; lines keep their numbers."""
    lines = code.splitlines()
    if lines and lines[0].startswith(("%%bash", "%%sh", "%%!", "%%script")):
        return _parsed(path, number, "", tuple(enumerate(lines, 1)))
    code = with_statements(code)
    lines = code.splitlines()
    magics = magic_lines(code)
    shell = [(n, lines[n - 1].strip()) for n in magics if _SHELL.match(lines[n - 1]) or _goes_on(lines, magics, n)]
    kept = [f"{magics[n]}pass" if n in magics else line for n, line in enumerate(lines, 1)]
    return _parsed(path, number, "\n".join(kept), tuple(shell))


_SHELL = re.compile(r"\s*(?:[\w.]+ *= *)?!")
"""``!ls``, ``files = !ls``."""


def _goes_on(lines: Sequence[str], magics: Container[int], number: int) -> bool:
    """Whether a line continues one that goes to the shell."""
    while number - 1 in magics and lines[number - 2].endswith("\\"):
        number -= 1
        if _SHELL.match(lines[number - 1]):
            return True
    return False
