"""A file whose import fails, or would train: its definitions are reached without the rest.

The statements that the models need run one by one. One that fails is left out, and what it would have bound stands for
its error: whoever uses it hears of the cause.
"""

from __future__ import annotations
import __future__

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any, NoReturn

from costmodel.errors import CostModelError, MissingError
from costmodel.tracing.blame import raised_at
from costmodel.tracing.hints import advice
from costmodel.tracing.reading.changing import root_of


class Missing:
    """Stands for what could not be imported or made; any use of it is an error that says why.

    Args:
        name: of the variable.
        why: it is not there, with file and line.
        cause: the error behind it.
        heard: gets every error that a use of it raises: who used it may have dropped that (``torch.empty`` does).
        imported: it is what an import would have brought; else what a statement would have made.
    """

    __slots__ = ("_cause", "_heard", "_name", "imported", "said")  # its __dict__ is asked for: models.__dict__[name]

    def __init__(
        self, name: str, why: str, cause: BaseException, heard: list[MissingError], *, imported: bool = False
    ) -> None:
        behind = _behind(cause)
        of_itself = bool(behind) and behind[-1].name == name  # net = wrapped(net): one sentence, not one a line
        said = behind[-1].message if of_itself else f"{name} is not there: {why}"
        slots = {"said": said, "_name": name, "_cause": cause, "_heard": heard, "imported": imported}
        for slot, value in slots.items():
            object.__setattr__(self, slot, value)

    def __getattr__(self, name: str) -> NoReturn:
        self.fail()

    def fail(self, *_: object, **__: object) -> NoReturn:
        """Say what is missing.

        Raises:
            MissingError: always.
        """
        error = MissingError(self.said)
        error.name = self._name
        self._heard.append(error)
        raise error from self._cause


_LONGEST_CHAIN = 2


def _behind(error: BaseException | None) -> list[MissingError]:
    """What is missing for want of another, and that, down to what was missing first."""
    found = []
    while isinstance(error, MissingError):
        found.append(error)
        error = error.__cause__
    return found


_USES = (
    "call getitem setitem iter len bool int float index mro_entries setattr enter add radd sub rsub mul rmul truediv "
    "rtruediv floordiv rfloordiv mod rmod pow rpow neg matmul rmatmul lt le gt ge eq ne contains format str hash"
)
for _use in _USES.split():
    setattr(Missing, f"__{_use}__", Missing.fail)


@dataclass
class Salvage:
    """One file's statements, run as far as they go.

    Attributes:
        module: in which they run.
        at: the name of a line of it, in messages.
        left: what failed, by line.
        heard: errors of what is missing, of the statement that runs.
    """

    module: ModuleType
    at: Callable[[int], str]
    left: dict[int, str] = field(default_factory=dict)
    heard: list[MissingError] = field(default_factory=list)

    def run(self, file: str, body: list[ast.stmt]) -> None:
        """Run statements in order; none raises."""
        flags = 0
        for node in body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                for alias in node.names:
                    flags |= getattr(__future__, alias.name).compiler_flag
        for one in (part for node in body for part in _parts(node)):
            self._one(one, lambda one: compile(ast.Module([one], []), file, "exec", flags, dont_inherit=True))

    def _one(self, node: ast.stmt, compiled: Callable[[ast.stmt], Any]) -> None:
        self.heard.clear()
        try:
            exec(compiled(ast.fix_missing_locations(node)), vars(self.module))
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:
            why = self._why(error, node.lineno)
            self.left.setdefault(node.lineno, why)
            space = vars(self.module)
            asked = isinstance(space.get(_called_by(node)), Missing)  # what is not there has changed nothing
            names = () if asked else _changed_by(node)
            changed = (n for n in names if not isinstance(space.get(n), (ModuleType, FunctionType)))
            for name in (*_bound_by(node), *changed):  # what it had before is not what it would have
                imported = isinstance(node, (ast.Import, ast.ImportFrom))
                space[name] = Missing(name, f"{self.at(node.lineno)}: {why}", error, self.heard, imported=imported)
            if isinstance(node, ast.ClassDef):
                self._without_what_fails(node, compiled)

    def _why(self, error: BaseException, line: int) -> str:
        """The error, with the user's line that it comes from if that is another than the statement's."""
        behind = _behind(self.heard[0] if self.heard and not isinstance(error, CostModelError) else error)
        if behind:
            return behind[0 if len(behind) <= _LONGEST_CHAIN else -1].message
        if isinstance(error, CostModelError):
            return error.message
        place = raised_at(error)
        return f"{place}: {advice(error)}" if place and place != self.at(line) else advice(error)

    def _without_what_fails(self, node: ast.ClassDef, compiled: Callable[[ast.stmt], Any]) -> None:
        """A class in whose body something fails (``classes = len(table)``), with all that does not."""
        space, said = vars(self.module), dict(self.left)
        here = space[node.name]
        del self.left[node.lineno]

        def missing(name: str, line: int, error: BaseException) -> Missing:
            why = self._why(error, line)
            self.left.setdefault(line, why)
            return Missing(name, f"{self.at(line)}: {why}", error, self.heard)

        space[_MISSING] = missing
        try:
            exec(compiled(ast.fix_missing_locations(_each_alone(node))), space)
        except (Exception, SystemExit):  # its bases fail
            space[node.name], self.left = here, said
        finally:
            del space[_MISSING]


_MISSING, _ERROR = "__costmodel_missing__", "__costmodel_error__"


def _each_alone(node: ast.ClassDef) -> ast.ClassDef:
    """A class each of whose statements may fail alone; what it would have bound is missing then."""
    alone: list[ast.stmt] = []
    for one in node.body:
        if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant):
            alone.append(one)  # its docstring
            continue
        called = [f"{name} = {_MISSING}({name!r}, {one.lineno}, {_ERROR})" for name in dict.fromkeys(_bound_by(one))]
        attempt = ast.parse(
            f"try: pass\nexcept (Exception, SystemExit) as {_ERROR}:\n  " + "; ".join(called or ["pass"])
        )
        attempt.body[0].body = [one]  # type: ignore[attr-defined]  # the try
        alone.append(ast.copy_location(attempt.body[0], one))
    return ast.copy_location(ast.ClassDef(**{**dict(ast.iter_fields(node)), "body": alone}), node)


def _parts(node: ast.stmt) -> Iterator[ast.stmt]:
    """An import of several names as several imports: one may fail alone."""
    if isinstance(node, ast.Import):
        yield from (ast.copy_location(ast.Import([alias]), node) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (ast.copy_location(ast.ImportFrom(node.module, [a], node.level), node) for a in node.names)
    else:
        yield node


def _bound_by(node: ast.stmt) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield inner.name
            if inner is node:
                return  # what is inside is its own
        elif isinstance(inner, ast.alias):
            yield inner.asname or inner.name.partition(".")[0]
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id


def _changed_by(node: ast.stmt) -> Iterator[str]:
    """Variables whose contents a statement changes: ``net.fc = …``, ``setattr(net, …)``, ``layers.append(…)``."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return
    for inner in ast.walk(node):
        if isinstance(inner, (ast.Attribute, ast.Subscript)) and isinstance(inner.ctx, (ast.Store, ast.Del)):
            yield from _names(inner)
        elif isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Call):
            yield from _names(inner.value)


def _called_by(node: ast.stmt) -> str:
    """``wandb`` of a statement ``wandb.init(config=args)``."""
    return root_of(node.value) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else ""


def _names(node: ast.AST) -> Iterator[str]:
    return (inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))
