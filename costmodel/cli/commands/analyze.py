"""``costmodel analyze SUBJECT``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Annotated, Any

import typer

import costmodel
from costmodel.cli import options as o
from costmodel.cli.output import progress_bar, subject_prints_to_stderr, write
from costmodel.errors import UnknownNameError, UsageError
from costmodel.reports import View, format_names, render

_GROUPS = ("op", "layer", "phase")
_ENGINE = ("search", "objective", "effort")
_TIMELOOP = ("jobs", "timeloop_bin", "docker", "work", "time_limit", "syntax")
"""Options of Timeloop's runs; the first one is the engine's too."""


@o.recipe_options
def analyze(
    subject: o.Subject,
    settings: dict[str, Any],
    hardware: Annotated[
        str | None,
        typer.Option(
            "--hardware", help="add energy and cycles on this machine: a name, a YAML file, or a Timeloop folder"
        ),
    ] = None,
    phase: Annotated[
        str, typer.Option("--phase", help="what runs on the hardware: inference (one sample) or training (a step)")
    ] = "inference",
    search: Annotated[
        str, typer.Option("--search", help="mappings: optimum (proven) or course (the course's own mapper)")
    ] = "optimum",
    backend: Annotated[
        str, typer.Option("--backend", help="analytical (embedded), or timeloop (its mapper, run as a process)")
    ] = "analytical",
    verify: Annotated[
        bool, typer.Option("--verify", help="also hand the analytical mappings to timeloop-model")
    ] = False,
    timeloop_bin: o.TimeloopBin = None,
    docker: o.Docker = None,
    work: o.Work = None,
    time_limit: o.TimeLimit = 3600.0,
    objective: Annotated[
        str, typer.Option("--objective", help="what optimum makes least: latency (then energy), energy, or edp")
    ] = "latency",
    effort: Annotated[
        str, typer.Option("--effort", help="exact, or fast: fewer tries where nothing can be proven")
    ] = "exact",
    jobs: o.Jobs = 1,
    syntax: o.Syntax = "v0.3",
    no_random: Annotated[bool, typer.Option("--no-random", help="random numbers are no operations")] = False,
    layers: Annotated[bool, typer.Option("--layers", help="show every layer")] = False,
    by: Annotated[str | None, typer.Option("--by", help="group by op, layer or phase")] = None,
    top: Annotated[int | None, typer.Option("--top", help="only the N largest rows", min=1)] = None,
    format: o.Format = "text",
    output: o.Output = None,
    no_cache: o.NoCache = False,
) -> int:
    """Count a model's whole training step: parameters, operations, activations, memory."""
    if by is not None and by not in _GROUPS:
        raise UnknownNameError("group for --by", by, _GROUPS)
    if format not in format_names():
        raise UnknownNameError("report format", format, format_names())
    if hardware is None:
        o.refuse((*_ENGINE, *_TIMELOOP, "phase", "backend", "verify"), "speaks of a machine: name it with --hardware")
    elif backend == "timeloop":
        o.refuse(_ENGINE, "is the analytical backend's; Timeloop's mapper searches in its own way")
    elif not verify:
        o.refuse(_TIMELOOP[1:], "speaks of Timeloop: ask for it with --verify or --backend timeloop")
    with subject_prints_to_stderr():
        analysis = costmodel.analyze(subject, random=not no_random, cache=not no_cache, **settings)
        _nothing_is_idle(settings, analysis)
        if hardware is not None:
            runs = {"timeloop_bin": timeloop_bin, "docker": docker, "work": work, "time_limit": time_limit}
            asked = _Asked(
                hardware=hardware,
                phase=phase,
                words={"search": search, "objective": objective, "effort": effort, "jobs": jobs},
                backend=backend,
                verify=verify,
                use_cache=not no_cache,
                runs={**runs, "jobs": jobs or os.cpu_count() or 1, "syntax": syntax},
            )
            analysis = _with_hardware(analysis, subject, settings, asked)
    write(render(analysis, format, View(layers=layers, by=by, top=top)), output)
    return 0


def _nothing_is_idle(settings: dict[str, Any], analysis: costmodel.Analysis) -> None:
    """A file's own step stands above the options that would put one together."""
    subject = analysis.subject
    own = {
        "input": subject.input,
        "loss": subject.loss,
        "optimizer": subject.optimizer,
        "optimizer_options": subject.optimizer,
    }
    for name, word in own.items():
        if name in settings and word.startswith("own "):
            option = name.replace("_options", "-option")
            raise UsageError(f"--{option} has no effect: the file brings its {word}")


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What is asked of a machine; ``words`` are the engine's, ``runs`` those of ``timeloop_runs.runs``."""

    hardware: str
    phase: str
    words: dict[str, Any]
    backend: str
    verify: bool
    use_cache: bool
    runs: dict[str, Any]


def _with_hardware(
    analysis: costmodel.Analysis, subject: str, settings: dict[str, Any], asked: _Asked
) -> costmodel.Analysis:
    # numpy and pydantic are imported here: --help must not wait for them
    from costmodel import timeloop_runs
    from costmodel.passes.attach import attach_cost
    from costmodel.verbs.estimate import PHASES, estimate_subject

    if asked.phase not in PHASES:
        raise UnknownNameError("phase", asked.phase, PHASES)
    if asked.backend not in timeloop_runs.BACKENDS:
        raise UnknownNameError("backend", asked.backend, timeloop_runs.BACKENDS)
    if asked.verify and asked.backend != "analytical":
        raise UsageError("--verify checks the mappings of the analytical backend; leave out --backend timeloop")
    how = timeloop_runs.runs(**asked.runs)
    machine, phase = asked.hardware, asked.phase
    with progress_bar("mapping layers") as show:
        if asked.backend == "timeloop":
            cost = timeloop_runs.estimate_subject(
                subject, machine, settings, phase=phase, how=how, use_cache=asked.use_cache, progress=show
            )
        else:
            cost = estimate_subject(
                subject, machine, settings, phase=phase, use_cache=asked.use_cache, progress=show, **asked.words
            )
    if asked.verify:
        with progress_bar("verifying layers") as show:
            cost = timeloop_runs.verified(cost, machine, how=how, progress=show)
    return attach_cost(analysis, cost)


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(analyze)
