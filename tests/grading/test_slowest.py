"""Who watches sees which submissions take long, and how long they took."""

from __future__ import annotations

from costmodel.grading.slowest import Slowest


def test_the_three_slowest_are_named() -> None:
    slowest = Slowest()
    for name, seconds in (("anna", 4.9), ("ben", 5.0), ("carl", 61.2), ("dora", 0.2)):
        slowest.add(name, seconds)
    assert slowest.after("tracing") == "tracing, slowest: carl 61 s, ben 5 s"
    slowest.add("eve\x1b[31m", 7.0)
    slowest.add("fay", 99.0)
    said = slowest.after("tracing")
    assert said.startswith("tracing, slowest: fay 99 s, carl 61 s, eve")
    assert said.isprintable()
    assert "ben" not in said
    assert Slowest().after("tracing") == "tracing"
