"""Which values hold which: attributes, items, closures, default arguments, a few levels deep, and how each is replaced.

A path says how the program reaches a value: ``net.step``, ``counts[3]``, ``args.step``. Nothing is asked of an object
but its own ``__dict__`` and slots: no property runs, and what has an answer to everything is not believed.
"""

from __future__ import annotations

import ctypes
import functools
import operator
import random
import re
import sys
import threading
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from types import FunctionType, GeneratorType, MethodType, ModuleType
from typing import Any

import torch
from torch import nn

from costmodel.tracing import compat
from costmodel.tracing.blame import is_users

_DEPTH, _ITEMS, _NUMBERS, _MOST = 5, 50, 4096, 20_000
"""Levels, items of a container that are entered, numbers of one that are compared, and values in all."""
_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_SIMPLE, _LEAVES = frozenset(_PLAIN), (*_PLAIN, torch.Tensor)
_CALLING = (MethodType, type(object().__str__), type(len))
"""Methods, those of built-in types too."""
_QUIET = (
    "torch.", "costmodel.", "logging", "threading", "_thread", "weakref", "re", "pathlib", "importlib", "unittest",
    "_pytest", "concurrent", "multiprocessing", "asyncio", "warnings", "contextvars",
)  # fmt: skip
"""Packages whose objects note things that decide nothing."""
_COUNTING = ("torch.optim", "torch.utils.data", "torch.amp", "torch.cuda.amp", "torch.ao")
"""Parts of torch whose objects count steps."""
_BAGS = ("Namespace", "SimpleNamespace", "_local")
"""Classes that only have the attributes that somebody sets."""
_KEY = re.compile(r"[^\[\].]+")
_LRU = type(functools.lru_cache(lambda: None))


@dataclass(frozen=True, slots=True)
class Held:
    """A value that something keeps.

    Attributes:
        path: how the program reaches it.
        value: it, or the container whose length counts.
        put: keeps another value in its place, None where that cannot be done.
    """

    path: str
    value: Any
    put: Callable[[Any], object] | None = None


def names_of(path: str) -> frozenset[str]:
    """What source code mentions of a path: its last attribute or variable, and the keys behind it."""
    last = path.rpartition("]")[0] + "]" if path.endswith("]") else path
    begins = _last_dot(last)
    return frozenset(name for name in _KEY.findall(last[begins:]) if not name.isdigit())


def _last_dot(path: str) -> int:
    """Where the last part of a path begins; a dot within brackets ends no part."""
    depth = 0
    for place in range(len(path) - 1, -1, -1):
        depth += {"]": 1, "[": -1}.get(path[place], 0)
        if path[place] == "." and depth == 0:
            return place + 1
    return 0


def is_own(kind: type) -> bool:
    """Whether a class is of the user's own files."""
    module = sys.modules.get(kind.__module__)
    return is_users(str(getattr(module, "__file__", None) or ""))


@dataclass
class Walk:
    """Collects what is held; a function is entered once."""

    found: list[Held] = field(default_factory=list)
    _entered: set[int] = field(default_factory=set)

    def enter(self, prefix: str, values: Mapping[str, Any], holder: Any = ...) -> None:
        """Values by name; ``holder`` is the dictionary in which they lie, the values themselves by default."""
        holder = values if holder is ... else holder
        for name, value in list(values.items()):
            put = partial(operator.setitem, holder, name) if isinstance(holder, MutableMapping) else None
            self._one(f"{prefix}{name}", value, put, _DEPTH)

    def of_class(self, prefix: str, kind: type) -> None:
        """What all objects of a class share and may change."""
        for name, value in list(vars(kind).items()):
            if not name.startswith("__") and not callable(value) and not hasattr(type(value), "__get__"):
                self._one(f"{prefix}{name}", value, partial(setattr, kind, name), _DEPTH)

    def _one(self, path: str, value: Any, put: Callable[[Any], object] | None, depth: int) -> None:
        if len(self.found) >= _MOST or isinstance(value, (type, ModuleType)):
            return
        if type(value) in _SIMPLE:  # most are
            self.found.append(Held(path, value, put))
        elif isinstance(value, FunctionType):
            self._of_function(path, value, depth)
        elif isinstance(value, nn.Module):
            return  # entered where it is named
        elif isinstance(value, _LEAVES):
            self.found.append(Held(path, value, put))
        elif depth > 0 and id(value) not in self._entered:
            self._entered.add(id(value))
            self._inside(path, value, put, depth)

    def _of_function(self, path: str, function: FunctionType, depth: int) -> None:
        """Closure of a function, and of the user's own also defaults and attributes: torch notes things on its own."""
        if id(function) in self._entered or depth == 0:
            return
        self._entered.add(id(function))
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                value = cell.cell_contents
            except ValueError:
                continue  # not filled yet
            self._one(f"{path}.{name}", value, partial(setattr, cell, "cell_contents"), depth - 1)
        if is_users(function.__code__.co_filename):
            self._deeper(f"{path}.", vars(function), depth)
            for name, value in _defaults(function):
                self._one(f"{path}.{name}", value, None, depth - 1)

    def _deeper(self, prefix: str, values: Mapping[Any, Any], depth: int) -> None:
        for name, value in list(values.items()):
            self._one(f"{prefix}{name}", value, partial(operator.setitem, values, name), depth - 1)

    def _inside(self, path: str, value: Any, put: Callable[[Any], object] | None, depth: int) -> None:
        if isinstance(value, Mapping):
            self.found.append(Held(path, value))
            for place, (key, inner) in enumerate(list(islice(value.items(), _ITEMS))):
                name = key if isinstance(key, (str, int)) else place
                replace = partial(operator.setitem, value, key) if isinstance(value, MutableMapping) else None
                self._one(f"{path}[{name}]", inner, replace, depth - 1)
        elif isinstance(value, (list, deque, tuple)):
            self.found.append(Held(path, value, put))
            for place in range(min(len(value), _ITEMS)):
                replace = None if isinstance(value, tuple) else partial(operator.setitem, value, place)
                self._one(f"{path}[{place}]", value[place], replace, depth - 1)
        elif _is_array(value):
            self._of_array(path, value, put)
        else:
            self._of_object(path, value, put, depth)

    def _of_array(self, path: str, value: Any, put: Callable[[Any], object] | None) -> None:
        """Numbers of NumPy's: each by itself where they are few."""
        if not getattr(value, "shape", ()) and type(value).__name__ != "ndarray":
            self.found.append(Held(path, value.item(), put))
        elif value.size <= _ITEMS and value.dtype.kind in "iuf":
            for place, number in enumerate(value.flat):
                self.found.append(Held(f"{path}[{place}]", number.item(), partial(operator.setitem, value.flat, place)))
        else:
            self.found.append(Held(path, value))

    def _of_object(self, path: str, value: Any, put: Callable[[Any], object] | None, depth: int) -> None:
        kind = type(value)
        if isinstance(value, ctypes._SimpleCData):
            self.found.append(Held(path, value.value, partial(setattr, value, "value")))
        elif isinstance(value, partial):
            self._one(f"{path}[func]", value.func, None, depth - 1)
            self._one(f"{path}[args]", value.args, None, depth - 1)
            self._one(f"{path}[keywords]", value.keywords, None, depth - 1)
        elif isinstance(value, _CALLING):
            self._one(path, getattr(value, "__self__", None), None, depth - 1)
        elif _is_entered(kind):
            # of others' classes the code is not read: a condition can only name what holds the object
            bag = is_own(kind) or kind.__name__ in _BAGS
            for name, inner, replace in _attributes(value):
                self._one(f"{path}.{name}" if bag else f"{path}[{name}]", inner, replace, depth - 1)
            self.found.append(Held(path, value, put))
        else:
            self.found.append(Held(path, value, put))


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic))


