"""What a step keeps in Python from one run to the next: counters, iterators, caches, generators of random numbers.

Seen are the attributes of the model's modules and of its parameters, hooks, the globals of the files that the modules
and the step's functions come from, closures, class attributes, the optimizers, the environment, and whatever object is
held by one of these, a few levels deep. What holds what is walked in ``held.py``. Tensors count by their shape, and by
their value where it is a constant of the program.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import torch
from torch import nn

from costmodel.tracing.blame import is_users
from costmodel.tracing.deferred import SET_BY_TORCH
from costmodel.tracing.recording.held import Held, Walk, is_own, seen
from costmodel.tracing.recording.recorder import TAG

_OF_EVERY_MODULE = frozenset(vars(nn.Module()))
"""Attributes that torch itself keeps on a module: parameters, hooks, the mode."""
_HOOKS = tuple(sorted(name for name in _OF_EVERY_MODULE if name.endswith("_hooks")))
_EVERYBODYS = (torch, builtins, sys, os)
"""Modules in which anybody can put a number down."""

State = dict[str, Any]
"""Summaries by the path under which the program knows them."""


def state_of(model: nn.Module, roots: Iterable[Any]) -> State:
    """Everything that is kept; ``roots`` are the step's functions, optimizers and the file's namespace."""
    return summaries(held_by(model, roots))


def summaries(held: Iterable[Held]) -> State:
    """What held values are, by their paths."""
    return {one.path: seen(one.value) for one in held}


def held_by(model: nn.Module, roots: Iterable[Any]) -> list[Held]:
    """Every value that is kept, with its path and how to put another one in its place."""
    roots = functions_of(roots)
    walk = Walk()
    for path, module in model.named_modules():
        _of_module(walk, f"{path}.", module)
    for name, parameter in model.named_parameters():
        walk.enter(f"{name}.", {n: v for n, v in vars(parameter).items() if n != TAG}, holder=vars(parameter))
    for kind in dict.fromkeys(base for module in model.modules() for base in type(module).__mro__):
        if is_own(kind) or kind is nn.Module:
            walk.of_class(f"{kind.__name__}.", kind)
    for namespace in user_namespaces(model, roots):
        _of_file(walk, namespace)
    for root in roots:
        if isinstance(root, FunctionType):
            walk.enter("", {root.__name__: root})
        elif isinstance(root, torch.optim.Optimizer):
            _of_optimizer(walk, root)
        elif not isinstance(root, Mapping) and is_own(type(root)):
            walk.enter(f"{type(root).__name__}.", vars(root))
    for module in _EVERYBODYS:
        numbers = {n: v for n, v in list(vars(module).items()) if type(v) in (int, float, str)}
        walk.enter(f"{module.__name__}.", numbers, holder=vars(module))
    walk.enter("", {"environ": {n: v for n, v in os.environ.items() if SET_BY_TORCH.get(n) != v}})
    return walk.found


def _of_module(walk: Walk, prefix: str, module: nn.Module) -> None:
    values = {name: value for name, value in vars(module).items() if name not in _OF_EVERY_MODULE}
    walk.enter(prefix, values, holder=vars(module))
    if is_own(type(module)):
        walk.enter(prefix, dict(module.named_buffers(recurse=False)), holder=None)
    for name in _HOOKS:
        if hooks := vars(module).get(name):
            walk.enter(f"{prefix}{name}.", {str(i): hook for i, hook in enumerate(hooks.values())}, holder=None)


def _of_file(walk: Walk, namespace: Mapping[str, Any]) -> None:
    """A file's globals that can change: no imported modules, and of its own classes what their objects share."""
    prefix = f"{namespace.get('__name__', '')}."
    values: dict[str, Any] = {}
    for name, value in list(namespace.items()):
        if name.startswith("__") or isinstance(value, ModuleType):
            continue
        if not isinstance(value, type):
            values[name] = value
        elif value.__module__ == namespace.get("__name__"):
            walk.of_class(f"{prefix}{name}.", value)
    for name, value in values.items():
        if isinstance(value, nn.Module):
            _of_module(walk, f"{prefix}{name}.", value)
    walk.enter(prefix, values, holder=namespace)


def _of_optimizer(walk: Walk, optimizer: torch.optim.Optimizer) -> None:
    """What an optimizer counts; the tensors that torch's own ones keep are state of another kind."""
    kind = type(optimizer)
    names = ["param_groups", *(name for name in vars(optimizer) if name.endswith("_hooks"))]
    if not kind.__module__.startswith("torch."):
        names = [name for name in vars(optimizer) if name not in ("defaults", "_zero_grad_profile_name")]
    walk.enter(f"{kind.__name__}.", {name: vars(optimizer)[name] for name in names}, holder=None)


def user_namespaces(model: nn.Module, roots: Iterable[Any]) -> list[Mapping[str, Any]]:
    """The globals of the user's own files behind a model and the step's functions, and of those that they import."""
    known: dict[int, Mapping[str, Any]] = {}

    def add(namespace: Mapping[str, Any] | None) -> None:
        if namespace and id(namespace) not in known and is_users(str(namespace.get("__file__") or "")):
            known[id(namespace)] = namespace
            for value in list(namespace.values()):
                if isinstance(value, ModuleType):
                    add(vars(value))

    for kind in dict.fromkeys(type(module) for module in model.modules()):
        add(vars(sys.modules[kind.__module__]) if kind.__module__ in sys.modules else None)
    for root in roots:
        add(root if isinstance(root, Mapping) else getattr(root, "__globals__", None))
    return list(known.values())


def functions_of(roots: Iterable[Any]) -> tuple[Any, ...]:
    """The roots, with the plain functions behind partial, bound and wrapped ones."""
    result: list[Any] = []
    for root in roots:
        result.append(root)
        inner = getattr(root, "func", None) or getattr(root, "__func__", None) or getattr(root, "__wrapped__", None)
        if inner is not None:
            result += [*functions_of((inner, getattr(root, "__self__", None)))]
    return tuple(root for root in result if root is not None)


@contextmanager
def codes_run() -> Iterator[dict[CodeType, None]]:
    """The user's own functions that run meanwhile."""
    codes: dict[CodeType, None] = {}
    before = sys.getprofile()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            codes.setdefault(frame.f_code)

    sys.setprofile(note)
    try:
        yield codes
    finally:
        sys.setprofile(before if callable(before) else None)
        if before is not None and hasattr(before, "enable"):
            before.enable()  # cProfile's own object is no function: it goes on when it is asked to
        for code in [code for code in codes if not is_users(code.co_filename)]:
            del codes[code]


def changed(before: State, after: State) -> tuple[str, ...]:
    """Paths whose summary is not what it was."""
    return tuple(path for path in after if before.get(path, _NOTHING) != after[path])


_NOTHING = object()
