"""``costmodel advise SUBJECT --rules NAME`` or ``--hardware NAME``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from costmodel.cli import options as o
from costmodel.cli.output import progress_bars, subject_prints_to_stderr
from costmodel.cli.showing import format_of, present
from costmodel.errors import UsageError
from costmodel.ir.advice import Advice
from costmodel.ir.gpu_advice import GpuAdvice
from costmodel.ir.tips import Tips
from costmodel.reports import View


@o.recipe_options
def advise(
    subject: o.Subject,
    settings: dict[str, Any],
    rules: Annotated[
        str | None, typer.Option("--rules", help="a rulebook's name or YAML file: what raises points and metric")
    ] = None,
    hardware: Annotated[
        str | None,
        typer.Option(
            "--hardware", help="a machine's name or YAML file: what saves cycles and energy on it, or seconds"
        ),
    ] = None,
    fact: o.Fact = None,
    phase: Annotated[
        str | None,
        typer.Option(
            "--phase",
            help="with --hardware: inference, or a training step [default: inference, and training on a GPU]",
        ),
    ] = None,
    objective: Annotated[
        str, typer.Option("--objective", help="with --hardware: latency, energy or edp, what changes are compared by")
    ] = "latency",
    apply: Annotated[
        str | None,
        typer.Option("--apply", help="show change N (s2: the sequence up to its second step) as an edit", metavar="N"),
    ] = None,
    jobs: o.Jobs = 1,
    top: Annotated[int | None, typer.Option("--top", help="only the N first rows of each table", min=1)] = None,
    format: o.Format = None,
    output: o.Output = None,
    human: o.Human = False,
    no_cache: o.NoCache = False,
) -> int:
    """Say what to change so that a network stands better, or costs less; every figure is computed anew."""
    from costmodel.verbs.advise import advise as verb

    if (rules is None) == (hardware is None):
        raise UsageError("advise needs --rules NAME, or --hardware NAME")
    chosen = format_of(format, output, "Advice" if rules is None else "Tips")
    facts = o.words(fact or [], "--fact")
    if hardware is not None and facts:
        raise UsageError("--fact is for --rules: a machine asks for none")
    if hardware is None:
        o.refuse(("phase", "objective"), "is for --hardware: a rulebook says its own")
    found: Advice | GpuAdvice | Tips
    with subject_prints_to_stderr(), progress_bars() as show:
        if hardware is not None:
            found = verb(subject, hardware, phase=phase, objective=objective, cache=not no_cache, jobs=jobs,
                         progress=show, **settings)  # fmt: skip
        else:
            assert rules is not None  # one of both is given
            found = verb(subject, rules=rules, facts=facts, cache=not no_cache, jobs=jobs, progress=show, **settings)
    view = View(top=top, apply=apply)
    present(found, chosen, output, view, human=human)
    return 0


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(
        epilog=o.examples(
            "costmodel advise net.py:Net --hardware simple_weight_stationary --top 3",
            "costmodel advise net.py:Net --rules mit-lab2-2022 --fact error_rate_percent=21.7",
        )
    )(advise)
