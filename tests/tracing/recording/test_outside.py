"""What a file asks of the world outside, by any name."""

from __future__ import annotations

import time
from typing import Any

from costmodel.tracing.recording.outside import aliases, asked_in, mentioned

NONE: frozenset[str] = frozenset()


def namespace(text: str) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "net"}
    exec(text, space)
    return space


def test_functions_and_methods_that_ask() -> None:
    for body in (
        "def f(): return time.time()",
        "class C:\n    def f(self): return os.urandom(1)",
        "class C:\n    @property\n    def f(self): return open(x).read()",
        "class C:\n    @staticmethod\n    def f(): return id(x)",
        "def f():\n    return lambda: secrets.randbelow(9)",
    ):
        assert mentioned([namespace("import time\n" + body)], NONE), body
    assert not mentioned([namespace("import time\nT = time.time()\ndef f(): return T")], NONE)
    assert not mentioned([namespace("from json import dumps")], NONE), "a function of another file"


def test_other_names() -> None:
    space = namespace("from time import perf_counter as tick, time\nfrom math import sin as s\ndef f(): return tick()")
    assert aliases([space]) == {"tick"}
    assert mentioned([space], frozenset({"tick"}))
    assert not mentioned([space], NONE)
    assert asked_in([space["f"].__code__], frozenset({"tick"}))
    assert space["time"] is time.time
