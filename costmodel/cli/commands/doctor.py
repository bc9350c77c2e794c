"""``costmodel doctor``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from costmodel.cli import options as o
from costmodel.cli.output import write
from costmodel.cli.showing import view_of
from costmodel.errors import UnknownNameError
from costmodel.reports.formats.text import as_text
from costmodel.reports.layout import wrapped
from costmodel.reports.table import Table

if TYPE_CHECKING:
    from costmodel.verbs.doctor import Diagnosis

_FORMATS = ("text", "json")
_NO_TERMINAL = 110


@o.backend_options("timeloop_bin", "docker")
def doctor(
    words: dict[str, Any],
    *,
    format: Annotated[str, typer.Option("--format", "-f", help="text or json")] = "text",
    output: o.Output = None,
) -> int:
    """Say what works on this machine and what is missing. Exit code 0 if the default backends work, else 2."""
    # numpy and pydantic are imported here: --help must not wait for them
    from costmodel.verbs.doctor import examine

    if format not in _FORMATS:
        raise UnknownNameError("format", format, _FORMATS)
    findings = examine(words)
    if format == "json":
        text = json.dumps({"findings": [asdict(f) for f in findings]}, indent=2, ensure_ascii=False) + "\n"
    else:
        text = _table(findings)
    write(text, output)
    return 2 if any(f.needed and not f.works for f in findings) else 0


def _table(findings: list[Diagnosis]) -> str:
    view = view_of()
    rows = [(f.name, "yes" if f.works else "NO" if f.needed else "no", f.seen) for f in findings]
    parts = [as_text([Table("", ("what", "works", "seen"), rows)], view).rstrip("\n")]
    todo = [f"{f.name}: {f.advice}" for f in findings if f.advice]
    if todo:
        parts += [
            "",
            "What to do:",
            *(wrapped(f"- {line}", view.width or _NO_TERMINAL, "  ") for line in todo),
        ]
    return "\n".join(parts) + "\n"


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(epilog=o.examples("costmodel doctor"))(doctor)
