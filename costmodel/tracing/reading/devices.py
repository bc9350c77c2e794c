"""Variables that only say on which device something lies: the rank of a process, a GPU's number."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

_METHODS = frozenset({"to", "cuda", "set_device", "device", "barrier"})
"""``net.to(rank)``, ``torch.device(f"cuda:{rank}")``, ``torch.cuda.set_device(rank)``."""
_WORDS = frozenset({"device", "device_ids", "output_device", "map_location"})


def is_only_a_device(name: str, nodes: Iterable[ast.AST]) -> bool:
    """True if a variable is read, and only where a device is meant."""
    read = [n for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == name]
    meant = {id(n) for node in nodes for place in _places(node) for n in ast.walk(place)}
    return bool(read) and all(id(n) in meant for n in read)


def _places(node: ast.AST) -> Iterator[ast.expr]:
    """Arguments of the calls within a statement that say a device."""
    for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
        if isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS:
            yield from call.args
        yield from (k.value for k in call.keywords if k.arg in _WORDS)
