"""The stretches of code that build things: a file's top level, what runs as a program, functions that these call."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from costmodel.tracing.reading.classes import Classes
from costmodel.tracing.reading.source import Function, Source, Symbol, dotted, is_main_guard

_MOST = 200
_DEEPEST = 6


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Statements that see the same variables.

    Attributes:
        source: the file.
        body: the statements.
        function: whose body it is; None is the top level.
        guarded: under ``if __name__ == "__main__":``.
        owner: the function's name, with that of its class; "" is the top level.
        caller: who calls the function, and how; None is not known.
        runs: False if no line that is run is known to call it.
        ended: the code goes on behind the statements, and builds something else there.
    """

    source: Source
    body: tuple[ast.stmt, ...]
    function: Function | None = None
    guarded: bool = False
    owner: str = ""
    caller: tuple[Scope, ast.Call] | None = None
    runs: bool = True
    ended: bool = False


def scopes_of(classes: Classes, makes: Callable[[Symbol], bool]) -> list[Scope]:
    """Every scope that may show the model; functions that return one show it where they are called.

    Args:
        classes: of the files.
        makes: tells whether a function returns a model.
    """
    todo = [scope for source in classes.project.sources for scope in _top_scopes(source)]
    scopes: list[Scope] = []
    called: set[tuple[int, int]] = set()
    while todo and len(scopes) < _MOST:
        scope = todo.pop(0)
        scopes.append(scope)
        if _depth(scope) < _DEEPEST:
            for inner in _called(classes, scope, makes):
                key = (id(inner.function), id(inner.caller[1]) if inner.caller else 0)
                if key not in called:
                    called.add(key)
                    todo.append(inner)
    plainly = {id(scope.function) for scope in scopes if _is_called_plainly(scope)}
    scopes = [s for s in scopes if s.function is None or id(s.function) not in plainly or _is_called_plainly(s)]
    run = {id(scope.function) for scope in scopes}
    scopes += [s for source in classes.project.sources for s in _others(classes, source, makes)
               if id(s.function) not in run]  # fmt: skip
    return scopes


def _is_called_plainly(scope: Scope) -> bool:
    """A function is called by its name; else it is handed to somebody who calls it."""
    return scope.caller is not None and not _is_spawn(scope.caller[1])


def _is_spawn(call: ast.Call) -> bool:
    """``torch.multiprocessing.spawn(run, args=(world, options))`` calls ``run(rank, world, options)``."""
    return isinstance(call.func, ast.Attribute) and call.func.attr == "spawn" and bool(call.args)


def _depth(scope: Scope) -> int:
    depth = 0
    while scope.caller is not None:
        scope, depth = scope.caller[0], depth + 1
    return depth


def _top_scopes(source: Source) -> Iterator[Scope]:
    plain = tuple(node for node in source.tree.body if not is_main_guard(node))
    yield Scope(source, plain)
    for node in source.tree.body:
        if isinstance(node, ast.If) and is_main_guard(node):
            yield Scope(source, tuple(node.body), guarded=True)


def _called(classes: Classes, scope: Scope, makes: Callable[[Symbol], bool]) -> Iterator[Scope]:
    for statement in statements(scope.body):
        for call in own_calls(statement):
            symbol = classes.project.resolve(scope.source, call.func)
            discarded = isinstance(statement, ast.Expr) and statement.value is call
            if isinstance(symbol, Symbol) and isinstance(symbol.node, ast.ClassDef):
                yield from _constructor(classes, symbol, (scope, call))
            elif isinstance(symbol, Symbol) and (discarded or not makes(symbol)):
                yield from _function(symbol, (scope, call))
            elif not isinstance(symbol, Symbol):
                for argument in call.args:  # fire.Fire(main), app.run(main)
                    handed = classes.project.resolve(scope.source, argument)
                    if isinstance(handed, Symbol) and not makes(handed):
                        yield from _function(handed, (scope, call) if _is_spawn(call) else None)


def _function(symbol: Symbol, caller: tuple[Scope, ast.Call] | None) -> Iterator[Scope]:
    node = symbol.node
    if not isinstance(node, ast.ClassDef):
        yield Scope(symbol.source, tuple(node.body), node, owner=symbol.name, caller=caller)


def _constructor(classes: Classes, symbol: Symbol, caller: tuple[Scope, ast.Call]) -> Iterator[Scope]:
    """What ``Trainer(config)`` does, if it is no network itself: it may build one."""
    init = None if classes.is_model(symbol) else classes.method(symbol, "__init__")
    if init is not None and init in getattr(symbol.node, "body", ()):
        yield Scope(symbol.source, tuple(init.body), init, owner=f"{symbol.name}.__init__", caller=caller)


