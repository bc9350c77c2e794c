"""What a submission's code builds: the variables and expressions that hold a model, and the functions that make one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from costmodel.tracing.reading.classes import Classes, holds_parameters
from costmodel.tracing.reading.control import LOOP, are_alternatives, decides, flat, is_repeated, with_loops
from costmodel.tracing.reading.expressions import SAME, handed, is_loaded, reads, replaced
from costmodel.tracing.reading.scopes import Scope, Training, own_expressions, scopes_of
from costmodel.tracing.reading.source import Function, Source, Symbol, bindings, dotted
from costmodel.tracing.reading.successive import build_the_same, scope_of_the_trained

FACTORY = re.compile(r"^((build|make|create|get|load)_?)?(model|net|network|classifier)$", re.IGNORECASE)
"""Names of functions that make the model."""

_MODEL_NAME = re.compile(r"(^|_)(model|net|network|classifier|cnn)\d*$", re.IGNORECASE)
_LIBRARIES = re.compile(
    r"torchvision\.models\.|timm\.create_model$|torch\.hub\.load$|segmentation_models"
    r"|transformers\.(?!DataCollator)\w*(Model|For[A-Z]|LMHead)"
)
"""What makes a network of an installed library; transformers also has configurations, tokenizers and a Trainer."""

_WRAPPERS = frozenset({"DataParallel", "DistributedDataParallel", "compile", "script", "deepcopy", "prepare",
                       "convert_sync_batchnorm"})  # fmt: skip

_CONTAINERS = ("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict")

_PLAIN = frozenset(
    {"dict", "list", "tuple", "set", "frozenset", "str", "int", "float", "bool", "len", "open", "sorted"}
)
"""Functions of Python whose result is no model, whatever the variable is called that holds it."""

_MOST_PLACES = 4
_DEEPEST = 8
"""Functions that call functions that are followed."""

Maker: TypeAlias = "Symbol | str | None"
"""A class or function of the files, the dotted name of an installed one, or unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Presented:
    """A model that the code builds.

    Attributes:
        scope: where.
        name: the variable that holds it, "" if none does.
        value: the expression that builds it.
        statement: the one that it stands in.
        maker: what is called.
        trained: an optimizer gets its parameters.
        unsure: why it is not certain which object this is, "" if it is.
        wraps: other variables that the expression hands on.
        choices: where branches build different ones, each of them.
    """

    scope: Scope
    name: str
    value: ast.expr
    statement: ast.stmt
    maker: Maker
    trained: bool = False
    unsure: str = ""
    wraps: frozenset[str] = frozenset()
    choices: tuple[Presented, ...] = ()

    @property
    def place(self) -> str:
        """``net.py:12``."""
        return self.scope.source.at(self.value.lineno)

    @property
    def label(self) -> str:
        """As a user names it: ``net.py:model``, ``train.py:main.net``, or the line where nothing holds it."""
        name = ".".join(filter(None, (self.scope.owner, self.name or str(self.value.lineno))))
        return f"{self.scope.source.place}:{name}"

    @property
    def is_named_so(self) -> bool:
        """True if the variable is called a model."""
        return bool(_MODEL_NAME.search(self.name.rpartition(".")[2]))