def _is_entered(kind: type) -> bool:
    name = f"{kind.__module__}."
    return name.startswith(_COUNTING) or kind.__name__ in _BAGS or not name.startswith(_QUIET)


def _attributes(value: Any) -> Iterator[tuple[str, Any, Callable[[Any], object]]]:
    """An object's own attributes and slots."""
    try:
        inside = vars(value) if isinstance(value, threading.local) else object.__getattribute__(value, "__dict__")
    except AttributeError:
        inside = {}
    if isinstance(inside, dict):
        for name, inner in list(inside.items()):
            yield str(name), inner, partial(operator.setitem, inside, name)
    slots = getattr(type(value), "__slots__", ()) if is_own(type(value)) else ()
    for name in (slots,) if isinstance(slots, str) else slots:
        yield name, getattr(value, name, None), partial(setattr, value, name)


def _defaults(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Default values of arguments, by the arguments' names: a list or a dict in them outlives the call."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = function.__defaults__ or ()
    yield from zip(names[len(names) - len(defaults) :], defaults, strict=True)
    yield from (function.__kwdefaults__ or {}).items()


def seen(value: Any) -> Any:
    """A summary of a held value, equal as long as it has not changed; what it contains has summaries of its own."""
    if isinstance(value, float):
        return value if value == value else "nan"  # which is never equal to itself
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, torch.Tensor):
        return ("tensor", tuple(value.shape), value.dtype, compat.known_value(value))
    if isinstance(value, Mapping):
        return ("mapping", len(value))
    if isinstance(value, (list, tuple, deque)):
        plain = len(value) <= _NUMBERS and all(type(item) in (int, float, bool) for item in value)
        return (type(value).__name__, len(value), tuple(value) if plain and len(value) > _ITEMS else None)
    if isinstance(value, (set, frozenset)):
        return (
            "set",
            len(value),
            sorted(map(repr, value))[:_ITEMS] if all(isinstance(i, _PLAIN) for i in value) else 0,
        )
    if _is_array(value):
        return (
            "array",
            value.shape,
            value.tobytes() if value.dtype.kind in "biuf" and value.size <= _NUMBERS else None,
        )
    if isinstance(value, (array, bytearray)):
        return (len(value), bytes(value[:_NUMBERS]))
    return _moving(value)


def _moving(value: Any) -> Any:
    """Iterators, caches of functions, and generators of random numbers."""
    if isinstance(value, GeneratorType):
        frame = value.gi_frame
        kept = {} if frame is None else dict(frame.f_locals)
        return (frame and frame.f_lasti, [(n, v) for n, v in kept.items() if isinstance(v, _PLAIN)])
    if isinstance(value, random.Random):
        return value.getstate()
    if type(value).__module__.startswith("numpy.random") and hasattr(value, "bit_generator"):
        return repr(value.bit_generator.state)
    if isinstance(value, _LRU):
        return tuple(value.cache_info())
    if isinstance(value, Iterator):
        return _place(value)
    return type(value).__name__


def _place(iterator: Iterator[Any]) -> Any:
    """How far an iterator has come; one that does not say is taken to have moved."""
    text = repr(iterator)
    if " at 0x" not in text and "object" not in text:
        return text  # count(3)
    left = operator.length_hint(iterator, -1)
    return left if left >= 0 else object()
