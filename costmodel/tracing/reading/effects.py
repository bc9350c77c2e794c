"""What a statement changes beside what it binds: a list that something is popped from, an option that a function sets.

Reading goes for what may change rather than for what surely does: a line that is run for nothing costs little, and one
that is left out makes another network. Only a training is never run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from costmodel.tracing.reading.changing import SHAPE, root_of, sets, stores_into
from costmodel.tracing.reading.classes import Classes
from costmodel.tracing.reading.names import names_bound, names_in, names_stored
from costmodel.tracing.reading.opaque import is_opaque
from costmodel.tracing.reading.scopes import Scope, matched, statements
from costmodel.tracing.reading.source import Symbol, bindings, dotted
from costmodel.tracing.reading.working import calls_in, trains

_DEEPEST = 4
_CONTENTS = frozenset({
    "append", "extend", "insert", "pop", "popitem", "remove", "clear", "sort", "reverse", "update", "setdefault", "add",
    "discard", "appendleft", "popleft", "extendleft", "rotate", "__setitem__", "__delitem__", "__setattr__",
})  # fmt: skip
"""Methods of Python's containers that change them."""

_PARTS = frozenset({"add_module", "register_module", "append", "extend", "insert", "pop", "register_parameter",
                    "requires_grad_"})  # fmt: skip
"""Methods of a module that change what it is made of, whoever takes their result."""

_REBUILDS = ("torch.nn.utils.", "torch.ao.", "torch.quantization.")
"""Installed functions that change the module that they are given (weight_norm, prune, prepare)."""
_ONLY_GRADIENTS = ("torch.nn.utils.clip_grad", "torch.nn.utils.rnn", "torch.nn.utils.parameters_to_vector")