class Reader:
    """Reads what the code of a project builds."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self._makes: dict[int, bool] = {}
        self._training = Training(classes)

    def presented(self) -> list[Presented]:
        """Every model that the files build, in their order."""
        found = []
        for scope in scopes_of(self.classes, self.makes):
            here = list(self._merged(self._in(scope, self._training.trained_in(scope))))
            whole = tuple(f"{one.name}." for one in here if one.name)
            found += [one for one in here if not one.name.startswith(whole)]  # net.head is a part of net
        return found

    def class_of(self, maker: Maker, depth: int = 0) -> Symbol | None:
        """The class of the files whose instance a class or function makes; None if reading does not tell."""
        if not isinstance(maker, Symbol) or depth > _DEEPEST:
            return None
        if isinstance(maker.node, ast.ClassDef):
            return maker if self.classes.is_model(maker) else None
        inside = self.returned(maker)
        return None if inside is None else self.class_of(inside.maker, depth + 1)

    def kinds_of(self, one: Presented) -> frozenset[Symbol]:
        """The classes of the files that a presented model may be an instance of."""
        kinds = (self.class_of(choice.maker) for choice in one.choices or (one,))
        return frozenset(kind for kind in kinds if kind is not None)

    def makers(self) -> list[Symbol]:
        """Functions that return a model, whatever their name."""
        found = [
            Symbol(source, name, node)
            for source in self.classes.project.sources
            for name, node in source.definitions.items()
            if isinstance(node, ast.FunctionDef)
        ]
        return [symbol for symbol in found if self.makes(symbol)]

    def factories(self) -> list[Symbol]:
        """Functions whose name says that they make the model."""
        return [symbol for symbol in self.makers() if FACTORY.match(symbol.name)]

    def makes(self, symbol: Symbol) -> bool:
        """True if a function returns a model, as far as reading tells."""
        if isinstance(symbol.node, ast.ClassDef):
            return False
        key = id(symbol.node)
        if key not in self._makes:
            self._makes[key] = False  # of itself it says nothing
            self._makes[key] = bool(FACTORY.match(symbol.name)) or self._returns(symbol.source, symbol.node)
        return self._makes[key]

    def callable_with(self, symbol: Symbol, options: Iterable[str]) -> bool:
        """True if a function can be called with these options alone."""
        given = getattr(symbol.node, "args", None)
        if not isinstance(given, ast.arguments):
            return True
        places = [*given.posonlyargs, *given.args]
        needed = {a.arg for a in places[: len(places) - len(given.defaults)]}
        needed |= {a.arg for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d is None}
        return needed <= set(options)

    def constructible(self, symbol: Symbol, options: Iterable[str]) -> bool:
        """True if a class can be called with these options alone."""
        init = self.classes.method(symbol, "__init__")
        if init is None:
            return True
        places = [*init.args.posonlyargs, *init.args.args][1:]
        needed = {a.arg for a in places[: len(places) - len(init.args.defaults)]}
        needed |= {a.arg for a, d in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True) if d is None}
        return needed <= set(options)

    def returns_container(self, symbol: Symbol) -> bool:
        """True if a function gives back modules of torch's one behind another."""
        inside = self.returned(symbol)
        return inside is not None and inside.maker in _CONTAINERS

    def returned(self, symbol: Symbol) -> Presented | None:
        """The model that a function gives back, as its own body builds it; None if reading does not tell."""
        function = symbol.node
        if isinstance(function, ast.ClassDef):
            return None
        scope = Scope(symbol.source, tuple(function.body), function, owner=symbol.name)
        built = {one.name: one for one in self._merged(self._in(scope, set())) if one.name}
        returns = [n for n in flat(function.body) if isinstance(n, ast.Return) and n.value is not None]
        found = []
        for node in returns:
            assert node.value is not None  # asked for above
            maker = self.made(symbol.source, node.value)
            if dotted(node.value) in built:
                found.append(built[dotted(node.value)])
            elif not isinstance(maker, _Nothing):
                found.append(Presented(scope, "", node.value, node, maker))
        return found[0] if len(found) == 1 else None

    def _returns(self, source: Source, function: Function) -> bool:
        held: dict[str, list[ast.expr]] = {}  # net = Net() may be followed by net = net.half()
        for node in flat(function.body):
            for name, value in bindings(node):
                held.setdefault(name, []).append(value)
        given = [n.value for n in flat(function.body) if isinstance(n, ast.Return) and n.value is not None]
        return any(self.made(source, v) is not _NOTHING for g in given for v in held.get(dotted(g), [g]))

    def made(self, source: Source, value: ast.expr) -> Maker | _Nothing:
        """What makes the model that an expression gives; ``_NOTHING`` if it gives none."""
        if isinstance(value, ast.IfExp):
            first, second = self.made(source, value.body), self.made(source, value.orelse)
            return first if first is second else (_NOTHING if _NOTHING in (first, second) else None)
        if not isinstance(value, ast.Call):
            return _NOTHING
        func = value.func
        meaning = self.classes.project.resolve(source, func)
        if isinstance(meaning, Symbol):
            is_one = self.classes.is_model(meaning) or self.makes(meaning)
            return meaning if is_one else _NOTHING
        if isinstance(meaning, str) and (holds_parameters(meaning) or _LIBRARIES.match(meaning)):
            name = meaning.rpartition(".")[2]
            wraps = name in _WRAPPERS and value.args
            return self.made(source, value.args[0]) if wraps else meaning
        if dotted(func).rpartition(".")[2] in _WRAPPERS and value.args:
            return self.made(source, value.args[0])
        if isinstance(func, ast.Attribute):
            if func.attr in SAME:
                return self.made(source, func.value)
            owner = self.classes.project.resolve(source, func.value)
            if isinstance(owner, Symbol) and self.classes.is_model(owner):
                return owner  # Net.from_config(...)
        return _NOTHING

    def _merged(self, found: Iterable[Presented]) -> Iterator[Presented]:
        """One for each variable of a scope: a later statement may wrap what an earlier one has built."""
        by_name: dict[str, list[Presented]] = {}
        for one in found:
            if one.name:
                by_name.setdefault(one.name, []).append(one)
            else:
                yield one
        for name, several in by_name.items():
            several = [one for one in several if not is_loaded(one.value)] or several  # else what was saved before
            yield self._one(name, several)

    def _one(self, name: str, several: list[Presented]) -> Presented:
        """What a variable holds in the end; of several networks one after the other, the only one that is trained."""
        fresh = [one for one in several if not reads(one.value, name)]
        builds = [one.statement for one in fresh]
        scope = several[-1].scope
        if are_alternatives(scope.body, builds):
            return replace(_wrapped(several), choices=tuple(fresh))
        if len(fresh) < 2 or build_the_same(scope, [one.value for one in fresh], self.classes):
            return _wrapped(several)
        alone = scope_of_the_trained(scope, builds, name, self.classes, self._training.trained_in)
        if alone is None:
            places = ", ".join(scope.source.at(one.value.lineno) for one in fresh[:_MOST_PLACES])
            more = f" and {len(fresh) - _MOST_PLACES} more lines" if len(fresh) > _MOST_PLACES else ""
            whole = _wrapped(several)
            return replace(whole, unsure=whole.unsure or f"{places}{more} build it one after the other")
        meant, until = alone
        there = [one for one in several if any(one.statement is s for s in flat(until.body))]
        return replace(_wrapped(there[there.index(fresh[meant]) :]), scope=until)

    def _in(self, scope: Scope, trained: set[str]) -> Iterator[Presented]:
        for statement, loops in with_loops(scope.body, ()):
            held = set()
            for name, value in bindings(statement):
                maker = self.made(scope.source, value)
                named = bool(_MODEL_NAME.search(name.rpartition(".")[2])) or name in trained
                wrapped = isinstance(value, ast.Call) and reads(value, name)
                if maker is _NOTHING and not (named and _may_be_a_model(scope.source, value) and not wrapped):
                    continue
                held.add(id(value))
                yield Presented(
                    scope, name, value, statement, None if isinstance(maker, _Nothing) else maker, name in trained,
                    LOOP if any(decides(loop, value, name) for loop in loops) else "", handed(value) - {name},
                )  # fmt: skip
            if isinstance(statement, ast.Return):
                continue
            for value in (v for v in own_expressions(statement) if id(v) not in held):
                for call in self._loose(scope.source, value):
                    decided = any(decides(loop, call, "") for loop in loops) or is_repeated(value, call)
                    unsure = LOOP if decided else ""
                    yield Presented(scope, "", call, statement, self._maker(scope.source, call),
                                    self._is_trained(scope, statement, call), unsure, handed(call))  # fmt: skip

    def _maker(self, source: Source, call: ast.Call) -> Maker:
        maker = self.made(source, call)
        return None if isinstance(maker, _Nothing) else maker

    def _loose(self, source: Source, value: ast.AST) -> Iterator[ast.Call]:
        """The outermost calls in an expression that give a model of the files: ``train(Net(64))``."""
        todo = [value]
        while todo:
            node = todo.pop()
            if isinstance(node, ast.Call) and isinstance(self.made(source, node), Symbol):
                yield node
            elif not isinstance(node, ast.Lambda):
                todo += reversed(list(ast.iter_child_nodes(node)))

    def _is_trained(self, scope: Scope, statement: ast.stmt, call: ast.Call) -> bool:
        """``train(Net(64))``, where ``train`` trains what it gets: as if a variable held it."""
        marked = ast.Name("it is here", ast.Load())
        copied = replaced(statement, call, marked)
        return marked.id in self._training.trained_in(replace(scope, body=(copied,)))


def _may_be_a_model(source: Source, value: ast.expr) -> bool:
    """``factory.build(…)`` may, ``dict(type="ResNet")`` may not."""
    if not isinstance(value, ast.Call):
        return isinstance(value, ast.IfExp)
    plain = isinstance(value.func, ast.Name) and value.func.id in _PLAIN
    return not plain or dotted(value.func) in source.definitions


class _Nothing:
    """No model at all."""


_NOTHING = _Nothing()


def _wrapped(several: list[Presented]) -> Presented:
    """A network that later statements wrap, or move."""
    return replace(
        several[-1],
        unsure=next((one.unsure for one in several if one.unsure), ""),
        wraps=frozenset().union(*(one.wraps for one in several)),
        trained=any(one.trained for one in several),
    )
