"""Real networks, written from their papers' definitions: tests, examples and benchmarks share them."""

from examples.zoo.catalogue import ZOO, Entry

__all__ = ["ZOO", "Entry"]
