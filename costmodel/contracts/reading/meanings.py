"""The meaning of a name in a program: ``import torchvision.models as m`` makes ``m.resnet18`` torchvision's.

Every binding of a name in any scope counts, so that a second name hides nothing; a name can mean several things.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

_ROUNDS = 6
"""Chains of ``a = b; c = a`` that are followed."""

_MOST_MEANINGS = 16

_BUILT_IN = frozenset({"exec", "eval", "compile", "getattr", "__import__"})
"""Names that need no import and are followed under another name."""


class Names:
    """Meanings of names in one program, as dotted paths."""

    def __init__(self, tree: ast.Module) -> None:
        self._meanings: dict[str, set[str]] = {}
        nodes = list(ast.walk(tree))
        for node in nodes:
            self._import(node)
        for _ in range(_ROUNDS):
            before = sum(map(len, self._meanings.values()))
            for node in nodes:
                self._assign(node)
            if sum(map(len, self._meanings.values())) == before:
                break

    def of(self, node: ast.AST) -> set[str]:
        """Dotted paths that an expression can mean; a name that nobody binds means itself."""
        return self._of(node, 0)

    def _of(self, node: ast.AST, depth: int) -> set[str]:
        if depth > 30:
            return set()
        if isinstance(node, ast.Name):
            return self._meanings.get(node.id, {node.id})
        if isinstance(node, ast.Attribute):
            return {f"{path}.{node.attr}" for path in self._of(node.value, depth + 1)}
        if isinstance(node, ast.Call):
            return self._called(node, depth)
        return set()

    def _called(self, node: ast.Call, depth: int) -> set[str]:
        """``getattr(torch, "hub")``, ``__import__("requests")`` and ``importlib.import_module("requests")``."""
        functions = self._of(node.func, depth + 1)
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if "getattr" in functions and len(node.args) >= 2 and texts:
            return {f"{path}.{texts[0]}" for path in self._of(node.args[0], depth + 1)}
        if functions & {"__import__", "importlib.import_module"} and texts:
            return {texts[0]}
        if functions & {"functools.partial"} and node.args:
            return self._of(node.args[0], depth + 1)
        return {f"{path}()" for path in functions}

    def _import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                self._bind(alias.asname or first, {alias.name if alias.asname else first})
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                self._bind(alias.asname or alias.name, {f"{module}.{alias.name}"})

    def _assign(self, node: ast.AST) -> None:
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) else None
        if value is None:
            return
        targets: Iterable[ast.expr] = node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[attr-defined]
        for target in targets:
            if isinstance(target, ast.Name):
                self._bind(target.id, {path for path in self.of(value) if "." in path or path in _BUILT_IN})

    def _bind(self, name: str, meanings: set[str]) -> None:
        known = self._meanings.setdefault(name, set()) if meanings else set()
        known |= set(sorted(meanings)[: max(0, _MOST_MEANINGS - len(known))])