class Effects:
    """Tells what expressions change.

    Args:
        classes: of the files.
        scope: in which they stand.
        models: variables that hold a model: of these only the structure matters.
        own: names that the scope binds.
    """

    def __init__(self, classes: Classes, scope: Scope, models: frozenset[str], own: set[str]) -> None:
        self._classes = classes
        self._scope = scope
        self._models = models
        self._own = own
        self._aliases = list(_aliases(scope, models))
        self._outside: dict[int, frozenset[str]] = {}

    def reach(self, needed: set[str]) -> set[str]:
        """The variables by which something needed can be changed: ``c`` after ``c = config``."""
        found = set(needed)
        while True:
            more = {name for name, root in self._aliases if root in found} - found
            if not more:
                return found
            found |= more

    def of(self, expressions: Iterable[ast.expr], reach: set[str], alone: ast.Call | None = None) -> bool:
        """Whether one of the expressions changes a variable.

        Args:
            expressions: of a statement itself, without its blocks.
            reach: the variables.
            alone: the call that a statement consists of: who calls a method for nothing but its effect wants that.
        """
        inside = [node for expression in expressions for node in ast.walk(expression)]
        if alone is not None and self._method_of(alone, reach):
            return True
        return any(
            self._contents(node, reach)
            if isinstance(node, ast.Attribute)
            else self._called(node, reach)
            if isinstance(node, ast.Call)
            else isinstance(node, ast.Name) and self._handed(node, reach)
            for node in inside
        )

    def _method_of(self, call: ast.Call, reach: set[str]) -> bool:
        func = call.func
        if not isinstance(func, ast.Attribute):
            return False
        root = root_of(func.value)
        if root and self._is_model(root):
            if goes_to_cuda(call):
                return False
            return root in reach and (func.attr in SHAPE or self._method_changes(func.attr) or self.applies(call))
        return root in reach & self._own and not self._is_installed(root) and not self._is_new(func.value)

    def _contents(self, node: ast.Attribute, reach: set[str]) -> bool:
        """``layers.pop()``, ``map(layers.append, …)``, ``config.load()`` of a class whose ``load`` stores."""
        root = root_of(node.value)
        if root not in reach or not isinstance(node.ctx, ast.Load):
            return False
        if self._is_model(root):
            return node.attr in _PARTS and not any(True for _ in calls_in(node.value))
        if root not in self._own or self._is_installed(root) or self._is_new(node.value):
            return False
        return node.attr in _CONTENTS or self._own_method_stores(node.attr)

    def _called(self, call: ast.Call, reach: set[str]) -> bool:
        meaning = self._classes.project.resolve(self._scope.source, call.func)
        if isinstance(call.func, ast.Name) and call.func.id in ("setattr", "delattr", "next") and call.args:
            return root_of(call.args[0]) in reach & self._own
        if isinstance(meaning, str):
            rebuilds = meaning.startswith(_REBUILDS) and not meaning.startswith(_ONLY_GRADIENTS)
            return rebuilds and any(self._is_model(root_of(v)) and root_of(v) in reach for v in call.args)
        if not isinstance(meaning, Symbol) or isinstance(meaning.node, ast.ClassDef):
            return self.applies(call) and root_of(call.func) in reach
        given = {name: dotted(value) for name, value in _given(meaning, call)}
        held = [(name, value) for name, value in given.items() if value in reach & self._own]
        return any(self._stores(meaning, name, is_model=value in self._models) for name, value in held)

    def _handed(self, node: ast.Name, reach: set[str]) -> bool:
        """A function that is called, or that somebody gets who may call it, changes variables of the file."""
        meaning = self._classes.project.resolve(self._scope.source, node)
        if not isinstance(meaning, Symbol) or isinstance(meaning.node, ast.ClassDef):
            return False
        opaque = any(is_opaque(inner, inside=True) for inner in statements(meaning.node.body))
        return opaque or bool(self._changed_outside(meaning) & reach)

    def _changed_outside(self, symbol: Symbol, depth: int = 0) -> frozenset[str]:
        """Variables that are not the function's own and that it changes, by functions that it calls too."""
        key = id(symbol.node)
        if key in self._outside or isinstance(symbol.node, ast.ClassDef):
            return self._outside.get(key, frozenset())
        self._outside[key] = frozenset()  # of itself it says nothing
        function = symbol.node
        inside = [node for one in function.body for node in ast.walk(one)]
        shared = {name for node in inside if isinstance(node, ast.Global) for name in node.names}
        found = set(shared)
        if not trains(self._classes.project, symbol.source, function.body):
            places = function.args
            local = {a.arg for a in (*places.posonlyargs, *places.args, *places.kwonlyargs)}
            local |= {name for one in statements(function.body) for name in names_bound(one)} - shared
            changed = {root_of(node) for node in inside if _changes_contents(node)}
            found |= changed - local
            for node in inside:
                meaning = self._classes.project.resolve(symbol.source, node) if isinstance(node, ast.Name) else None
                if isinstance(meaning, Symbol) and depth < _DEEPEST:
                    found |= self._changed_outside(meaning, depth + 1)
        self._outside[key] = frozenset(found - {""})
        return self._outside[key]

    def _stores(self, symbol: Symbol, name: str, *, is_model: bool, depth: int = 0) -> bool:
        """Whether a function changes its parameter, or hands it on to one that does."""
        function = symbol.node
        if isinstance(function, ast.ClassDef) or depth > _DEEPEST:
            return False
        if stores_into(function, name) or (not is_model and sets(function, name)):
            return True
        if trains(self._classes.project, symbol.source, function.body):
            return False
        for call in (c for one in function.body for c in calls_in(one)):
            other = self._classes.project.resolve(symbol.source, call.func)
            if isinstance(other, Symbol) and any(
                root_of(value) == name and self._stores(other, inner, is_model=is_model, depth=depth + 1)
                for inner, value in _given(other, call)
            ):
                return True
        return False

    def applies(self, call: ast.Call) -> bool:
        """True for ``net.apply(grow)`` where ``grow`` changes the module that it gets."""
        if not (isinstance(call.func, ast.Attribute) and call.func.attr == "apply" and len(call.args) == 1):
            return False
        if not self._is_model(root_of(call.func.value)):
            return False
        applied = self._classes.project.resolve(self._scope.source, call.args[0])
        if not isinstance(applied, Symbol) or isinstance(applied.node, ast.ClassDef) or not applied.node.args.args:
            return False
        return self._stores(applied, applied.node.args.args[0].arg, is_model=True)

    def _is_installed(self, root: str) -> bool:
        """``F`` in ``F.cross_entropy(…)``: its functions change nothing, unlike those of the submission's own files."""
        meaning = self._classes.project.resolve(self._scope.source, ast.Name(root, ast.Load()))
        return isinstance(meaning, str) and (meaning.startswith("torch") or "." not in meaning)

    def _is_new(self, value: ast.expr) -> bool:
        """``Trainer(config)`` in ``Trainer(config).run()``: nobody has what it makes."""
        made = isinstance(value, ast.Call) and self._classes.project.resolve(self._scope.source, value.func)
        return isinstance(made, Symbol) and isinstance(made.node, ast.ClassDef)

    def _is_model(self, root: str) -> bool:
        return root in self.reach(set(self._models)) if root not in self._models else True

    def _method_changes(self, name: str) -> bool:
        """True if a class of the files has a method of this name that changes the module."""
        methods = (self._classes.method(symbol, name) for symbol in self._classes.models)
        return any(method is not None and stores_into(method, "self") for method in methods)

    def _own_method_stores(self, name: str) -> bool:
        """True if a class of this file that is no network has such a method, and it stores into the object."""
        return any(
            isinstance(node, ast.ClassDef)
            and any(isinstance(one, ast.FunctionDef) and one.name == name and sets(one, "self") for one in node.body)
            for node in self._scope.source.definitions.values()
        )


def goes_to_cuda(call: ast.Call) -> bool:
    """``net.to("cuda:0")``: nothing is traced there."""
    is_to = isinstance(call.func, ast.Attribute) and call.func.attr == "to"
    return is_to and any(isinstance(a, ast.Constant) and str(a.value).startswith("cuda") for a in call.args)


def _given(symbol: Symbol, call: ast.Call) -> list[tuple[str, ast.expr]]:
    return list(matched(symbol.node, call).items())


def _changes_contents(node: ast.AST) -> bool:
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return True
    return isinstance(node, ast.Attribute) and node.attr in _CONTENTS


def _aliases(scope: Scope, models: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Other names of what a variable holds, or of a part: ``c = config``, ``head = net.fc``, ``for c in configs``."""
    for node in statements(scope.body):
        for name, value in bindings(node):
            root = root_of(value)
            if root and root != name and "." not in name and not any(True for _ in calls_in(value)):
                yield name, root
        if isinstance(node, (ast.For, ast.AsyncFor)) and not names_in(node.iter) & models:
            yield from ((name, root) for name in names_stored(node.target) for root in names_in(node.iter))
