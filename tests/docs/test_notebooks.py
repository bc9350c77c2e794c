"""The tutorial notebooks, executed as they are; they hold no outputs, and replace no torch."""

from __future__ import annotations

import importlib
import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "tutorials").glob("*.ipynb"))


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.name)
def test_a_notebook_is_kept_without_outputs_and_holds_pip_to_the_torch_that_is_there(file: Path) -> None:
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]
    installing = [cell for cell in cells if cell["cell_type"] == "code" and "pip" in "".join(cell["source"])]
    assert installing
    for cell in installing:
        assert "--constraint" in "".join(cell["source"])
        assert "torch=={torch.__version__}" in "".join(cell["source"])


@pytest.mark.slow
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.name)
def test_a_notebook_runs_from_its_first_cell_to_its_last(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if importlib.util.find_spec("nbclient") is None or importlib.util.find_spec("ipykernel") is None:
        pytest.skip("the tutorial notebooks: nbclient and ipykernel are not installed")
    nbformat, nbclient = importlib.import_module("nbformat"), importlib.import_module("nbclient")
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=":")
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    notebook = nbformat.read(file, as_version=4)
    done = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = {}
    for number, cell in enumerate(done.cells):
        for output in cell.get("outputs", ()):
            assert output["output_type"] == "execute_result", (number, output)  # nothing is printed, nothing complains
            shown[number] = output["data"]
    html = [data for data in shown.values() if "text/html" in data]
    assert [data for data in shown.values() if "image/svg+xml" in data]
    assert any("FAIL" in data["text/html"] for data in html)
    assert any('class="PASS"' in data["text/html"] for data in html)
