"""Of several networks that one variable holds one after the other, the one that the code trains.

``model = AlexNet(10)``, its training, and then ``model = models.alexnet(pretrained=True)`` to look at its filters: the
first one is what the notebook is about. It is so only if the others are not worked on: where a gradient is taken or a
step made while the variable holds another one, both may be meant.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace

from costmodel.tracing.reading.classes import Classes
from costmodel.tracing.reading.control import flat
from costmodel.tracing.reading.expressions import core
from costmodel.tracing.reading.scopes import Scope, own_calls
from costmodel.tracing.reading.slicing import read_by_models
from costmodel.tracing.reading.source import Symbol, bindings, dotted

_WORKS = frozenset({"backward", "grad", "vjp", "step", "fit", "train_on_batch", "minimize"})
"""Calls by which a network is trained, whoever makes them."""


def scope_of_the_trained(
    scope: Scope, builds: Sequence[ast.stmt], name: str, classes: Classes, trained_in: Callable[[Scope], set[str]]
) -> tuple[int, Scope] | None:
    """Which of the builds is trained, and the scope up to the one that takes its place.

    Args:
        scope: of the variable.
        builds: the statements that build a network anew, in their order.
        name: of the variable.
        classes: of the files.
        trained_in: the variables that a stretch of code trains.

    Returns:
        None if it is more than one, none, or not certain.
    """
    places = [next((i for i, s in enumerate(scope.body) if s is b), None) for b in builds]
    starts = [place for place in places if place is not None]
    if len(starts) < len(builds):
        return None  # inside a loop or branch
    ends = [*starts[1:], len(scope.body)]
    stretches = [scope.body[start:end] for start, end in zip(starts, ends, strict=True)]
    trained = [i for i, body in enumerate(stretches) if name in trained_in(replace(scope, body=body))]
    others = [replace(scope, body=body) for i, body in enumerate(stretches) if trained != [i]]
    if len(trained) != 1 or any(_works(classes, other, name) for other in others):
        return None
    return trained[0], replace(scope, body=scope.body[: ends[trained[0]]], ended=ends[trained[0]] < len(scope.body))


def build_the_same(scope: Scope, values: Sequence[ast.expr], classes: Classes) -> bool:
    """True if each expression builds the same: the same text, of variables that are assigned once.

    So are those of the file that its classes read while they are built.
    """
    read = {node.id for node in ast.walk(values[0]) if isinstance(node, ast.Name)}
    read |= read_by_models(classes, scope) if scope.function is None else set()
    bound = [name for node in flat(scope.body) for name, _ in bindings(node)]
    return len({ast.unparse(core(value)) for value in values}) == 1 and all(bound.count(name) <= 1 for name in read)


def _works(classes: Classes, scope: Scope, name: str) -> bool:
    """True if a stretch of code, or what it calls, takes a gradient or makes a step; ``model.train()`` makes none."""
    seen: set[int] = set()
    todo = [(scope.source, call) for node in flat(scope.body) for call in own_calls(node)]
    while todo:
        source, call = todo.pop()
        word = dotted(call.func).rpartition(".")[2] or getattr(call.func, "attr", "")
        if word in _WORKS or (word == "train" and _of(call) != name):
            return True
        meaning = classes.project.resolve(source, call.func)
        if isinstance(meaning, Symbol) and id(meaning.node) not in seen:
            seen.add(id(meaning.node))
            todo += [(meaning.source, inner) for inner in ast.walk(meaning.node) if isinstance(inner, ast.Call)]
    return False


def _of(call: ast.Call) -> str:
    """The variable whose method is called; of a plain function its own name."""
    return dotted(call.func.value) if isinstance(call.func, ast.Attribute) else dotted(call.func)
