"""Places where a program runs code that its text does not show, so that reading it cannot decide."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from costmodel.contracts.reading.meanings import Names
from costmodel.contracts.reading.programs import Part

_RUNS_TEXT = frozenset(
    {"exec", "eval", "compile", "runpy.run_path", "runpy.run_module", "builtins.exec", "builtins.eval"}
)
_IMPORTS = frozenset({"__import__", "importlib.import_module", "importlib.util.spec_from_file_location"})
_UNPACKS = frozenset(
    {"pickle.loads", "marshal.loads", "base64.b64decode", "zlib.decompress", "codecs.decode", "ctypes.CDLL"}
)


def hidden_code(part: Part, names: Names) -> Iterator[tuple[str, str]]:
    """Place and reason of every call that may run code which is not in the text."""
    if part.tree is None:
        return
    for node in ast.walk(part.tree):
        if not isinstance(node, ast.Call):
            continue
        meanings = names.of(node.func)
        constant = bool(node.args) and isinstance(node.args[0], ast.Constant)
        if meanings & _RUNS_TEXT:
            yield part.place(node.lineno), f"{_shown(meanings & _RUNS_TEXT)}() runs a text"
        elif meanings & _IMPORTS and not constant:
            yield part.place(node.lineno), f"{_shown(meanings & _IMPORTS)}() imports a name that is computed"
        elif meanings & _UNPACKS:
            yield part.place(node.lineno), f"{_shown(meanings & _UNPACKS)}() unpacks what cannot be read"


def _shown(meanings: set[str]) -> str:
    return min(meanings)
