"""What a step asks of the world outside itself, which answers otherwise each time: a clock, chance of its own, a file.

None of it can be run ahead. A condition on such an answer is found by reading, as one on a counter is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType
from typing import Any

ASKING = frozenset(
    {
        "time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time",
        "thread_time", "process_time_ns", "now", "utcnow", "today", "ctime", "localtime", "gmtime", "strftime",
        "times", "elapsed_time", "urandom", "getrandbits", "randbits", "randbelow", "token_bytes", "token_hex",
        "uuid1", "uuid4", "getpid", "id", "read", "readline", "readlines", "read_text", "read_bytes", "exists",
        "is_file", "stat", "getmtime", "listdir", "glob", "getrefcount", "getloadavg", "cpu_percent",
        "virtual_memory", "memory_allocated", "getrusage", "get_count", "SystemRandom", "urlopen", "hash",
    }
)  # fmt: skip
"""Functions whose answer is not the step's own, by their last name."""


def aliases(namespaces: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Other names that files give to them: ``from time import perf_counter as tick``."""
    return frozenset(
        name
        for space in namespaces
        for name, value in space.items()
        if isinstance(value, BuiltinFunctionType) and value.__name__ in ASKING and value.__name__ != name
    )


def asked_in(codes: Iterable[CodeType], names: frozenset[str]) -> bool:
    """Whether functions mention one, or one of these names."""
    return any(name in ASKING or name in names for code in codes for name in code.co_names)


def mentioned(namespaces: Iterable[Mapping[str, Any]], names: frozenset[str]) -> bool:
    """Whether any function of these files mentions one."""
    return any(asked_in([code], names) for space in namespaces for code in _codes(space))


def _codes(namespace: Mapping[str, Any]) -> Iterator[CodeType]:
    """Code of a file's functions and methods, and of the functions within them."""
    todo: list[Any] = list(namespace.values())
    while todo:
        one = todo.pop()
        one = getattr(one, "__func__", one) if isinstance(one, (staticmethod, classmethod)) else one
        one = one.fget if isinstance(one, property) else one
        if isinstance(one, type) and one.__module__ == namespace.get("__name__"):
            todo += list(vars(one).values())
        elif isinstance(one, FunctionType) and one.__module__ == namespace.get("__name__"):
            todo.append(one.__code__)
        elif isinstance(one, CodeType):
            yield one
            todo += [inner for inner in one.co_consts if isinstance(inner, CodeType)]
