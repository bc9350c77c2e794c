"""Signs that a program reads the labels of the test set."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from costmodel.contracts.handed_in import HandedIn
from costmodel.contracts.reading.meanings import Names
from costmodel.contracts.reading.programs import Part

TITLE = "use of the test labels"

_SPLITS = ("test", "val_test")


def signs(rule: Any, handed_in: HandedIn) -> Iterator[tuple[str, str]]:
    """Names of files with test labels (``rule.test_files``), and data sets asked for their test part."""
    for part, names in handed_in.parts:
        yield from _in_program(part, names, rule.test_files)


def _in_program(part: Part, names: Names, test_files: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line, text in part.shell:
        if any(_named(word, test_files) for word in text.split()):
            yield part.place(line), f"the shell names {text[:60]!r}"
    if part.tree is None:
        return
    described = _docstrings(part.tree)
    for node in ast.walk(part.tree):
        if isinstance(node, ast.Call):
            reason = _data_set(node, names)
            if reason:
                yield part.place(node.lineno), reason
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            if _named(node.value, test_files):
                yield part.place(node.lineno), f"names {node.value[:60]!r}"


def _named(text: str, test_files: Sequence[str]) -> bool:
    name = text.replace("\\", "/").rpartition("/")[2].lower()
    return len(text) < 300 and any(fnmatchcase(name, glob.lower()) for glob in test_files)


def _data_set(node: ast.Call, names: Names) -> str:
    """A public data set that is asked for its test part, labels and all."""
    meanings = names.of(node.func)
    loaded = {path for path in meanings if path.endswith(".load_data") and ".datasets." in path}
    if loaded:
        return f"{min(loaded)}() gives the test labels too"
    if not any(".datasets." in path for path in meanings):
        return ""
    for keyword in node.keywords:
        value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if (keyword.arg == "train" and value is False) or (keyword.arg == "split" and value in _SPLITS):
            return f"{min(meanings)}({keyword.arg}={value!r}) has the test labels"
    second = node.args[1] if len(node.args) > 1 else None
    if isinstance(second, ast.Constant) and second.value is False:
        return f"{min(meanings)}(…, False) has the test labels"
    return ""


def _docstrings(tree: ast.Module) -> set[int]:
    """Identities of texts that are statements of their own."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