def _others(classes: Classes, source: Source, makes: Callable[[Symbol], bool]) -> Iterator[Scope]:
    """Functions, and methods of classes that are no networks."""
    for name, node in source.definitions.items():
        symbol = Symbol(source, name, node)
        if not isinstance(node, ast.ClassDef):
            if not makes(symbol):
                yield Scope(source, tuple(node.body), node, owner=name, runs=False)
        elif not classes.is_model(symbol):
            for method in node.body:
                if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    yield Scope(source, tuple(method.body), method, owner=f"{name}.{method.name}", runs=False)


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements and those inside them, in order; not those of functions and classes defined there."""
    for node in body:
        yield node
        for inner in blocks(node):
            yield from statements(inner)


def blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return
    for name in ("body", "orelse", "finalbody"):
        if getattr(node, name, None):
            yield getattr(node, name)
    for handler in getattr(node, "handlers", []):
        yield handler.body
    for case in getattr(node, "cases", []):
        yield case.body


def own_calls(statement: ast.stmt) -> Iterator[ast.Call]:
    """Calls of a statement, outermost first, without those of the statements inside it."""
    for child in own_expressions(statement):
        for node in ast.walk(child):
            if isinstance(node, ast.Call):
                yield node


def own_expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement itself: the test of an ``if``, not its body."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.withitem):
            yield child.context_expr


class Training:
    """Reads which variables the code trains."""

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._known: dict[int, frozenset[str]] = {}

    def trained_in(self, scope: Scope) -> set[str]:
        """Variables (``self.net`` too) whose parameters an optimizer gets, or that a trainer fits, here or in calls."""
        trained: set[str] = set()
        for statement in statements(scope.body):
            for call in own_calls(statement):
                if _optimizes(self._classes, scope.source, call):
                    trained |= {name for argument in _arguments(call) for name in _with_parameters(argument)}
                elif isinstance(call.func, ast.Attribute) and call.func.attr == "fit" and call.args:
                    trained.add(dotted(call.args[0]))
                symbol = self._classes.project.resolve(scope.source, call.func)
                if isinstance(symbol, Symbol) and not isinstance(symbol.node, ast.ClassDef):
                    inside = self._of_function(symbol)
                    trained |= {dotted(value) for name, value in matched(symbol.node, call).items() if name in inside}
        return trained - {""}

    def _of_function(self, symbol: Symbol) -> frozenset[str]:
        key = id(symbol.node)
        if key not in self._known:
            self._known[key] = frozenset()  # of itself it says nothing
            body = tuple(getattr(symbol.node, "body", ()))
            self._known[key] = frozenset(self.trained_in(Scope(symbol.source, body, owner=symbol.name)))
        return self._known[key]


def matched(function: ast.AST, call: ast.Call) -> dict[str, ast.expr]:
    """The arguments of a call by the parameters of a function, as far as they are written out."""
    arguments = getattr(function, "args", None)
    if not isinstance(arguments, ast.arguments) or any(isinstance(a, ast.Starred) for a in call.args):
        return {}
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    names = names[1:] if names[:1] == ["self"] else names  # Trainer(config) calls Trainer.__init__(self, config)
    if _is_spawn(call) and dotted(call.args[0]) == getattr(function, "name", ""):
        handed = next((k.value for k in call.keywords if k.arg == "args"), None)
        return dict(zip(names[1:], handed.elts, strict=False)) if isinstance(handed, ast.Tuple) else {}
    given = dict(zip(names, call.args, strict=False))
    return given | {k.arg: k.value for k in call.keywords if k.arg is not None}


_NO_OPTIMIZERS = frozenset({"list", "len", "sum", "iter", "tuple", "next", "map", "print"})


def _optimizes(classes: Classes, source: Source, call: ast.Call) -> bool:
    """An optimizer is made: something of ``torch.optim``, or any call of a capitalised name, gets parameters."""
    meaning = classes.project.resolve(source, call.func)
    if isinstance(meaning, str) and (meaning.startswith("torch.optim") or ".optim" in meaning):
        return True
    last = dotted(call.func).rpartition(".")[2]
    return last not in _NO_OPTIMIZERS and (last[:1].isupper() or last in ("getattr", "optimizer", "optim"))


def _arguments(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    yield from (keyword.value for keyword in call.keywords)


def _with_parameters(argument: ast.expr) -> Iterator[str]:
    for node in ast.walk(argument):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("parameters", "named_parameters"):
                yield dotted(node.func.value)
