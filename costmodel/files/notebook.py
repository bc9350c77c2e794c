"""A notebook's code cells as one Python file, read as JSON; nothing is run."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from costmodel.errors import NotebookError
from costmodel.files.quoting import safe_text

_MOST_BYTES = 32 * 2**20
_MAGIC = re.compile(r"^\s*(?:[%!?]|[\w.]+\?{1,2}\s*$|[\w.]+ *= *[%!])")
_WRITES = re.compile(r"^\s*%%(?:writefile|file)\s+(?:-a\s+)?(?:\./|/content/)?([\w/]+)\.py\s*(?:\n|$)")
"""A cell that writes a module; its text may be imported by later cells, and is a part of the script."""
_CELL_MAGIC = re.compile(r"^\s*%%(?!time|capture|prun)")
_RUNS = re.compile(r"^(\s*)%(?:time|prun)\s+(?![-\s])")
"""A line's magic that runs the statement behind it like any other: its names are the notebook's."""


@dataclass(frozen=True, slots=True)
class Script:
    """A notebook as a script.

    Attributes:
        text: of the code cells, in order.
        cells: for each code cell with something in it its number and the line that it begins on.
        broken: numbers of cells that are not valid Python, and why; they are left out.
    """

    text: str
    cells: tuple[tuple[int, int], ...]
    broken: tuple[tuple[int, str], ...] = ()

    def place(self, line: int) -> tuple[int, int]:
        """The cell of a line of the script, and the line in it."""
        number, begins = max((c for c in self.cells if c[1] <= line), key=lambda c: c[1], default=(1, 1))
        return number, line - begins + 1


def script_of(notebook: Path) -> Script:
    """A script with the code cells in order, counted from 1; IPython's magics and shell lines become comments.

    Raises:
        NotebookError: not a notebook, or no code in it; says what to hand in instead.
    """
    advice = "export it as a script: jupyter nbconvert --to script"
    name = safe_text(notebook.name)
    try:
        if notebook.stat().st_size > _MOST_BYTES:
            raise NotebookError(f"{name}: more than {_MOST_BYTES // 2**20} MiB; {advice}")
        sources = code_cells(notebook.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise NotebookError(f"{name}: no readable notebook ({type(problem).__name__}); {advice}") from None
    parts = {number: _without_magics(source) for number, source in enumerate(sources, 1) if source.strip()}
    written = {
        match[1].replace("/", "."): _defined(parts[number])
        for number, source in enumerate(sources, 1)
        if (match := _WRITES.match(source))
    }
    modules = {name: module for part in parts.values() for name, module in _imported(part).items()} if written else {}
    parts = {number: _from_here(part, written, modules) for number, part in parts.items()}
    if not parts:
        raise NotebookError(f"{name}: there is no code in it")
    broken = {number: why for number, part in parts.items() if (why := _problem(part))}
    parts |= {number: _as_comments(parts[number]) for number in broken}
    lengths = (part.count("\n") + 2 for part in parts.values())
    cells = zip(parts, accumulate(lengths, initial=1), strict=False)
    return Script("\n\n".join(parts.values()) + "\n", tuple(cells), tuple(broken.items()))


def code_cells(text: str) -> list[str]:
    """The code cells of a notebook, in order, as they were written; nbformat 3 has them in worksheets.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, RecursionError: it is no notebook.
    """
    notebook = json.loads(text.removeprefix("\N{BOM}"))
    cells = notebook["cells"] if "cells" in notebook else [c for w in notebook["worksheets"] for c in w["cells"]]
    return [_source(cell) for cell in cells if cell.get("cell_type") == "code"]


def _problem(code: str) -> str:
    """Why a cell is not Python, with its line; "" if it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as problem:
        return f"line {problem.lineno or 1}: {problem.msg}"
    except (ValueError, RecursionError, MemoryError):
        return "it cannot be parsed"
    return ""


