"""The handwritten pages: copied, with the output of the commands that they show, and links that hold on the site."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from docs.generate.markdown import code

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

RUN = re.compile(r"```run\n(.+?)\n```", re.DOTALL)
"""A block with a command, in whose place the site has the command and what it prints."""
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")
_COLUMNS = "76"
_MOST_LINES = 60


def pages(*, run: bool = True) -> Iterator[tuple[str, str]]:
    """(path, text) of every page in docs/, and of what other files of the repository say that belongs on the site.

    Args:
        run: run the commands that the pages show; else they stand there without their output.
    """
    for file in sorted(DOCS.rglob("*.md")):
        place = file.relative_to(DOCS).as_posix()
        text = RUN.sub(lambda found: _shown(found[1], run=run), file.read_text(encoding="utf-8"))
        if place == "trust.md":
            text = f"{text}\n{_noticed()}"
        yield place.replace("README.md", "index.md"), _relinked(text.replace("<!-- run -->\n", ""), file)


def _shown(command: str, *, run: bool) -> str:
    if not run:
        return code(f"$ {command}", "console").rstrip()
    program, *words = shlex.split(command)
    if program != "costmodel":
        raise ValueError(f"{command}: only costmodel is run")
    done = subprocess.run(
        [sys.executable, "-m", "costmodel", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": _COLUMNS, "PYTHONPATH": str(ROOT)},
    )
    if done.returncode not in (0, 1, 2) or "Traceback" in done.stderr:
        raise ValueError(f"{command}: exit code {done.returncode}: {done.stderr}")
    lines = (done.stdout + done.stderr).rstrip().split("\n")
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"… ({len(lines) - _MOST_LINES} more lines)"]
    return code("\n".join([f"$ {command}", *(line.rstrip() for line in lines)]), "console").rstrip()


def _relinked(text: str, file: Path) -> str:
    """Links to files of the repository that are not on the site become their names."""

    def on_site(found: re.Match[str]) -> str:
        said, target = found[1], found[2]
        if "://" in target or target.startswith("#"):
            return found[0]
        path, _, anchor = target.partition("#")
        whole = (file.parent / path).resolve()
        if whole.is_relative_to(DOCS) and whole.suffix in (".md", ".ipynb") and "generate" not in whole.parts:
            renamed = path.replace("README.md", "index.md")
            return f"[{said}]({renamed}{f'#{anchor}' if anchor else ''})"
        if not whole.exists():
            return found[0]  # a page that is generated; a link that leads nowhere is mkdocs's to refuse
        return f"{said} (`{whole.relative_to(ROOT).as_posix()}`)" if whole.is_relative_to(ROOT) else found[0]

    return _LINK.sub(on_site, text)


def _noticed() -> str:
    """What CONTRIBUTING says of the tests, as it stands there."""
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return f"## Whether the tests would notice\n\n{section(contributing, 'Tests that notice')}\n"


def section(text: str, heading: str) -> str:
    """The text below a heading, without it.

    Raises:
        ValueError: there is no such heading.
    """
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    if found is None:
        raise ValueError(f"there is no section {heading!r}")
    return found[1].replace("<!-- run -->\n", "").strip()
