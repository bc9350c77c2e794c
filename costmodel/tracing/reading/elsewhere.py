"""Which model is built may hang on what another run, or another machine, does not have: chance, a clock, a package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from costmodel.tracing.reading.control import flat
from costmodel.tracing.reading.expressions import core
from costmodel.tracing.reading.presented import Presented
from costmodel.tracing.reading.source import Project, bindings, dotted

_CHANCE = ("random.", "numpy.random.", "secrets.", "uuid.")
_CLOCK = ("time.time", "time.perf_counter", "time.monotonic", "datetime.datetime.now", "datetime.date.today")
_MACHINE = ("torch.cuda.", "torch.backends.", "torch.mps.", "os.cpu_count", "os.path.exists", "os.path.isfile",
            "platform.", "socket.", "shutil.which", "importlib.util.find_spec", "psutil.")  # fmt: skip
_SEEDS = frozenset({"seed", "manual_seed", "set_seed", "seed_everything", "default_rng", "RandomState"})
_STARTS = frozenset({"pretrained", "weights", "progress"})
"""Arguments that only say where the weights begin."""
_DEEPEST = 5


def hangs_on(one: Presented, project: Project) -> str:
    """Why another run may build another model, "" if nothing says so."""
    for branch in one.choices or (one,):
        calls = set(_calls(branch.value, branch, project))
        if any(name.startswith(_CLOCK) for name in calls):
            return "a clock decides it"
        if any(name.startswith(_CHANCE) for name in calls) and not _is_seeded(one):
            return "chance decides it, and nothing seeds it"
    if isinstance(one.value, ast.IfExp):
        texts = [_text(one.value.body), _text(one.value.orelse)]
        tests: list[ast.expr] = [one.value.test]
    else:
        texts = [_text(choice.value) for choice in one.choices]
        tests = [node.test for node in _around(one) if isinstance(node, ast.If)]
        if len(set(texts)) > 1 and any(isinstance(node, ast.Try) and _imports(node) for node in _around(one)):
            return f"{_lines(one)}, by whether a package is installed"
    if len(set(texts)) > 1 and any(n.startswith(_MACHINE) for test in tests for n in _calls(test, one, project)):
        return f"{_lines(one)}, by what the machine has"
    return ""


def _lines(one: Presented) -> str:
    places = ", ".join(choice.place for choice in one.choices)
    return f"{places} build different ones" if places else "the line builds one or another"


def _text(value: ast.expr) -> str:
    """What builds a model, without what only says where its weights begin."""
    call = core(value)
    if isinstance(call, ast.Call):
        call = ast.Call(call.func, call.args, [k for k in call.keywords if k.arg not in _STARTS])
    return ast.unparse(call)


def _around(one: Presented) -> Iterator[ast.stmt]:
    """Statements that two of the branches stand in."""
    chosen = [choice.statement for choice in one.choices]
    for node in flat(one.scope.body):
        inside = [statement for statement in chosen if any(statement is part for part in ast.walk(node))]
        if any(first is not second for first, second in pairwise(inside)):
            yield node


def _imports(node: ast.Try) -> bool:
    """Whether it tries to import something, or takes what cannot be imported."""
    kinds = [handler.type for handler in node.handlers]
    names = {dotted(kind) for kind in kinds if kind is not None}
    inside = any(isinstance(line, (ast.Import, ast.ImportFrom)) for line in node.body)
    return inside or bool(names & {"ImportError", "ModuleNotFoundError"})


def _is_seeded(one: Presented) -> bool:
    """Whether the file seeds a generator with what it says itself."""
    calls = (node for node in ast.walk(one.scope.source.tree) if isinstance(node, ast.Call))
    return any(dotted(call.func).rpartition(".")[2] in _SEEDS and (call.args or call.keywords) for call in calls)


def _calls(value: ast.AST, one: Presented, project: Project) -> Iterator[str]:
    """Installed functions that an expression calls, and those that its variables are made with."""
    held: dict[str, list[ast.expr]] = {}
    for statement in flat(one.scope.body):
        for name, made in bindings(statement):
            held.setdefault(name, []).append(made)
    todo, seen = [(value, 0)], set()
    while todo:
        node, depth = todo.pop()
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and isinstance(
                meaning := project.resolve(one.scope.source, inner.func), str
            ):
                yield meaning
            if isinstance(inner, ast.Name) and inner.id not in seen and depth < _DEEPEST:
                seen.add(inner.id)
                todo += [(made, depth + 1) for made in held.get(inner.id, [])]
