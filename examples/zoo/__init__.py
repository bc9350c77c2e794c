"""Real networks, written from their papers' definitions: tests, examples and benchmarks share them."""

from .catalogue import ZOO, Entry

__all__ = ["ZOO", "Entry"]
