"""What a step keeps in Python from one run to the next: counters, iterators, caches, generators of random numbers.

Seen are the attributes of the subject's own modules (not those of torch's), the globals of the files that they and the
step's functions come from, closures, class attributes, and objects of the files' own classes, a few levels deep.
Tensors count by their shape, and by their value where it is a constant of the program.
"""

from __future__ import annotations

import operator
import random
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FrameType, FunctionType, GeneratorType, ModuleType
from typing import Any

import torch
from torch import nn

from costmodel.tracing import compat
from costmodel.tracing.blame import is_users

_DEPTH, _ITEMS = 4, 50
_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_OF_EVERY_MODULE = frozenset(vars(nn.Module()))
"""Attributes that torch itself keeps on a module: parameters, hooks, the mode."""

State = dict[str, Any]
"""Summaries by the name under which the program knows them; a name's last part is what source code mentions."""


def state_of(model: nn.Module, roots: Iterable[Any]) -> State:
    """Everything that is kept; ``roots`` are the step's functions, optimizers and the file's namespace."""
    roots = functions_of(roots)
    found: State = {}
    visited: set[int] = set()
    for path, module in model.named_modules():
        if _is_own(type(module)):
            values = {name: value for name, value in vars(module).items() if name not in _OF_EVERY_MODULE}
            _enter(found, f"{path}.", values | dict(module.named_buffers(recurse=False)), visited)
    for kind in dict.fromkeys(base for module in model.modules() for base in type(module).__mro__):
        if _is_own(kind):
            _enter(found, f"{kind.__name__}.", _of_class(kind), visited)
    for namespace in user_namespaces(model, roots):
        _enter(found, f"{namespace.get('__name__', '')}.", _data(namespace), visited)
    for root in roots:
        if isinstance(root, FunctionType):
            _enter(found, "", {root.__name__: root}, visited)
        elif not isinstance(root, Mapping) and _is_own(type(root)):
            _enter(found, f"{type(root).__name__}.", vars(root), visited)
    return found


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
    """Names whose summary is not what it was."""
    return tuple(name for name in after if before.get(name, _NOTHING) != after[name])


_NOTHING = object()


def _is_own(kind: type) -> bool:
    module = sys.modules.get(kind.__module__)
    return is_users(str(getattr(module, "__file__", None) or ""))


def _data(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """A file's globals that can change: no imported modules, and of functions and classes what they carry."""
    result: dict[str, Any] = {}
    for name, value in list(namespace.items()):
        if name.startswith("__") or isinstance(value, ModuleType):
            continue
        if isinstance(value, type):
            if value.__module__ == namespace.get("__name__"):
                result |= {f"{name}.{inner}": held for inner, held in _of_class(value).items()}
        else:
            result[name] = value
    return result


def _of_class(kind: type) -> dict[str, Any]:
    """What all objects of a class share and may change."""
    return {name: value for name, value in vars(kind).items() if not name.startswith("__") and not callable(value)}


def _carried(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Closure of a function, and of the user's own also defaults and attributes: torch notes things on its own ones."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:
            continue  # not filled yet
    if is_users(function.__code__.co_filename):
        yield from vars(function).items()
        yield from _defaults(function)


def _defaults(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Default values of arguments, by the arguments' names: a list or a dict in them outlives the call."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = function.__defaults__ or ()
    yield from zip(names[len(names) - len(defaults) :], defaults, strict=True)
    yield from (function.__kwdefaults__ or {}).items()


def _enter(found: State, prefix: str, values: Mapping[str, Any], visited: set[int]) -> None:
    for name, value in list(values.items()):
        if isinstance(value, FunctionType):
            if id(value) not in visited:
                visited.add(id(value))
                _enter(found, f"{prefix}{name}.", dict(_carried(value)), visited)
        elif not isinstance(value, (nn.Module, type, ModuleType)):
            found[f"{prefix}{name}"] = _summary(value, _DEPTH, set())


def _summary(value: Any, depth: int, visited: set[int]) -> Any:
    """A value that is equal as long as nothing in it changes."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, torch.Tensor):
        return ("tensor", tuple(value.shape), value.dtype, compat.known_value(value))
    if depth == 0 or id(value) in visited:
        return type(value).__name__
    visited = visited | {id(value)}
    if isinstance(value, Mapping):
        items = [(str(k), _summary(v, depth - 1, visited)) for k, v in list(value.items())[:_ITEMS]]
        return (len(value), items)
    if isinstance(value, (list, tuple, deque)):
        return (len(value), [_summary(item, depth - 1, visited) for item in list(value)[:_ITEMS]])
    if isinstance(value, (set, frozenset)):
        return (len(value), sorted(map(repr, value))[:_ITEMS] if all(isinstance(i, _PLAIN) for i in value) else None)
    return _moving(value, depth, visited)


def _moving(value: Any, depth: int, visited: set[int]) -> Any:
    """Iterators, generators of random numbers, and objects of the user's own classes."""
    if isinstance(value, GeneratorType):
        frame = value.gi_frame
        return None if frame is None else (frame.f_lasti, _summary(dict(frame.f_locals), depth - 1, visited))
    if isinstance(value, random.Random):
        return value.getstate()
    if type(value).__module__.startswith("numpy.random") and hasattr(value, "bit_generator"):
        return repr(value.bit_generator.state)
    if isinstance(value, Iterator):
        return _place(value)
    if not isinstance(value, (type, nn.Module)) and _is_own(type(value)):
        slots = {name: getattr(value, name, None) for name in getattr(type(value), "__slots__", ())}
        return _summary({**getattr(value, "__dict__", {}), **slots}, depth - 1, visited)
    return type(value).__name__


def _place(iterator: Iterator[Any]) -> Any:
    """How far an iterator has come; one that does not say is taken to have moved."""
    text = repr(iterator)
    if " at 0x" not in text and "object" not in text:
        return text  # count(3)
    left = operator.length_hint(iterator, -1)
    return left if left >= 0 else object()
