"""``costmodel export SUBJECT --to timeloop DIR``, ``costmodel export SUBJECT --to perfetto step.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from costmodel import backends
from costmodel.cli import options as o
from costmodel.cli.output import progress_bars, subject_prints_to_stderr, write
from costmodel.errors import UnknownNameError
from costmodel.reports.export_format import TRACE, export_names, load_export

_TOOLS = tuple(backends.exporters())
_VIEWERS = {name: load_export(name) for name in export_names()}
_TITLES = dict.fromkeys(_TOOLS, "a folder for each layer") | {name: _VIEWERS[name].TITLE for name in _VIEWERS}
_WHOSE = "; ".join(f"{name}: {title}" for name, title in _TITLES.items())


@o.recipe_options
@o.backend_options("syntax")
def export(
    subject: o.Subject,
    directory: Annotated[
        Path,
        typer.Argument(help="folder that gets one per layer, or a viewer's file (- for stdout)", metavar="DIR_OR_FILE"),
    ],
    settings: dict[str, Any],
    *,
    to: Annotated[str, typer.Option("--to", help=_WHOSE)] = _TOOLS[0],
    hardware: Annotated[
        str, typer.Option("--hardware", help="a machine's name or YAML file; for perfetto a GPU too")
    ] = "simple_weight_stationary",
    phase: Annotated[
        str | None,
        typer.Option(
            "--phase",
            help="inference (one sample) or training (a step) "
            "[default: inference on an accelerator, training for a GPU or a graph]",
        ),
    ] = None,
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
    """Write the files of another tool, or the one file of a viewer.

    Of Timeloop: each layer's problem, architecture, constraints, mapper and mapping. Exit code 2 if one has no mapping.
    """
    # numpy and pydantic are imported here: --help must not wait for them
    from costmodel.verbs.export import Viewed, viewer_file
    from costmodel.verbs.export import export as verb

    if version is not None:
        o.refuse(("syntax",), "says the version as well, and --version gives it")
        words = words | {"syntax": _syntax_of(version)}
    if to not in _TOOLS:
        o.refuse(("no_mapping", "syntax", "version"), f"is about the files of {', '.join(_TOOLS)}")
        if to in _VIEWERS and _VIEWERS[to].OF == TRACE:
            o.refuse(("hardware", "search"), f"has no effect: {to} shows the step, whatever it runs on")
        viewed = Viewed(hardware=hardware, phase=phase, search=search, cache=not no_cache)
        with subject_prints_to_stderr(), progress_bars() as show:
            text = viewer_file(subject, to, viewed, progress=show, **settings)
        write(text, str(directory))
        return 0

    with subject_prints_to_stderr(), progress_bars() as show:
        found = verb(
            subject,
            directory,
            hardware,
            to=to,
            phase=phase or "inference",
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
    app.command(
        epilog=o.examples(
            "costmodel export net.py:Net layers --to timeloop",
            "costmodel export net.py:Net step.json --to perfetto --hardware v100-sxm2-16gb",
            "costmodel export net.py:Net step.html --to graph",
        )
    )(export)
