"""Dataclasses are frozen; those that fill up while something runs are named here."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "costmodel"

FILLING_UP = {
    "backends/gpu/memory/allocator.py": {"Block"},
    "backends/whole/pricing.py": {"_Group"},
    "backends/whole/residency.py": {"Moves"},
    "contracts/reading/script_arguments.py": {"CommandLine"},
    "facts/formats/aipowermeter.py": {"_Log"},
    "hardware/timeloop/constraints.py": {"Gathered"},
    "hardware/timeloop/documents.py": {"Documents"},
    "hardware/timeloop/nodes.py": {"Line"},
    "mapping/search/exact/boundaries.py": {"Boundaries"},
    "mapping/search/exact/branching.py": {"Branching", "Steps"},
    "mapping/search/exact/crossings.py": {"Crossings"},
    "mapping/search/exact/options.py": {"Meanings"},
    "mapping/search/exact/search.py": {"Search"},
    "mapping/search/local/climb.py": {"Climber"},
    "mapping/search/timeloop/thread.py": {"ThreadTally"},
    "ops/formula.py": {"Formula"},
    "passes/attach.py": {"_Share"},
    "reports/graph/layered.py": {"_Open"},
    "rules/judging/sheets.py": {"Sheet"},
    "tracing/finding/importing.py": {"Session"},
    "tracing/finding/salvage.py": {"Salvage"},
    "tracing/recording/answers.py": {"Answers"},
    "tracing/recording/comparing.py": {"Repeated"},
    "tracing/recording/held.py": {"Walk"},
    "tracing/recording/lifetimes.py": {"Life"},
    "tracing/step/parts.py": {"Parts"},
    "tracing/modes/values.py": {"Values"},
}
"""File → classes that are written to after they are made."""


def unfrozen(source: str) -> set[str]:
    """Names of the dataclasses that can be written to."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ClassDef):
            continue
        for decorator in node.decorator_list:
            name = decorator.func if isinstance(decorator, ast.Call) else decorator
            said = {k.arg: k.value for k in decorator.keywords} if isinstance(decorator, ast.Call) else {}
            frozen = said.get("frozen")
            if ast.unparse(name).endswith("dataclass") and not (isinstance(frozen, ast.Constant) and frozen.value):
                found.add(node.name)
    return found


def test_every_dataclass_is_frozen_or_named_here() -> None:
    texts = {p.relative_to(PACKAGE).as_posix(): p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*.py")}
    found = {file: unfrozen(text) for file, text in texts.items() if "@dataclass" in text}
    assert {file: names for file, names in found.items() if names} == FILLING_UP
