"""The statements of a file's top level that its models need, where importing the whole file is not the way to them."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence

from costmodel.tracing.reading.names import names_bound, names_read
from costmodel.tracing.reading.presented import Presented, Reader
from costmodel.tracing.reading.scopes import Scope, own_expressions, statements
from costmodel.tracing.reading.slicing import Slicer
from costmodel.tracing.reading.source import Source, Symbol, dotted, is_main_guard
from costmodel.tracing.reading.working import TRAINS, calls_in, work_of

_WORDS = frozenset({"recipe", "training_step", "configure_optimizers", "example_batch", "preprocess"})
"""What a file may say of its training."""

_SETTINGS = frozenset(
    {"sys.path.append", "sys.path.insert", "torch.set_default_dtype", "torch.set_default_tensor_type"}
)
"""Calls that decide about what comes after them, and name none of it."""

_PLAIN = ("torch.device", "torch.cuda.", "os.path.", "os.getcwd", "pathlib.", "math.")

_DEFINES = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def works_at_import(reader: Reader, source: Source) -> str:
    """The reason why importing a file would do its work, a training or a download; "" if reading shows none."""
    for node in source.tree.body:
        if isinstance(node, _DEFINES) or is_main_guard(node):
            continue
        for inner in statements([node]):
            for expression in own_expressions(inner):
                for call in calls_in(expression):
                    what = work_of(reader.classes.project, source, call)
                    if what:
                        return f"line {call.lineno} {what}"
    return ""


def has_models(reader: Reader, source: Source) -> bool:
    """True if a file defines or builds a model, as far as reading tells, or something that other files use."""
    defined = {s.source for s in (*reader.classes.models, *reader.makers())}
    defined |= {one.scope.source for one in reader.presented()}
    return source in defined or bool(_imported_by_others(reader, source) & {*source.definitions, *source.values})


def needed_statements(reader: Reader, source: Source) -> list[ast.stmt]:
    """Imports and definitions, and of the rest what the models of the file depend on, each pruned to what matters."""
    scope = Scope(source, tuple(source.tree.body))
    presented = [one for one in reader.presented() if one.scope.source is source]
    tops = [one.name for one in presented if one.scope.function is None and not one.scope.guarded]
    slicer = Slicer(reader.classes, scope, tops)
    body = [_without_training(node, reader, source) for node in source.tree.body]
    needed = (
        {name for one in presented for name in _of_presented(reader, one)}
        | set(tops)
        | _named_by_others(reader, source)
    )
    needed |= {s.name for s in (*reader.classes.models, *reader.makers()) if s.source is source} | _WORDS
    while True:
        known = len(needed)
        kept = _kept_of(body, slicer, needed)
        if len(needed) == known:
            return kept


def _kept_of(body: Sequence[ast.stmt], slicer: Slicer, needed: set[str]) -> list[ast.stmt]:
    """The statements that matter for some names at the end of the file.

    What a statement reads was made before it, and what comes after it does not matter. A function or a class reads when
    it is called: what it names is added to ``needed``, since it may be assigned below.
    """
    kept = []
    read = set(needed)
    for node in reversed(body):
        one = _kept(node, slicer, read)
        if one is not None:
            kept.append(one)
        if one is not None and _reads_later(one) and read & set(names_bound(one)):
            needed |= names_read(one)
    return kept[::-1]


def _reads_later(node: ast.stmt) -> bool:
    return isinstance(node, _DEFINES) or any(isinstance(inner, ast.Lambda) for inner in ast.walk(node))


def _kept(node: ast.stmt, slicer: Slicer, needed: set[str]) -> ast.stmt | None:
    if is_main_guard(node):
        return None
    one = slicer.one(node, needed)
    if one is None and (isinstance(node, _DEFINES) or _is_setting(node)):
        return node
    return one


def _without_training(node: ast.stmt, reader: Reader, source: Source) -> ast.stmt:
    """A function that builds a model, trains it and returns it, without the training; anything else as it is."""
    if not isinstance(node, ast.FunctionDef):
        return node
    inside = reader.returned(Symbol(source, node.name, node))
    if inside is None or not inside.name or not any(_trains(reader, source, call) for call in calls_in(node)):
        return node
    kept, _ = Slicer(reader.classes, inside.scope, (inside.name,)).before([inside.name], None)
    ending = ast.copy_location(ast.Return(ast.Name(inside.name, ast.Load())), node.body[-1])
    changed = copy.copy(node)
    changed.body = [*kept, ending]
    return changed


def _trains(reader: Reader, source: Source, call: ast.Call) -> bool:
    return work_of(reader.classes.project, source, call) == TRAINS


def _is_setting(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and dotted(node.value.func) in _SETTINGS


def _of_presented(reader: Reader, one: Presented) -> set[str]:
    """Names of the file that a model, built anywhere in it, depends on."""
    if one.scope.function is None and not one.scope.guarded:
        return {one.name}
    wanted = {node.id for node in ast.walk(one.value) if isinstance(node, ast.Name)}
    needed = Slicer(reader.classes, one.scope, (one.name,)).before(wanted | {one.name}, None)[1]
    caller = one.scope.caller
    while caller is not None:  # what its arguments are made of
        scope, call = caller
        given = {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}
        here = [one for one in statements(scope.body) if any(call is inner for inner in ast.walk(one))]
        # before the innermost of them: what follows is too late
        needed |= Slicer(reader.classes, scope, ()).before(given, here[-1])[1]
        caller = scope.caller
    return needed


def _named_by_others(reader: Reader, source: Source) -> set[str]:
    """Variables that other files import, where nothing is called for them."""
    wanted = _imported_by_others(reader, source)
    return {
        name
        for name, values in source.values.items()
        if name in wanted and all(_is_plain(reader, source, call) for value in values for call in calls_in(value))
    }


def _is_plain(reader: Reader, source: Source, call: ast.Call) -> bool:
    """``torch.device("cuda")``, ``os.path.join(…)``: what it calls loads nothing."""
    meaning = reader.classes.project.resolve(source, call.func)
    name = meaning if isinstance(meaning, str) else dotted(call.func)
    return not isinstance(meaning, Symbol) and name.startswith(_PLAIN)


def _imported_by_others(reader: Reader, source: Source) -> set[str | None]:
    """Names that other files import, or read after ``from constants import *``."""
    others = [other for other in reader.classes.project.read if other is not source]
    named = {imported.name for other in others for imported in other.imports.values()}
    return named.union(*(names_read(other.tree) for other in others if other.stars))