def _from_here(code: str, written: Mapping[str, Collection[str]], modules: Mapping[str, str]) -> str:
    """Code whose imports from modules that the notebook writes are names of the script itself.

    Args:
        code: of a cell.
        written: names that each of these modules defines.
        modules: those that are imported as a whole, by the name under which the notebook knows them.
    """
    if not written or _problem(code):
        return code
    lines = code.splitlines()
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in written and not node.level:
            names = [f"{alias.asname} = {alias.name}" for alias in node.names if alias.asname]
            _replace(lines, node, "; ".join(names) or "pass")
        elif isinstance(node, ast.Import) and {alias.name for alias in node.names} & set(written):
            others = [ast.unparse(ast.Import([alias])) for alias in node.names if alias.name not in written]
            _replace(lines, node, "; ".join(others) or "pass")
    used = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in written.get(modules.get(ast.unparse(node.value), ""), ())
    ]
    for node in sorted(used, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        if node.end_lineno == node.lineno:
            line = lines[node.lineno - 1].encode()  # columns are those of bytes
            lines[node.lineno - 1] = (
                line[: node.col_offset] + node.attr.encode() + line[node.end_col_offset :]
            ).decode()
    return "\n".join(lines)


def _replace(lines: list[str], node: ast.stmt, text: str) -> None:
    """Put other text in the place of a statement; lines keep their numbers."""
    last = node.end_lineno or node.lineno
    lines[node.lineno - 1 : last] = [f"{' ' * node.col_offset}{text}", *["#"] * (last - node.lineno)]


def _defined(code: str) -> set[str]:
    """Names of the classes and functions that a cell defines, and of what it assigns."""
    if _problem(code):
        return set()
    found: set[str] = set()
    for node in ast.parse(code).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def _imported(code: str) -> dict[str, str]:
    """Modules that a cell imports as a whole, by the name that they have then."""
    if _problem(code):
        return {}
    imports = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import))
    return {alias.asname or alias.name: alias.name for node in imports for alias in node.names}


def _as_comments(code: str) -> str:
    return "\n".join(f"# {line}" for line in code.splitlines())


def _source(cell: dict[str, object]) -> str:
    source = cell.get("source", cell.get("input", ""))
    text = "".join(source) if isinstance(source, list) else source
    if not isinstance(text, str):
        raise TypeError("a cell's source is text")
    return text


def _without_magics(source: str) -> str:
    if _CELL_MAGIC.match(source) and not _WRITES.match(source):
        return _as_comments(source)
    source = with_statements(source)
    magics = magic_lines(source)
    return "\n".join(
        line if (indent := magics.get(number)) is None else f"{indent}{'pass  ' * bool(indent)}# {line}"
        for number, line in enumerate(source.splitlines(), 1)
    )


def with_statements(source: str) -> str:
    """A cell in which ``%time net = Net()`` is ``net = Net()``: the line is Python, and what measures it is not."""
    lines: list[str] = []
    reading = _Reading()
    for line in source.splitlines():
        runs = None if reading.inside else _RUNS.match(line)
        lines.append(runs[1] + line[runs.end() :] if runs else line)
        if reading.inside or not _MAGIC.match(lines[-1]):
            reading.take(lines[-1])
    return "\n".join(lines)


def magic_lines(source: str) -> dict[int, str]:
    """The lines of a cell that are no Python, by number: IPython's magics, shell lines, and what continues them.

    Each with the indent of the statement that it stands for: a block may have no other. A line that begins with ``%``
    inside an expression is Python.
    """
    found: dict[int, str] = {}
    reading, before = _Reading(), ""
    for number, line in enumerate(source.splitlines(), 1):
        if before.endswith("\\"):
            found[number] = found[number - 1]
        elif not reading.inside and _MAGIC.match(line):
            found[number] = line[: len(line) - len(line.lstrip())]
        else:
            reading.take(line)
        before = line if number in found else ""
    return found


class _Reading:
    """A reader of Python's lines that knows whether the next one goes on with something: there it is no magic."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""
        self._continued = False

    @property
    def inside(self) -> bool:
        """True within brackets, within a string of several lines, and after a backslash."""
        return bool(self._depth or self._quote or self._continued)

    def take(self, line: str) -> None:
        """Read one line."""
        self._continued = False
        for token in _TOKEN.finditer(line):
            text = token[0]
            if self._quote:
                self._quote = "" if text == self._quote else self._quote
            elif text == "#":
                break
            elif text in _QUOTES:
                self._quote = text
            elif text in _BRACKETS:
                self._depth = max(0, self._depth + _BRACKETS[text])
            self._continued = text == "\\" and token.end() == len(line)
        if len(self._quote) == 1 and not self._continued:
            self._quote = ""  # a short string ends with its line


_QUOTES = ('"""', "'''", '"', "'")
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_TOKEN = re.compile(r'"""|\'\'\'|\\.|[\\"\'#()\[\]{}]')
"""What opens and closes; a backslash takes what follows it along."""
