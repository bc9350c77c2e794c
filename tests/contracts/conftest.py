from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from costmodel.contracts.checker import check_contract
from costmodel.contracts.contract import ContractSpec
from costmodel.errors import RulebookError
from costmodel.files.documents import Strict, read_document
from costmodel.ir.verdict import Finding

Submit = Callable[[Mapping[str, "str | bytes"]], Path]
Check = Callable[..., Finding]


class Book(Strict):
    """A rulebook of which only the contract counts here."""

    contract: ContractSpec


def contract(folder: Path, text: str) -> ContractSpec:
    """The contract of a YAML text, read as a rulebook is."""
    file = folder / "book.yaml"
    file.write_text(text, encoding="utf-8")
    return read_document(file, Book, RulebookError).contract


@pytest.fixture
def submit(tmp_path: Path) -> Submit:
    """A folder with these files."""

    def make(files: Mapping[str, str | bytes]) -> Path:
        folder = tmp_path / f"submission{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name, content in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return make


@pytest.fixture
def check(submit: Submit) -> Check:
    """The one finding of a contract with one rule, on a folder with these files."""

    def make(files: Mapping[str, str | bytes], /, **spec: object) -> Finding:
        [finding] = check_contract(submit(files), ContractSpec.model_validate(spec))
        return finding

    return make


def files(*globs: str, **more: object) -> dict[str, object]:
    return {"files": [{"rule": "r", "any_of": globs, "source": "x", **more}]}
