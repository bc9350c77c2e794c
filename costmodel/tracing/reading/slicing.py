"""The statements that a value depends on: what has to be run to have it, and nothing else."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from costmodel.tracing.reading.changing import SHAPE, gives_back, root_of
from costmodel.tracing.reading.classes import Classes
from costmodel.tracing.reading.effects import Effects, goes_to_cuda
from costmodel.tracing.reading.expressions import is_loaded
from costmodel.tracing.reading.jumps import is_endless, may_raise
from costmodel.tracing.reading.names import names_bound, names_in, names_read, names_read_by_head, names_stored
from costmodel.tracing.reading.opaque import is_opaque
from costmodel.tracing.reading.scopes import Scope, blocks, matched, own_expressions, statements
from costmodel.tracing.reading.source import Symbol, dotted
from costmodel.tracing.reading.working import trains

_MOVES = frozenset({"cuda", "cpu", "train", "eval", "apply", "share_memory"})
"""Methods that give the same module back: where it lies and how it runs is the tracer's to say."""

_WRAPS = frozenset({"DataParallel", "DistributedDataParallel", "compile", "script", "prepare", "fabric.setup"})
"""Calls that give a model back that computes the same: what they wrap is looked at."""


class Slicer:
    """Finds the statements of a scope that some variables depend on, the later ones decide.

    Args:
        models: variables that hold a model: calls of its methods and functions that get it count only if they change
            its structure.
    """

    def __init__(self, classes: Classes, scope: Scope, models: Iterable[str] = ()) -> None:
        self._classes = classes
        self._scope = scope
        self._models = frozenset(models) - {""}
        self._own = {name for node in statements(scope.body) for name in names_bound(node)}
        self._effects = Effects(classes, scope, self._models, self._own)
        self._known: dict[int, bool] = {}
        self._jumps = False  # the statements at hand stand in a loop of which something is kept

    def before(self, names: Iterable[str], end: ast.stmt | None) -> tuple[list[ast.stmt], set[str]]:
        """The statements before ``end`` (all, if None) that the names depend on, and every name that is read."""
        needed = set(names)
        body, _ = _until(self._scope.body, end)
        kept = self._kept(body, needed)
        return kept, needed

    def _kept(self, body: Sequence[ast.stmt], needed: set[str], always: Sequence[ast.stmt] = ()) -> list[ast.stmt]:
        kept: list[ast.stmt] = []
        for node in reversed(body):
            if node in always:
                needed |= names_read(node)
            one = node if node in always else self.one(node, needed)
            if one is not None:
                kept.append(one)
        return kept[::-1]

    def one(self, node: ast.stmt, needed: set[str]) -> ast.stmt | None:
        """A statement, pruned to what matters, and what it reads added to ``needed``; None if nothing of it matters."""
        if isinstance(node, (ast.For, ast.AsyncFor)) and self._freezes(node, needed):
            needed |= names_read(node)
            return node
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)) and self._builds(node):
            once = self._kept(node.body, needed)  # each turn builds the same (reading/control.py)
            return ast.If(ast.Constant(True), once, []) if once else None
        if any(True for _ in blocks(node)):
            return self._compound(node, needed)
        if isinstance(node, (ast.Break, ast.Continue)):
            return node if self._jumps else None
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            return node if set(node.names) & needed else None
        if not self._matters(node, needed):
            return None
        needed |= names_read(node)
        return node

    def _compound(self, node: ast.stmt, needed: set[str]) -> ast.stmt | None:
        """A compound statement with the part of its blocks that matters, None if nothing does."""
        loop = isinstance(node, (ast.For, ast.AsyncFor, ast.While))
        works = self._trains(node)
        pruned: Any = None
        for turn in range(3 if loop else 1):  # what a turn hands to the next, then its jumps
            pruned = copy.copy(node)
            found = self._prune(pruned, needed, jumps=bool(turn) and not works if loop else self._jumps)
            found |= self._effects.of(own_expressions(node), self._effects.reach(needed))
            if not found and not (set(names_bound(node)) & needed):
                return None
            for expression in own_expressions(node):
                needed |= names_in(expression)
        if works and is_endless(node):  # what ends it hangs on the training
            return ast.copy_location(ast.If(ast.Constant(True), pruned.body, []), node)
        return pruned  # type: ignore[no-any-return]

    def _prune(self, pruned: Any, needed: set[str], *, jumps: bool) -> bool:
        """Prune its blocks; True if something is left.

        Args:
            pruned: a copy of the statement, which is changed.
            needed: gets what the rest reads.
            jumps: those in its body matter; those in a loop's ``else`` belong to the loop around it.
        """
        start, union, found = dict.fromkeys(needed), set[str](), False  # each branch starts from the same names
        for kind in ("handlers", "cases"):
            parts = []
            for part in getattr(pruned, kind, []):
                names = set(start)
                kept = self._kept(part.body, names)
                found |= bool(kept)
                union |= names | names_read_by_head(part)
                parts.append(copy.copy(part))
                parts[-1].body = kept or [ast.Pass()]
            if parts:
                setattr(pruned, kind, parts)
        for name in ("orelse", "body", "finalbody"):
            block = getattr(pruned, name, None)
            if not block:
                continue
            names, outer = set(start), self._jumps
            self._jumps = jumps if name == "body" else outer
            kept = self._kept(block, names)
            attempted = may_raise(pruned, decides=found) if name == "body" and (kept or found) else []
            if attempted and not self._trains(pruned):
                kept = self._kept(block, names, attempted)
            self._jumps = outer
            found |= bool(kept)
            union |= names
            setattr(pruned, name, kept or ([ast.Pass()] if name == "body" else []))
        if found:
            needed |= union
        if isinstance(pruned, ast.Try) and not pruned.handlers and not pruned.finalbody:
            pruned.finalbody = [ast.Pass()]
        return found

    def _trains(self, node: ast.stmt) -> bool:
        body = getattr(node, "body", [node])
        key = id(body[0]) if body else 0
        if key not in self._known:
            self._known[key] = trains(self._classes.project, self._scope.source, body)
        return self._known[key]

    def _builds(self, loop: ast.For | ast.AsyncFor | ast.While) -> bool:
        return any(self._models & set(names_bound(node)) for node in statements(loop.body))

    def _matters(self, node: ast.stmt, needed: set[str]) -> bool:
        bound = set(names_bound(node))
        if self._models & bound and (
            self._only_wraps(node) or (bound & needed <= self._models and self._gets_back(node))
        ):
            return False
        if bound & needed:
            return True
        changed = {name.partition(".")[0] for name in _changed(node)} | set(_changed(node))
        reach = self._effects.reach(needed)
        if changed & reach & self._own or is_opaque(node):
            return True
        return self._effects.of(own_expressions(node), reach, next(_calls_of(node), None))

    def _only_wraps(self, node: ast.stmt) -> bool:
        """``net = net.to(device)``, ``net = nn.DataParallel(net)``: the same network."""
        value = getattr(node, "value", None)
        if not isinstance(value, ast.Call):
            return False
        if isinstance(value.func, ast.Attribute) and (value.func.attr in _MOVES or goes_to_cuda(value)):
            return root_of(value.func.value) in self._models and not self._effects.applies(value)
        if is_loaded(value):
            names = self._models & set(names_bound(node))  # after a training, the network that was saved
            return any(names & set(names_bound(other)) for other in statements(self._scope.body) if other is not node)
        meaning = self._classes.project.resolve(self._scope.source, value.func)  # DDP is what it was imported as
        called = meaning if isinstance(meaning, str) else dotted(value.func)
        wraps = not isinstance(meaning, Symbol) and {called, called.rpartition(".")[2]} & _WRAPS
        return bool(wraps) and bool(value.args) and dotted(value.args[0]) in self._models

    def _gets_back(self, node: ast.stmt) -> bool:
        """``net = train(net, …)``, ``net, losses = train(net, …)``: a function trains a network and gives it back."""
        value = getattr(node, "value", None)
        if not isinstance(node, ast.Assign) or not isinstance(value, ast.Call) or len(node.targets) > 1:
            return False
        symbol = self._classes.project.resolve(self._scope.source, value.func)
        if not isinstance(symbol, Symbol) or isinstance(symbol.node, ast.ClassDef):
            return False
        held = _held_by(node.targets[0])
        given = {dotted(v): name for name, v in matched(symbol.node, value).items()}
        return all(
            name in given and gives_back(symbol.node, given[name], place)
            for place, name in held.items()
            if name in self._models
        )

    def _freezes(self, node: ast.For | ast.AsyncFor, needed: set[str]) -> bool:
        """``for p in net.parameters(): p.requires_grad = False``."""
        over = names_in(node.iter)  # net.parameters(), net.blocks, enumerate(net.blocks)
        if not any(model.partition(".")[0] in over for model in self._models & needed):
            return False
        derived = _derived(node) | self._models  # names[n] = p.shape stores into no part of the network
        stored = [t for inner in statements(node.body) for t in _changed(inner) if t in derived]
        called = [call for inner in statements(node.body) for call in _calls_of(inner)]
        return bool(stored) or any(isinstance(c.func, ast.Attribute) and c.func.attr in SHAPE for c in called)


