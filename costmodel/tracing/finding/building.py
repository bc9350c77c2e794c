"""Build the model that a submission's code builds: run the statements that it depends on, and no others."""

from __future__ import annotations

import ast
import contextlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

from costmodel.errors import CostModelError, SubjectError
from costmodel.tracing.finding.arguments import arguments_text
from costmodel.tracing.finding.importing import Session
from costmodel.tracing.finding.subject import LoadedSubject, from_object, maker
from costmodel.tracing.hints import NAMED
from costmodel.tracing.reading.classes import Classes
from costmodel.tracing.reading.devices import is_only_a_device
from costmodel.tracing.reading.elsewhere import hangs_on
from costmodel.tracing.reading.expressions import core, wrapped_variable
from costmodel.tracing.reading.presented import Presented, Reader
from costmodel.tracing.reading.scopes import Scope, blocks, matched, statements
from costmodel.tracing.reading.slicing import Slicer, read_by_models
from costmodel.tracing.reading.source import Function, Symbol, bindings

_WORDS = ("training_step", "configure_optimizers", "example_batch", "preprocess")
"""What a file may say of its training."""

_RESULT = "__costmodel_result__"


def subject_of(
    one: Presented, reader: Reader, session: Session, label: str, options: Mapping[str, Any]
) -> LoadedSubject:
    """The subject of a model that the code builds; with options, of what it calls, with these arguments.

    Raises:
        SubjectError: it cannot be imported or built, or it is not certain which object it is.
    """
    if options and isinstance(one.maker, Symbol) and not one.choices:
        module = session.load(one.maker.source.path)
        return _with_options(one.maker, module, reader, session, label, options)
    if unsure := one.unsure or hangs_on(one, reader.classes.project):
        raise SubjectError(f"{one.place}: which model? {unsure}")
    module = session.load(one.scope.source.path)
    source = _words(one, module, session)
    if one.scope.function is None and not one.scope.guarded and not one.scope.ended and one.name:
        value = _attribute(module, one.name, label)
        loaded = from_object(value, options, label, source, session)
        taken = _taken(one, value, reader)
        return LoadedSubject(label, loaded.make, source, _arguments(taken, vars(module), reader, session), taken.place)
    if options:
        raise SubjectError(f"{label} is already built: --model-option has nothing to set")
    known: dict[str, Any] = {}

    def build() -> Any:
        values, names = _Runner(reader.classes, session, one).run()
        known.update(names)
        return values

    make = maker(build, label, session)
    with session.mode:
        taken = _taken(one, make(), reader)
    text = _arguments(taken, {**vars(module), **known}, reader, session)
    return LoadedSubject(label, make, source, text, taken.place)


def _taken(one: Presented, model: Any, reader: Reader) -> Presented:
    """The branch that built the model, by its class; the whole of it where that does not tell.

    Of ``ddp = DistributedDataParallel(net)`` it is what built ``net``.
    """
    around = wrapped_variable(one.value)
    inside = [p for p in reader.presented() if around and p.name == around and _together(p, one)]
    if len(inside) == 1 and inside[0].name != one.name:
        return _taken(inside[0], model, reader)
    name = type(model).__name__
    fitting = [c for c in one.choices if any(kind.name == name for kind in reader.kinds_of(c))]
    return fitting[0] if len(fitting) == 1 else one


def _together(one: Presented, other: Presented) -> bool:
    """True if they are built in one scope."""
    return (one.scope.source, one.scope.function) == (other.scope.source, other.scope.function)


def _attribute(module: ModuleType, name: str, label: str) -> Any:
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            raise SubjectError(f"{label}: importing the file does not leave it behind")
        value = getattr(value, part)
    return value


def _words(one: Presented, module: ModuleType, session: Session) -> Mapping[str, Any]:
    """The namespace of the file, with the step that the file of the class describes where it describes none."""
    if isinstance(one.maker, Symbol) and one.maker.source is not one.scope.source:
        with contextlib.suppress(CostModelError):
            theirs = vars(session.load(one.maker.source.path))
            return {**{word: theirs[word] for word in _WORDS if word in theirs}, **vars(module)}
    return vars(module)


def _with_options(
    symbol: Symbol, module: ModuleType, reader: Reader, session: Session, label: str, options: Mapping[str, Any]
) -> LoadedSubject:
    loaded = from_object(getattr(module, symbol.name), options, label, vars(module), session)
    return replace(loaded, arguments=arguments_of(symbol, loaded, options, reader, session), place=symbol.where)


