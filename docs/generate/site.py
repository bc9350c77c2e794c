"""Everything that the site is built from, in one folder, with the settings and the order of its pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from docs.generate import handwritten, machines, ops, reference, rulebooks, schemas
from docs.generate.pictures import write_pictures

_GENERATED = (rulebooks, machines, ops, schemas, reference)
_ORDER: Mapping[str, tuple[str, ...]] = {
    "Tutorials": ("tutorials/student.md", "tutorials/ta.md", "tutorials/organizer.md", "tutorials/researcher.md",
                  "tutorials/notebook.md"),
    "Guide": ("guide/counting.md", "guide/rules.md", "guide/training.md", "guide/accelerators.md", "whole-network.md",
              "guide/gpus.md", "guide/grading.md", "guide/entries.md", "guide/ranking.md", "guide/pages.md",
              "guide/python.md"),
    "How far to trust it": ("trust.md", "gpu-estimates.md"),
    "Reference": ("reference/commands.md", "reference/verbs.md", "reference/nouns.md", "reference/errors.md"),
}  # fmt: skip
"""Sections with an order of their own; those that are generated stand behind them, by folder."""
_TITLES = {
    "rulebooks": "Rulebooks",
    "machines": "Machines",
    "ops": "Ops",
    "schemas": "JSON schemas",
    "decisions": "Decisions",
}


def all_pages(*, run: bool = True) -> Iterator[tuple[str, str]]:
    """(path, text) of every page and schema."""
    yield from handwritten.pages(run=run)
    for module in _GENERATED:
        yield from module.pages()


def write_site(folder: Path, *, run: bool = True) -> list[str]:
    """Write pages, pictures and ``mkdocs.yml`` below a folder; the paths of the pages.

    Args:
        folder: its ``docs`` is replaced.
        run: run the commands that the pages show, and draw the pictures.
    """
    place = folder / "docs"
    shutil.rmtree(place, ignore_errors=True)
    written = []
    for path, text in all_pages(run=run):
        file = place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        written.append(path)
    for notebook in sorted((handwritten.DOCS / "tutorials").glob("*.ipynb")):
        shutil.copy(notebook, place / "tutorials")
        written.append(f"tutorials/{notebook.name}")
    shutil.copytree(handwritten.DOCS / "screens", place / "screens")
    if run:
        written += write_pictures(place)
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(settings(written), sort_keys=False), encoding="utf-8")
    return written


def settings(written: list[str]) -> dict[str, object]:
    """The settings of mkdocs: nothing is asked of a network, neither when it builds nor when it is read."""
    return {
        "site_name": "costmodel",
        "site_description": "What a neural network's training step costs, before anyone runs it.",
        "docs_dir": "docs",
        "site_dir": "site",
        "use_directory_urls": False,
        "theme": {
            "name": "material",
            "font": False,
            "palette": [
                {"media": "(prefers-color-scheme: light)", "scheme": "default", "primary": "indigo"},
                {"media": "(prefers-color-scheme: dark)", "scheme": "slate", "primary": "indigo"},
            ],
            "features": ["navigation.tabs", "navigation.indexes", "navigation.top"],
        },
        "plugins": ["search"],
        "markdown_extensions": ["tables", "fenced_code", "pymdownx.superfences", {"toc": {"permalink": True}}],
        "validation": {"links": {"anchors": "warn", "unrecognized_links": "warn", "not_found": "warn"}},
        "nav": [{"What it is": "index.md"}, *_nav(written)],
    }


def _nav(written: list[str]) -> Iterator[dict[str, object]]:
    for title, pages in _ORDER.items():
        yield {title: [page for page in pages if page in written]}
    for folder, title in _TITLES.items():
        own = sorted(page for page in written if page.startswith(f"{folder}/") and page.endswith(".md"))
        yield {title: [f"{folder}/index.md", *[page for page in own if page != f"{folder}/index.md"]]}
