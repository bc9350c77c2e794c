"""Who may import whom: the floors of the house, read from the source."""

from __future__ import annotations

import ast
from pathlib import Path

import networkx

from tests.architecture.sources import FILES, PACKAGE, short, tree_of

FLOORS = (
    {"errors", "version"},
    {"ir", "files", "mapping"},
    {"ops", "hardware", "tracing", "contracts", "facts", "reports", "sandbox"},
    {"passes", "backends", "rules", "measuring"},
    {"grading", "advising"},
    {"verbs"},
    {"__init__"},
    {"cli"},
    {"__main__"},
)
"""A room imports from the floors below its own."""

BESIDE = {
    "ir": {"files"},
    "rules": {"facts", "contracts", "hardware"},
}
"""Rooms of the same floor that a room imports all the same."""

TORCH_MAY_LIVE_IN = {"ops", "tracing"}


def room(module: str) -> str:
    """``costmodel.ops.formula`` → ``ops``; ``costmodel`` itself is ``__init__``."""
    return module.split(".")[1] if "." in module else "__init__"


def module_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


KNOWN = {module_of(file): file for file in FILES}


def imported(file: Path) -> list[str]:
    """Modules that a file imports, anywhere in it; of ours, the module that is really meant."""
    names = []
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            module = node.module or ""
            for alias in node.names:
                full = f"{module}.{alias.name}"
                names.append(full if full in KNOWN else module)
    return names


def ours(file: Path) -> list[str]:
    return [name for name in imported(file) if name.split(".")[0] == "costmodel"]


def allowed(here: str) -> set[str]:
    (floor,) = [i for i, rooms in enumerate(FLOORS) if here in rooms]
    return {here, *BESIDE.get(here, set())}.union(*FLOORS[:floor])


def test_a_room_imports_from_the_floors_below() -> None:
    wrong = [
        f"{short(file)} imports {name}"
        for file in FILES
        for name in ours(file)
        if room(name) not in allowed(room(module_of(file)))
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = networkx.DiGraph((module, name) for module, file in KNOWN.items() for name in ours(file) if name != module)
    assert not [circle for circle in networkx.strongly_connected_components(graph) if len(circle) > 1]


def test_torch_is_imported_in_ops_and_tracing_only() -> None:
    others = [file for file in FILES if room(module_of(file)) not in TORCH_MAY_LIVE_IN]
    assert [short(file) for file in others if "torch" in {name.split(".")[0] for name in imported(file)}] == []


def test_private_torch_api_is_named_in_compat_only() -> None:
    private = ("torch._C", "torch._subclasses", "torch._guards", "_python_dispatch._", "_sequence_nr")
    for file in FILES:
        if file.name != "compat.py":
            text = file.read_text(encoding="utf-8")
            assert not [p for p in private if p in text], file


def test_nouns_need_the_standard_library_only() -> None:
    may = {"costmodel", "networkx"}  # to_networkx imports networkx when it is called
    import sys

    for file in (PACKAGE / "ir").glob("*.py"):
        tops = {name.split(".")[0] for name in imported(file)}
        assert tops <= may | set(sys.stdlib_module_names) | {"__future__"}, file
