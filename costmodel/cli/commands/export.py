"""``costmodel export SUBJECT --to timeloop DIR``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from costmodel import backends
from costmodel.cli import options as o
from costmodel.cli.output import progress_bars, subject_prints_to_stderr
from costmodel.errors import UnknownNameError

_TARGETS = tuple(backends.exporters())


@o.recipe_options
@o.backend_options("syntax")
def export(
    subject: o.Subject,
    directory: Annotated[Path, typer.Argument(help="folder that gets one folder per layer", metavar="DIR")],
    settings: dict[str, Any],
    *,
    to: Annotated[str, typer.Option("--to", help=f"whose files: {', '.join(_TARGETS)}")] = _TARGETS[0],
    hardware: Annotated[
        str, typer.Option("--hardware", help="a machine's name or YAML file")
    ] = "simple_weight_stationary",
    phase: Annotated[
        str, typer.Option("--phase", help="what runs on the hardware: inference (one sample) or training (a step)")
    ] = "inference",
    words: dict[str, Any],
    search: Annotated[
        str, typer.Option("--search", help="whose mapping to write: optimum (proven) or course (the course's mapper)")
    ] = "optimum",
    version: Annotated[
        str | None,
        typer.Option("--version", help="of the input: 0.3, or 0.4 (the nodes that timeloopfe reads); or see --syntax"),
    ] = None,
    no_mapping: Annotated[bool, typer.Option("--no-mapping", help="write no mapping.yaml")] = False,
    no_cache: o.NoCache = False,
) -> int:
    """Write each layer's problem, architecture, constraints, mapper and mapping files. Exit code 2 if one has none."""
    # numpy and pydantic are imported here: --help must not wait for them
    from costmodel.verbs.export import export as verb

    if version is not None:
        o.refuse(("syntax",), "says the version as well, and --version gives it")
        words = words | {"syntax": _syntax_of(version)}
    with subject_prints_to_stderr(), progress_bars() as show:
        found = verb(
            subject,
            directory,
            hardware,
            to=to,
            phase=phase,
            search=None if no_mapping else search,
            cache=not no_cache,
            progress=show,
            options=words,
            **settings,
        )
    for item in found:
        if item.because:
            typer.echo(f"costmodel: {item.folder}: no mapping: {item.because}", err=True)
    typer.echo(f"{directory}: {len(found)} layer problems, listed in {backends.exporter(to).INDEX}")
    return 2 if any(item.because for item in found) else 0


def _syntax_of(version: str) -> str:
    """The syntax that a version of the input is written in."""
    from costmodel.backends.timeloop.syntax import VERSIONS

    if version not in VERSIONS:
        raise UnknownNameError("version", version, VERSIONS)
    return VERSIONS[version]


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(export)