def arguments_of(
    symbol: Symbol, loaded: LoadedSubject, options: Mapping[str, Any], reader: Reader, session: Session
) -> str:
    """The arguments of the constructor, by way of a function that makes the model too."""
    if isinstance(symbol.node, ast.ClassDef):
        return loaded.arguments
    return _through(symbol, (), options, reader, session) or loaded.arguments


def _through(
    symbol: Symbol, args: tuple[Any, ...], options: Mapping[str, Any], reader: Reader, session: Session
) -> str:
    """The arguments that a function hands to the class whose instance it returns; "" if reading does not tell."""
    inside = reader.returned(symbol)
    module = session.load(symbol.source.path)
    if inside is None or inside.maker == symbol:
        return ""
    names = dict(vars(module))
    with contextlib.suppress(TypeError, ValueError, AttributeError):
        bound = inspect.signature(getattr(module, symbol.name)).bind_partial(*args, **options)
        bound.apply_defaults()
        names |= bound.arguments
    for node in statements(inside.scope.body):
        for name, value in bindings(node):
            with contextlib.suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                names[name] = ast.literal_eval(value)
    return _arguments(inside, names, reader, session)


def _arguments(one: Presented, names: Mapping[str, Any], reader: Reader, session: Session) -> str:
    """The arguments of the call that builds the model, with the values that are known."""
    call = core(one.value)
    if one.choices or not isinstance(call, ast.Call) or any(isinstance(a, ast.Starred) for a in call.args):
        return ""
    args = tuple(_value(a, names) for a in call.args)
    options = {k.arg: _value(k.value, names) for k in call.keywords if k.arg is not None}
    if isinstance(one.maker, Symbol) and not isinstance(one.maker.node, ast.ClassDef):
        return _through(one.maker, args, options, reader, session) or f"by {ast.unparse(call)}"
    try:
        target = eval(_compiled(ast.Expression(call.func), "arguments", "eval"), dict(names))
    except Exception:  # a local name, or whatever their code raises: the text will do
        target = None
    return arguments_text(target, args, options)


class _Text:
    """An argument whose value is not known: its text stands for it."""

    def __init__(self, text: str) -> None:
        self.__name__ = text


_CALLS = (ast.Call, ast.Lambda, ast.Await, ast.NamedExpr, ast.JoinedStr, ast.comprehension, ast.Starred)
"""What runs code of its own, or is long: its text says more."""


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """A constant, a variable's value, or arithmetic of these; of anything else the text."""
    with contextlib.suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ast.literal_eval(node)
    if not any(isinstance(inner, _CALLS) for inner in ast.walk(node)):
        with contextlib.suppress(Exception):
            return eval(_compiled(ast.Expression(node), "arguments", "eval"), dict(names))
    return _Text(ast.unparse(node))


