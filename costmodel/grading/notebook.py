"""A notebook's code cells as one Python file, read as JSON; nothing is run."""

from __future__ import annotations

import json
import re
from pathlib import Path

from costmodel.errors import CostModelError
from costmodel.quoting import safe_text

_MOST_BYTES = 32 * 2**20
_MAGIC = re.compile(r"^\s*(?:[%!?]|[\w.]+\?{1,2}\s*$|[\w.]+ *= *[%!])")
_CELL_MAGIC = re.compile(r"^\s*%%(?!time|capture)")


class NotebookError(CostModelError):
    """A notebook whose cells cannot be read."""


def script_of(notebook: Path) -> str:
    """The text of a script with the code cells in order; IPython's magics and shell lines become comments.

    Raises:
        NotebookError: no notebook of format 4, or no code in it; says what to hand in instead.
    """
    advice = "export it as a script: jupyter nbconvert --to script"
    name = safe_text(notebook.name)
    try:
        if notebook.stat().st_size > _MOST_BYTES:
            raise NotebookError(f"{name}: more than {_MOST_BYTES // 2**20} MiB; {advice}")
        cells = json.loads(notebook.read_bytes().decode("utf-8"))["cells"]
        sources = [_source(cell) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as problem:
        raise NotebookError(f"{name}: no readable notebook ({type(problem).__name__}); {advice}") from None
    parts = [_without_magics(source) for source in sources if source.strip()]
    if not parts:
        raise NotebookError(f"{name}: there is no code in it")
    return "\n\n".join(parts) + "\n"


def _source(cell: dict[str, object]) -> str:
    source = cell["source"]
    text = "".join(source) if isinstance(source, list) else source
    if not isinstance(text, str):
        raise TypeError("a cell's source is text")
    return text


def _without_magics(source: str) -> str:
    if _CELL_MAGIC.match(source):
        return "\n".join(f"# {line}" for line in source.splitlines())
    return "\n".join(f"# {line}" if _MAGIC.match(line) else line for line in source.splitlines())
