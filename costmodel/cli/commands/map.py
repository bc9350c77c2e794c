"""``costmodel map PROBLEM --hardware NAME``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

import typer

from costmodel import backends
from costmodel.cli import options as o
from costmodel.cli.output import progress_bar, write
from costmodel.errors import UnknownNameError, UsageError
from costmodel.files.quoting import safe_text
from costmodel.ir.cost import LayerCost

_FORMATS = ("text", "json")
_PARETO = "pareto"
_TOOLS = tuple(backends.exporters())
"""Backends whose tool has a syntax for mappings."""


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
    objective: Annotated[
        str, typer.Option("--objective", help="latency (then energy), energy, edp, or pareto: all that none beats")
    ] = "latency",
    effort: Annotated[
        str, typer.Option("--effort", help="exact; fast: fewer tries; prove: until there is a proof")
    ] = "exact",
    prove: Annotated[
        bool, typer.Option("--prove", help="search until each is proven, however long; exit code 2 if one cannot be")
    ] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="worker processes; 0 is one per core")] = 1,
    format: Annotated[
        str, typer.Option("--format", "-f", help=f"text, json or {' or '.join(_TOOLS)} (a mapping YAML)")
    ] = "text",
    output: o.Output = None,
) -> int:
    """Energy and cycles of single layer problems. Exit code 2 if one is invalid."""
    # numpy and pydantic are imported here: --help must not wait for them
    from costmodel.hardware.machines import load_hardware
    from costmodel.verbs.map import Case, map_fronts, read_cases, read_mapping
    from costmodel.verbs.map import map as map_cases

    if format not in (*_FORMATS, *_TOOLS):
        raise UnknownNameError("format", format, (*_FORMATS, *_TOOLS))
    cases, many = read_cases(problem)
    if mapping is not None:
        if many:
            raise UsageError("--mapping is for one problem; a file of cases has its mappings inside")
        o.refuse(("search", "objective", "effort", "prove"), "searches a mapping, and --mapping gives it")
        given = read_mapping(mapping)
        cases = {name: Case(case.instance, case.depthwise, given) for name, case in cases.items()}
    if prove:
        o.refuse(("search", "effort"), "says how to search, and --prove says to prove")
        effort = "prove"
    with progress_bar("mapping") as show:
        if objective == _PARETO:
            if search != "optimum":
                raise UsageError("--objective pareto searches all mappings: leave out --search")
            results = map_fronts(cases, hardware, effort=effort)
        else:
            chosen = {"search": search, "objective": objective, "effort": effort}
            found = map_cases(cases, hardware, jobs=jobs, progress=show, **chosen)
            results = {name: [cost] for name, cost in found.items()}
    if format == "json":
        text = _json(results, many, objective == _PARETO)
    else:
        text = _text(results) if format == "text" else _documents(results, hardware, format)
    write(text, output)
    for note in load_hardware(hardware).notes:
        typer.echo(f"costmodel: {hardware}: {note}", err=True)
    held = [cost.optimal if prove else cost.valid for costs in results.values() for cost in costs]
    return 0 if all(held) else 2


def _json(results: Mapping[str, list[LayerCost]], many: bool, fronts: bool) -> str:
    """One result, or ``{"cases": …}``; a front is a list of results."""
    from costmodel.reports.drawing import case_data

    data: dict[str, object] = {}
    for name, costs in results.items():
        shown = [case_data(cost) for cost in costs]
        data[name] = {"front": shown} if fronts else shown[0]
    whole = {"cases": data} if many else next(iter(data.values()))
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _text(results: Mapping[str, list[LayerCost]]) -> str:
    """Drawn loop nests."""
    from costmodel.reports.drawing import draw

    return "\n".join(draw(name, cost) for name, costs in results.items() for cost in costs)


def _documents(results: Mapping[str, list[LayerCost]], hardware: str, tool: str) -> str:
    """One YAML document per mapping, in a tool's own words."""
    return "---\n".join(_mapping(name, cost, hardware, tool) for name, costs in results.items() for cost in costs)


def _mapping(name: str, cost: LayerCost, hardware: str, tool: str) -> str:
    """One YAML document; a problem without a mapping is a comment."""
    from costmodel.verbs.export import mapping_text

    head = f"# {safe_text(name)}: " + " ".join(f"{dim}={bound}" for dim, bound in cost.layer.instance.items())
    if not cost.valid:
        return f"{head}\n# no mapping: {cost.because}\n"
    return f"{head}\n{mapping_text(cost, hardware, tool)}"


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(
        "map", epilog=o.examples("costmodel map C=3,M=6,P=28,Q=28,R=5,S=5 --hardware simple_weight_stationary")
    )(map_problem)
