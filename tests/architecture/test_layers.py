"""Who may import whom: the layers of the house, read from the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "costmodel"

GROUND = {"errors", "documents", "quoting"}
"""Modules that every layer may use."""

ALLOWED = {
    "ir": {"ir"},
    "ops": {"ops", "ir"},
    "hardware": {"hardware", "ir"},
    "tracing": {"tracing", "ir"},
    "passes": {"passes", "ir", "ops"},
    "mapping": {"mapping", "ir"},
    "backends": {"backends", "ir", "mapping", "hardware", "cache"},
    "rules": {"rules", "ir", "hardware", "contracts"},
    "reports": {"reports", "ir"},
    "grading": {"grading", "ir", "ops", "passes", "tracing", "analysis", "backends", "hardware", "rules", "contracts"},
    "cli": {
        "cli",
        "reports",
        "ir",
        "rules",
        "ops",
        "cache",
        "hardware",
        "passes",
        "backends",
        "",
        "advising",
        "competition",
        "doctor",
        "estimation",
        "export",
        "facts",
        "grade",
        "problems",
        "submission",
        "timeloop_runs",
    },
    "errors": set(),
    "documents": set(),
    "quoting": set(),
    "cache": set(),
    "fingerprint": set(),
    "analysis": {"ir", "passes", "tracing", "cache", "fingerprint"},
    "crosscheck": {"ir", "passes", "tracing"},
    "metering": {"metering", "ir"},
    "contracts": {"contracts", "ir"},
    "facts": {"ir", "metering"},
    "problems": {"ir", "backends", "hardware"},
    "advising": {"ir", "passes", "tracing", "backends", "hardware"},
    "grade": {"", "grading", "ir", "rules", "metering", "reports", "backends", "submission"},
    "competition": {"ir", "rules", "metering"},
    "submission": {"ir", "rules", "metering", "judging", "contracts", "tracing"},
    "judging": {"ir", "rules", "analysis", "estimation", "backends", "hardware"},
    "export": {"ir", "backends", "hardware", "estimation"},
    "timeloop_runs": {"ir", "backends", "hardware", "estimation"},
    "doctor": {"ir", "backends", "hardware", "cache", "grading"},
    "estimation": {"ir", "passes", "tracing", "cache", "fingerprint", "backends", "hardware"},
    "": {"ir", "rules", "passes", "tracing", "reports", "analysis", "crosscheck", "estimation", "judging", "advising"},
    "__main__": {"cli"},
}

TORCH_MAY_LIVE_IN = {"ops", "tracing"}

FILES = sorted(PACKAGE.rglob("*.py"))


def room(file: Path) -> str:
    first = file.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imported(file: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            module = node.module or ""
            names += [f"{module}.{alias.name}" if module == "costmodel" else module for alias in node.names]
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_a_room_imports_only_what_its_layer_may(file: Path) -> None:
    here = room(file)
    for name in imported(file):
        if name.split(".")[0] != "costmodel":
            continue
        there = name.split(".")[1] if "." in name else ""
        there = "" if there.startswith("__") else there
        assert there in ALLOWED[here] | GROUND, f"{file} ({here or 'facade'}) imports {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_torch_is_imported_in_ops_and_tracing_only(file: Path) -> None:
    if room(file) not in TORCH_MAY_LIVE_IN:
        assert not [n for n in imported(file) if n.split(".")[0] == "torch"]


def test_private_torch_api_is_named_in_compat_only() -> None:
    private = ("torch._C", "torch._subclasses", "torch._guards", "_python_dispatch._", "_sequence_nr")
    for file in FILES:
        if file.name != "compat.py":
            text = file.read_text(encoding="utf-8")
            assert not [p for p in private if p in text], file


def test_nouns_need_the_standard_library_only() -> None:
    allowed = {"costmodel", "networkx"}  # to_networkx imports networkx when it is called
    import sys

    for file in (PACKAGE / "ir").glob("*.py"):
        tops = {name.split(".")[0] for name in imported(file)}
        assert tops <= allowed | set(sys.stdlib_module_names) | {"__future__"}, file
