"""Notebooks as scripts: every format that is found, what is left out, and the cell of a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from costmodel.errors import NotebookError
from costmodel.files.notebook import script_of


def _cells(*codes: Any) -> list[dict[str, Any]]:
    return [{"cell_type": "markdown", "source": "# Lab"}, *({"cell_type": "code", "source": code} for code in codes)]


def _written(folder: Path, content: object, *, before: bytes = b"") -> Path:
    (folder / "lab.ipynb").write_bytes(before + json.dumps(content).encode())
    return folder / "lab.ipynb"


def test_cells_follow_one_another_and_know_their_lines(tmp_path: Path) -> None:
    script = script_of(_written(tmp_path, {"cells": _cells("x = 1\ny = 2", "", ["z = 3\n", "w = 4"])}))
    assert script.text == "x = 1\ny = 2\n\nz = 3\nw = 4\n"
    assert [script.place(line) for line in (1, 2, 4, 5)] == [(1, 1), (1, 2), (3, 1), (3, 2)]


def test_a_byte_order_mark_and_the_third_format(tmp_path: Path) -> None:
    assert script_of(_written(tmp_path, {"cells": _cells("x = 1")}, before=b"\xef\xbb\xbf")).text == "x = 1\n"
    old = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"]}]}]}
    assert script_of(_written(tmp_path, old)).text == "x = 1\n"


MAGICS = {
    "%matplotlib inline\nx = 1": "# %matplotlib inline\nx = 1",
    "!pip install torch\nx = 1": "# !pip install torch\nx = 1",
    "%time net = Net(16)\nx = 1": "net = Net(16)\nx = 1",
    "for i in x:\n    %time train(\n        i)": "for i in x:\n    train(\n        i)",
    "%prun -l 5 f()\nx = 1": "# %prun -l 5 f()\nx = 1",
    's = """\n%time x\n"""': 's = """\n%time x\n"""',
    "files = !ls\nx = 1": "# files = !ls\nx = 1",
    "torch.nn?\nx = 1": "# torch.nn?\nx = 1",
    "%%bash\nls": "# %%bash\n# ls",
    "%%time\nx = 1": "# %%time\nx = 1",
    "try:\n    import a\nexcept ImportError:\n    !pip install a": (
        "try:\n    import a\nexcept ImportError:\n    pass  #     !pip install a"
    ),
    "!pip install a \\\n    b\nx = 1": "# !pip install a \\\n#     b\nx = 1",
    "if x:\n    !wget a \\\n      b\ny = 1": "if x:\n    pass  #     !wget a \\\n    pass  #       b\ny = 1",
    "x = (100\n% 7)": "x = (100\n% 7)",
    's = """\n%d\n"""': 's = """\n%d\n"""',
    "x = 1 \\\n% 7": "x = 1 \\\n% 7",
}


@pytest.mark.parametrize("cell", MAGICS)
def test_magics_become_comments_and_expressions_do_not(tmp_path: Path, cell: str) -> None:
    assert script_of(_written(tmp_path, {"cells": _cells(cell)})).text == MAGICS[cell] + "\n"


def test_a_cell_that_is_not_python_is_left_out_and_said(tmp_path: Path) -> None:
    script = script_of(_written(tmp_path, {"cells": _cells("x = 1", "y =\nz", "w = 4")}))
    assert script.text == "x = 1\n\n# y =\n# z\n\nw = 4\n"
    assert script.broken == ((2, "line 1: invalid syntax"),)


@pytest.mark.parametrize("content", [b"{", b"[" * 100_000, b"[]", b'{"cells": 3}', b'{"cells": []}', b"\xff\xfe"])
def test_what_is_no_notebook_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lab.ipynb").write_bytes(content)
    with pytest.raises(NotebookError, match=r"lab\.ipynb: .*(no readable notebook|no code)"):
        script_of(tmp_path / "lab.ipynb")
