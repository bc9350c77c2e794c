"""The documentation site: everything has its page, no link leads nowhere, and mkdocs has no warning."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import pytest

from costmodel.hardware.machines import gpu_names, hardware_names, load_hardware
from costmodel.ops import formulas
from costmodel.rules.schema.rulebook import load_rulebook, rulebook_names
from docs.generate import handwritten, machines, rulebooks, schemas
from docs.generate.site import all_pages, write_site
from tests.conformance.specimen import specimen

ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_ASKS = re.compile(r'<(?:script|img|iframe)[^>]+src="https?:|<link[^>]+stylesheet[^>]+https?:')
_DRAWN = ("pictures/", "pages/")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return dict(all_pages(run=False))


def anchors(text: str) -> set[str]:
    """As mkdocs makes them: small letters, words joined by hyphens."""
    heads = re.findall(r"^#+ (.+)$", _CODE.sub("", text), re.MULTILINE)
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", head.lower()).strip()) for head in heads}


def test_every_link_of_the_site_leads_somewhere(pages: dict[str, str]) -> None:
    shown = (ROOT / "docs" / "generate" / "pictures.py").read_text(encoding="utf-8")
    notebooks = {f"tutorials/{file.name}" for file in (ROOT / "docs" / "tutorials").glob("*.ipynb")}
    count = 0
    for place, text in pages.items():
        if not place.endswith(".md"):
            continue
        for target in _LINK.findall(_CODE.sub("", text)):
            if "://" in target:
                continue
            count += 1
            path, _, anchor = target.partition("#")
            whole = normpath(join(dirname(place), path)) if path else place
            if whole.startswith(_DRAWN):
                name = Path(whole).stem
                assert any(f'"{name[:i]}"' in shown and (not name[i + 1 :] or f'"{name[i + 1:]}"' in shown)
                           for i in range(1, len(name) + 1)), (place, target)  # fmt: skip
                continue
            if whole.startswith("screens/"):
                assert (ROOT / "docs" / whole).is_file(), (place, target)
                continue
            assert whole in pages or whole in notebooks, (place, target)
            assert not anchor or anchor in anchors(pages[whole]), (place, target)
    assert count > 100


def test_screenshots_stay_small_and_every_one_is_shown(pages: dict[str, str]) -> None:
    screens = [*(ROOT / "docs" / "screens").iterdir()]
    assert 0 < len(screens) <= 5
    for screen in screens:
        assert screen.stat().st_size < 150_000, screen.name
        assert f"../screens/{screen.name})" in pages["guide/pages.md"], screen.name


def test_every_link_within_the_repository_leads_somewhere() -> None:
    for file in (*ROOT.glob("*.md"), *(ROOT / "examples").rglob("*.md"), *(ROOT / "calibration").glob("*.md"),
                 *(ROOT / "docs" / "decisions").glob("*.md"), ROOT / "docs" / "gpu-estimates.md"):  # fmt: skip
        for target in _LINK.findall(_CODE.sub("", file.read_text(encoding="utf-8"))):
            path = target.partition("#")[0]
            if path and "://" not in path:
                assert (file.parent / path).exists(), (file.name, target)


def test_a_rulebooks_page_has_every_sentence_of_its_yaml(pages: dict[str, str]) -> None:
    for name in rulebook_names():
        book = load_rulebook(name)
        page = pages[f"rulebooks/{name}.md"].replace("\\|", "|").replace("&lt;", "<")
        limits = [*book.limits, *[limit for track in book.tracks.values() for limit in track]]
        for source in [*(limit.source for limit in limits), *(table.source for table in book.points)]:
            assert source.replace("\n", " ") in page, (name, source)
        assert len([*rulebooks.sentences(book, "")]) >= len(limits) + len(book.points)


def test_a_machines_page_has_its_numbers_with_their_sources(pages: dict[str, str]) -> None:
    assert {f"machines/{name}.md" for name in (*hardware_names(), *gpu_names())} < set(pages)
    v100 = pages["machines/v100-sxm2-16gb.md"]
    assert "| peaks fp32 | 15.7 | TFLOP/s | NVIDIA Tesla V100 product brief" in v100
    assert "| idle power | 24 to 52 | W |" in v100
    spec = load_hardware("simple_weight_stationary")
    levels = {place for place, *_ in machines.quantities(spec) if place.startswith("levels")}
    assert {f"levels {level.name} instances" for level in spec.levels} <= levels


def test_every_op_is_on_the_page_of_its_family(pages: dict[str, str]) -> None:
    said = "\n".join(text for place, text in pages.items() if place.startswith("ops/"))
    heads = " ".join(re.findall(r"^## (.+)$", said, re.MULTILINE)).replace(",", " ").split()
    assert set(formulas()) <= set(heads)
    assert "nest = convolution_nest(small.shape, weight.shape" in pages["ops/convolution.md"]


def test_a_noun_keeps_the_schema_that_is_published_for_it(pages: dict[str, str]) -> None:
    for noun in schemas.nouns():
        schema = schemas.schema_of(noun)
        data = json.loads(specimen(noun, "text").to_json())
        follows(data, schema, schema, noun.__name__)
        with pytest.raises(AssertionError):
            follows({**data, "nobody": 1}, schema, schema, noun.__name__)
        with pytest.raises(AssertionError):
            follows({**data, "schema": "costmodel.other/1"}, schema, schema, noun.__name__)
        if importlib.util.find_spec("jsonschema") is not None:
            validator = importlib.import_module("jsonschema").Draft202012Validator
            validator.check_schema(schema)
            validator(schema).validate(data)
        assert f"schemas/{noun.SCHEMA.removeprefix('costmodel.').replace('/', '-')}.json" in pages


def follows(data: Any, schema: dict[str, Any], root: dict[str, Any], place: str) -> None:
    """The part of JSON Schema that ours use."""
    kinds: dict[str, Any] = {"integer": int, "number": (int, float), "string": str, "boolean": bool, "null": type(None),
             "array": list, "object": dict}  # fmt: skip
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return follows(data, root["$defs"][name], root, place)
    if "anyOf" in schema:
        for option in schema["anyOf"]:
            try:
                return follows(data, option, root, place)
            except AssertionError:
                continue
        raise AssertionError(place)
    assert data == schema.get("const", data), place
    assert data in schema.get("enum", [data]), place
    wanted = schema.get("type", [*kinds])
    for_any = tuple(kinds[k] for k in ([wanted] if isinstance(wanted, str) else wanted))
    assert any(isinstance(data, kind) for kind in for_any), place
    if isinstance(data, list):
        items = schema.get("prefixItems", [schema.get("items", {})] * len(data))
        for i, (item, its) in enumerate(zip(data, items, strict=True)):
            follows(item, its, root, f"{place}[{i}]")
    if isinstance(data, dict):
        known: dict[str, Any] = schema.get("properties", {})
        assert set(schema.get("required", ())) <= set(data), place
        for key, item in data.items():
            its = known.get(key, schema.get("additionalProperties", {}))
            assert its is not False, f"{place}.{key}"
            follows(item, its, root, f"{place}.{key}")


def test_what_is_said_of_trust_stands_in_the_files_that_measured_it(pages: dict[str, str]) -> None:
    readme = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
    for line in pages["trust.md"].split("\n"):
        if line.startswith("|"):
            assert line in readme + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_commands_that_pages_show_are_run_and_a_failing_one_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "$ costmodel --version\ncostmodel " in handwritten._shown("costmodel --version", run=True)
    with pytest.raises(ValueError, match="No such option: --nothing"):
        handwritten._shown("costmodel analyze x.py --nothing", run=True)


@pytest.mark.slow
def test_mkdocs_builds_it_without_a_warning_and_without_a_network(tmp_path: Path) -> None:
    if importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None:
        pytest.skip("the documentation site: mkdocs and mkdocs-material are not installed")
    written = write_site(tmp_path, run=False)
    for name in {
        f"{found}"
        for page in written
        if page.endswith(".md")
        for found in re.findall(r"(?:pictures|pages)/[\w.-]+", (tmp_path / "docs" / page).read_text("utf-8"))
    }:
        file = tmp_path / "docs" / name  # drawn by the real build
        file.parent.mkdir(exist_ok=True)
        file.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    words = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "-f", str(tmp_path / "mkdocs.yml")]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "WARNING" not in done.stderr
    for file in (tmp_path / "site").rglob("*.html"):
        assert not _ASKS.findall(file.read_text("utf-8"))