def _derived(loop: ast.For | ast.AsyncFor) -> set[str]:
    """The variable of a loop, and those that get something of it: ``w = layer.weight``."""
    found = set(names_stored(loop.target))
    for inner in statements(loop.body):
        if isinstance(inner, ast.Assign) and root_of(inner.value) in found:
            found |= set(names_bound(inner))
    return found


def _held_by(target: ast.expr) -> dict[int | None, str]:
    """The variables that a target is made of, by their place in it; None is the whole."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return {place: dotted(one) for place, one in enumerate(target.elts)}
    return {None: dotted(target)}


def read_by_models(classes: Classes, scope: Scope) -> set[str]:
    """Variables of a scope that the classes of its file read when they are built: ``args`` of a guarded top level."""
    bound = {name for node in statements(scope.body) for name in names_bound(node)}
    read = {name for symbol in classes.models if symbol.source is scope.source for name in names_read(symbol.node)}
    return bound & read


def _until(body: Sequence[ast.stmt], end: ast.stmt | None) -> tuple[list[ast.stmt], bool]:
    """The statements before ``end``; of a compound one that holds it, its blocks up to there."""
    result: list[ast.stmt] = []
    for node in body:
        if node is end:
            return result, True
        for name in ("body", "orelse", "finalbody"):
            inner = getattr(node, name, None) if any(True for _ in blocks(node)) else None
            if inner:
                before, found = _until(inner, end)
                if found:
                    return [*result, *before], True
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            before, found = _until(part.body, end)
            if found:
                return [*result, *before], True
        result.append(node)
    return result, False


def _changed(node: ast.stmt) -> list[str]:
    """Variables into which a statement stores: ``net.fc = …``, ``options["width"] = …``, ``del options["x"]``."""
    return [
        root_of(inner)
        for child in ast.iter_child_nodes(node)
        if isinstance(child, ast.expr)
        for inner in ast.walk(child)
        if isinstance(inner, (ast.Attribute, ast.Subscript)) and isinstance(inner.ctx, (ast.Store, ast.Del))
    ]


def _calls_of(node: ast.stmt) -> Iterator[ast.Call]:
    """The call that a statement consists of."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield node.value
