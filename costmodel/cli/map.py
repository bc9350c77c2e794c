"""``costmodel map PROBLEM --hardware NAME``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.cli.output import progress_bar, write
from costmodel.errors import UnknownNameError, UsageError

_FORMATS = ("text", "json")


def map_problem(
    problem: Annotated[
        str, typer.Argument(help="C=3,M=6,P=28,Q=28,R=5,S=5, a Timeloop problem YAML, or a JSON file of cases")
    ],
    hardware: Annotated[str, typer.Option("--hardware", help="a machine's name or YAML file")],
    mapping: Annotated[
        str | None, typer.Option("--mapping", help="evaluate this mapping (JSON) instead of searching one")
    ] = None,
    search: Annotated[
        str, typer.Option("--search", help="optimum (proven) or course (the course's mapper)")
    ] = "optimum",
    format: Annotated[str, typer.Option("--format", "-f", help="text or json")] = "text",
    output: o.Output = None,
) -> int:
    """Energy and cycles of single layer problems. Exit code 2 if one is invalid."""
    # numpy and pydantic are imported here: --help must not wait for them
    from costmodel.problems import Case, map_cases, read_cases, read_mapping
    from costmodel.reports.loop_nest import case_data, draw

    if format not in _FORMATS:
        raise UnknownNameError("format", format, _FORMATS)
    cases, many = read_cases(problem)
    if mapping is not None:
        if many:
            raise UsageError("--mapping is for one problem; a file of cases has its mappings inside")
        given = read_mapping(mapping)
        cases = {name: Case(case.instance, case.depthwise, given) for name, case in cases.items()}
    with progress_bar("mapping") as show:
        results = map_cases(cases, hardware, search=search, progress=show)
    if format == "json":
        data = {name: case_data(cost) for name, cost in results.items()}
        shown: object = {"cases": data} if many else next(iter(data.values()))
        text = json.dumps(shown, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    else:
        text = "\n".join(draw(name, cost) for name, cost in results.items())
    write(text, output)
    return 0 if all(cost.valid for cost in results.values()) else 2


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command("map")(map_problem)
