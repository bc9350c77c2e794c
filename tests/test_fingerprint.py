from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.files.fingerprint import fingerprint


@pytest.fixture
def subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "net.py").write_text("import layers\nfrom pack.inner import thing\n", encoding="utf-8")
    (tmp_path / "layers.py").write_text("import math\n", encoding="utf-8")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "pack" / "inner.py").write_text("from . import deep\nthing = 1\n", encoding="utf-8")
    (tmp_path / "pack" / "deep.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "unrelated.py").write_text("y = 1\n", encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text("batch: 4\nmodel: net.py:Net\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("reference", ["net.py:Net", "net:Net", "recipe.yaml"])
@pytest.mark.parametrize("file", ["net.py", "layers.py", "pack/__init__.py", "pack/inner.py", "pack/deep.py"])
def test_every_local_import_counts(subject: Path, reference: str, file: str) -> None:
    before = fingerprint(reference, {})
    (subject / file).write_text((subject / file).read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert before is not None
    assert fingerprint(reference, {}) != before


def test_settings_count_and_other_files_do_not(subject: Path) -> None:
    before = fingerprint("net.py:Net", {"batch": 1})
    (subject / "unrelated.py").write_text("y = 2\n", encoding="utf-8")
    assert fingerprint("net.py:Net", {"batch": 1}) == before
    assert fingerprint("net.py:Net", {"batch": 2}) != before
    assert fingerprint("net.py:Other", {"batch": 1}) != before


@pytest.mark.parametrize("key", ["teacher", "step", "model"])
def test_files_that_settings_or_the_phases_of_a_recipe_name_count(subject: Path, key: str) -> None:
    recipe = f"model: net.py:Net\nphases:\n  - name: a\n  - {key}: unrelated.py:y\n    name: b\n"
    (subject / "recipe.yaml").write_text(recipe, encoding="utf-8")
    asked: list[tuple[str, dict[str, str]]] = [("recipe.yaml", {}), ("net.py:Net", {key: "unrelated.py:y"})]
    before = [fingerprint(reference, settings) for reference, settings in asked]
    (subject / "unrelated.py").write_text("y = 2\n", encoding="utf-8")
    for (reference, settings), digest in zip(asked, before, strict=True):
        assert fingerprint(reference, settings) not in (None, digest)


def test_what_cannot_be_found_has_no_fingerprint(subject: Path) -> None:
    assert fingerprint("gone.py:Net", {}) is None