class _Runner:
    """Runs slices of the scopes that a model is built in, the callers' first."""

    def __init__(self, classes: Classes, session: Session, one: Presented) -> None:
        self._classes = classes
        self._session = session
        self._one = one

    def run(self) -> tuple[Any, Mapping[str, Any]]:
        """The model, and the variables around it."""
        one = self._one
        if one.name:
            target = ast.parse(one.name, mode="eval").body
            (value,), names = self._values(one.scope, [target], None, one.name)
        else:
            (value,), names = self._values(one.scope, [one.value], one.statement, "")
        return value, names

    def _values(
        self, scope: Scope, wanted: Sequence[ast.expr], end: ast.stmt | None, model: str
    ) -> tuple[list[Any], Mapping[str, Any]]:
        """Values of expressions at a place of a scope."""
        module = self._session.load(scope.source.path)
        names = {n.id for e in wanted for n in ast.walk(e) if isinstance(n, ast.Name)} | ({model} if model else set())
        names |= {ast.unparse(n) for e in wanted for n in ast.walk(e) if isinstance(n, ast.Attribute)}
        if scope.guarded or scope.ended:
            names |= read_by_models(self._classes, scope)
        body, needed = Slicer(self._classes, scope, (model,)).before(names, end)
        self._session.import_packages(ast.Module(body, []))
        result = ast.List(list(wanted), ast.Load())
        if scope.function is None:
            body = body if scope.guarded or scope.ended else []  # importing the file has run the rest
            space = vars(module)
            stored = ast.Assign([ast.Name(_RESULT, ast.Store())], result, lineno=1)
            exec(_compiled(ast.Module([*body, stored], []), str(scope.source.path)), space)
            return space.pop(_RESULT), space
        arguments = self._arguments(scope, scope.function, needed, [*body, *wanted])
        ending = ast.parse("return 0, dict(locals())").body[0]
        assert isinstance(ending, ast.Return)
        assert isinstance(ending.value, ast.Tuple)
        ending.value.elts[0] = result
        made: dict[str, Any] = {}
        function = _with_body(scope.function, [*body, ending])
        exec(_compiled(ast.Module([function], []), str(scope.source.path)), vars(module), made)
        values, local = made[function.name](**arguments)
        return values, local

    def _arguments(self, scope: Scope, function: Function, needed: set[str], run: Sequence[ast.AST]) -> dict[str, Any]:
        """The function's arguments as its caller gives them; those that nothing of what is run depends on are None."""
        places = function.args
        names = [a.arg for a in (*places.posonlyargs, *places.args, *places.kwonlyargs)]
        given: dict[str, ast.expr] = {}
        if scope.caller is not None:
            into_options = places.kwarg is not None and places.kwarg.arg in needed
            by_name = matched(function, scope.caller[1]).items()
            given = {n: v for n, v in by_name if (n in needed if n in names else into_options)}
        self._refuse_unknown(scope, places, needed)
        values: dict[str, Any] = {}
        if given and scope.caller is not None:
            caller, call = scope.caller
            statement = next(s for s in _statements(caller) if any(call is n for n in ast.walk(s)))
            found, _ = self._values(caller, list(given.values()), statement, "")
            values = dict(zip(given, found, strict=True))
        defaults = {a.arg for a in [*places.posonlyargs, *places.args][-len(places.defaults) :] if places.defaults}
        defaults |= {a.arg for a, d in zip(places.kwonlyargs, places.kw_defaults, strict=True) if d is not None}
        for name in names:
            if name in values or name in defaults:
                continue
            if name == "self":
                values[name] = SimpleNamespace()
            elif is_only_a_device(name, run):
                values[name] = 0
                self._session.mode.expect_gpu()
                self._session.mode.note(
                    f"{name} is taken as 0: it only says a device", scope.source.at(function.lineno)
                )
            elif name in needed:
                raise SubjectError(
                    f"{self._one.place}: the model is built in {scope.owner}(), and its argument {name!r} is not known",
                    hint=f"name another one {NAMED}, or build it in a function get_model()",
                )
            else:
                values[name] = None
        return values

    def _refuse_unknown(self, scope: Scope, places: ast.arguments, needed: set[str]) -> None:
        """``*args`` and ``**options`` that the model hangs on, unless the caller names each of them."""
        call = None if scope.caller is None else scope.caller[1]
        for many, stars in ((places.vararg, "*"), (places.kwarg, "**")):
            if many is None or many.arg not in needed:
                continue
            if stars == "*" or call is None or any(keyword.arg is None for keyword in call.keywords):
                raise SubjectError(
                    f"{self._one.place}: the model is built in {scope.owner}(), and what {stars}{many.arg} holds is "
                    "not known"
                )


def _statements(scope: Scope) -> Sequence[ast.stmt]:
    found = list(statements(scope.body))
    return [s for s in found if not any(True for _ in blocks(s))] + [s for s in found if any(True for _ in blocks(s))]


def _with_body(function: Function, body: list[ast.stmt]) -> ast.FunctionDef:
    places = function.args
    plain = ast.arguments(
        posonlyargs=[],
        args=[ast.arg(a.arg) for a in (*places.posonlyargs, *places.args)],
        vararg=None,
        kwonlyargs=[ast.arg(a.arg) for a in places.kwonlyargs],
        kw_defaults=places.kw_defaults,
        kwarg=None if places.kwarg is None else ast.arg(places.kwarg.arg),
        defaults=places.defaults,
    )
    return ast.FunctionDef(name=function.name, args=plain, body=body, decorator_list=[], returns=None, lineno=1)


def _compiled(tree: ast.Module | ast.Expression, file: str, kind: str = "exec") -> CodeType:
    return compile(ast.fix_missing_locations(tree), file, kind)
