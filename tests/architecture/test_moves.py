"""Faults of a moved file that no import error tells: names inside strings, and digests that call results stale."""

from __future__ import annotations

import ast
import re
import shutil
from importlib import resources
from pathlib import Path

import pytest

from costmodel.backends.analytical import layers as analytical
from costmodel.files import fingerprint
from tests.architecture.sources import PACKAGE, ROOT, short, tree_of

SOURCES = [f for room in ("costmodel", "tests", "benchmarks", "examples") for f in sorted((ROOT / room).rglob("*.py"))]
_IMPORT = re.compile(
    r"(?:^|;)\s*(?:from\s+(costmodel[\w.]*)\s+import\s+(\w+)|import\s+(costmodel[\w.]*))", re.MULTILINE
)
_ROLE = re.compile(r":(?:mod|func|class|data|attr):`~?(costmodel[\w.]*)`")


def strings(file: Path) -> list[tuple[int, str]]:
    nodes = ast.walk(tree_of(file))
    return [(n.lineno, n.value) for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def exists(name: str) -> bool:
    """A module, or a word of a module's text; nothing is imported."""
    module, rest = name, ""
    while not source_of(module).is_file():
        module, _, rest = module.rpartition(".")
    text = source_of(module).read_text(encoding="utf-8")
    return not rest or re.search(rf"\b{re.escape(rest)}\b", text) is not None


def source_of(module: str) -> Path:
    place = ROOT.joinpath(*module.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def named(text: str) -> list[str]:
    """Names of ours that a text imports or refers to."""
    return [*(whole or f"{module}.{name}" for module, name, whole in _IMPORT.findall(text)), *_ROLE.findall(text)]


def test_what_strings_import_exists() -> None:
    gone = [
        f"{short(file)}:{line}: {name}"
        for file in SOURCES
        for line, text in strings(file)
        for name in named(text)
        if not exists(name)
    ]
    assert gone == []


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(PACKAGE, tmp_path / "costmodel", ignore=ignored))


def each_file_changes(digest: object, folder: Path, every: int = 1) -> list[str]:
    """Files whose edit the digest does not notice, of every so many of a folder: the first one always."""
    assert callable(digest)
    unnoticed = []
    before = digest()
    folders = sorted({file.parent for file in folder.rglob("*.py")})
    for file in (file for place in folders for file in sorted(place.glob("*.py"))[::every]):
        content = file.read_bytes()
        file.write_bytes(content + b"# changed\n")
        if digest() == before:
            unnoticed.append(file.relative_to(folder).as_posix())
        file.write_bytes(content)
    assert digest() == before
    return unnoticed


def test_an_analysis_is_stale_when_any_file_of_the_package_changed(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Path(fingerprint.__file__).relative_to(PACKAGE)
    assert fingerprint.own_digest() == fingerprint.own_digest()
    monkeypatch.setattr(fingerprint, "__file__", str(copied / place))
    assert each_file_changes(fingerprint.own_digest, copied, every=20) == []  # each reads the whole package


def test_a_solved_layer_is_stale_when_any_file_of_the_engine_changed(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def digest() -> str:
        analytical.version.cache_clear()
        return analytical.version()

    ours = digest()
    with monkeypatch.context() as patch:
        patch.setattr(resources, "files", lambda package: copied.joinpath(*package.split(".")[1:]))
        assert digest() == ours  # wherever it lies
        assert len({file.parent for file in (copied / "mapping").rglob("*.py")}) > 3  # sub-folders are there
        assert each_file_changes(digest, copied / "mapping") == []
        assert each_file_changes(digest, copied / "backends" / "analytical") == []
    assert digest() == ours
