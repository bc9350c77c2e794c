"""``costmodel analyze SUBJECT``."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from costmodel import backends
from costmodel.backends.gpu.options import GpuOptions
from costmodel.cli import options as o
from costmodel.cli.gpu_options import gpu_options
from costmodel.cli.output import progress_bars, subject_prints_to_stderr
from costmodel.cli.showing import format_of, present
from costmodel.errors import UnknownNameError
from costmodel.ir.analysis import TRAINING
from costmodel.reports import View
from costmodel.verbs.gpu_estimate import names_gpu

_GROUPS = ("op", "layer", "phase")
_SEARCH = ("search", "objective", "effort")
_WHOLE = ("whole", "fused")


@o.recipe_options
@o.backend_options()
@gpu_options
def analyze(
    subject: o.Subject,
    settings: dict[str, Any],
    *,
    hardware: Annotated[
        str | None,
        typer.Option(
            "--hardware",
            help="add energy and cycles on this accelerator (a name, a YAML file, a Timeloop folder), "
            "or seconds, memory and joules on this GPU (a name, a YAML file)",
        ),
    ] = None,
    phase: Annotated[
        str | None,
        typer.Option(
            "--phase",
            help="inference (one forward pass of one sample) or training (a step); "
            "of the hardware's part alone if there is one [default: training, and inference on an accelerator]",
        ),
    ] = None,
    search: Annotated[
        str, typer.Option("--search", help="mappings: optimum (proven) or course (the course's own mapper)")
    ] = "optimum",
    backend: Annotated[str, typer.Option("--backend", help=o.backend_titles())] = backends.DEFAULT,
    verify: Annotated[
        bool, typer.Option("--verify", help=f"also hand the {backends.DEFAULT} mappings to {o.verifier_title()}")
    ] = False,
    words: dict[str, Any],
    running: GpuOptions,
    objective: Annotated[
        str, typer.Option("--objective", help="what optimum makes least: latency (then energy), energy, or edp")
    ] = "latency",
    effort: Annotated[
        str, typer.Option("--effort", help="exact; fast: fewer tries; prove: until there is a proof")
    ] = "exact",
    jobs: o.Jobs = 1,
    whole: Annotated[
        bool, typer.Option("--whole", help="also price the work beside the layers, on the machine's vector unit")
    ] = False,
    fused: Annotated[
        bool, typer.Option("--fused", help="with --whole: elementwise work behind a layer is fused into its drain")
    ] = False,
    concrete: o.Concrete = False,
    no_random: Annotated[bool, typer.Option("--no-random", help="do not count random numbers as operations")] = False,
    layers: Annotated[bool, typer.Option("--layers", help="show every layer")] = False,
    depth: Annotated[
        int | None,
        typer.Option("--depth", help="show the module tree down to so many levels; 0: all of them", min=0),
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="group by op, layer or phase")] = None,
    top: Annotated[int | None, typer.Option("--top", help="only the N largest rows", min=1)] = None,
    format: o.Format = None,
    output: o.Output = None,
    human: o.Human = False,
    columns: o.Columns = None,
    no_cache: o.NoCache = False,
) -> int:
    """Count a model's whole training step: parameters, operations, activations, memory."""
    from costmodel.verbs.analyze import analyze as verb

    if by is not None and by not in _GROUPS:
        raise UnknownNameError("group for --by", by, _GROUPS)
    chosen = format_of(format, output, "Analysis", columns)
    _refuse_idle(hardware, backend, verify)
    if hardware is not None and names_gpu(hardware):
        o.refuse((*_SEARCH, *_WHOLE, "jobs", "backend", "verify"), f"is about an accelerator; {hardware} is a GPU")
    with subject_prints_to_stderr(), progress_bars() as show:
        analysis = verb(
            subject, random=not no_random, cache=not no_cache, hardware=hardware, phase=phase, concrete=concrete,
            backend=backend, search=search, objective=objective, effort=effort, verify=verify, jobs=jobs, progress=show,
            whole=whole, fused=fused,
            options=o.words_of(words, backends.verifier() if verify else backends.load(backend)),
            **asdict(running), **settings,
        )  # fmt: skip
        view = View(layers=layers, depth=depth, by=by, top=top)
        if chosen == "html":
            view = _with_step(view, subject, settings, hardware, phase, running, concrete=concrete)
    present(analysis, chosen, output, view, human=human, columns=columns)
    return 0


def _with_step(
    view: View,
    subject: str,
    settings: dict[str, Any],
    hardware: str | None,
    phase: str | None,
    running: GpuOptions,
    *,
    concrete: bool,
) -> View:
    """The step that the analysis is of, and its time on a GPU; beside an accelerator's cost it is the training's."""
    from costmodel.verbs.gpu_estimate import gpu_words, timeline_of
    from costmodel.verbs.trace import recorded_step

    if hardware is None or not names_gpu(hardware):
        alone = phase if phase and hardware is None else TRAINING
        return replace(view, step=recorded_step(subject, settings, alone, concrete=concrete))
    step = recorded_step(subject, gpu_words(settings, running, phase), TRAINING, concrete=concrete)
    timed = not running.compiled and running.power_limit is None  # else the kernels are not those of the step
    return replace(view, step=step, timeline=timeline_of(step, hardware, running) if timed else None)


def _refuse_idle(hardware: str | None, backend: str, verify: bool) -> None:
    """Options that would have no effect.

    Raises:
        UsageError: one of them was given.
    """
    theirs = o.words_by_backend()
    if hardware is None:
        every = [word for known in theirs.values() for word in known]
        o.refuse(
            (*_SEARCH, *_WHOLE, "jobs", *every, "backend", "verify"), "is about a machine: name it with --hardware"
        )
        return
    if not backends.load(backend).SEARCHES:
        o.refuse(_SEARCH, f"has no effect: the {backend} backend searches in its own way")
    used = {backend, *(name for name in theirs if verify and o.verifies(name))}
    for name, words in theirs.items():
        if name not in used:
            how = "--verify or " if o.verifies(name) else ""
            o.refuse(words, f"is the {name} backend's: ask for it with {how}--backend {name}")


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(
        epilog=o.examples(
            "costmodel analyze net.py:Net --batch 128 --optimizer adam --layers",
            "costmodel analyze net.py:Net --hardware v100-sxm2-16gb --output report.html",
        )
    )(analyze)
