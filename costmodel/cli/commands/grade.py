"""``costmodel grade SUBMISSIONS --rules NAME --out DIR``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.cli.output import progress_bars, write
from costmodel.cli.showing import view_of
from costmodel.errors import UsageError
from costmodel.reports import names_on_request, refuse_unwritten, render
from costmodel.sandbox.walls import wall_names


def _either(names: Sequence[str]) -> str:
    """``a, b or c``."""
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def grade(
    submissions: Annotated[
        Path | None,
        typer.Argument(help="a folder of folders, archives or .py files; a Gradescope or Canvas export"),
    ] = None,
    rules: Annotated[str | None, typer.Option("--rules", help="a rulebook's name or YAML file")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="folder for the results", metavar="DIR")] = None,
    facts: Annotated[
        list[Path] | None,
        typer.Option(
            "--facts", help="what was measured: a table with a row per student, a leaderboard", metavar="FILE"
        ),
    ] = None,
    solution: o.Solution = None,
    score: o.Score = None,
    no_ranking: Annotated[
        bool, typer.Option("--no-ranking", help="no rank and no bonus: for one submission by itself")
    ] = False,
    roster: Annotated[
        Path | None, typer.Option("--roster", help="CSV with name, email, sid, github, kaggle", metavar="FILE")
    ] = None,
    aliases: Annotated[
        Path | None,
        typer.Option("--aliases", help="CSV with other words for people of the roster: who, alias", metavar="FILE"),
    ] = None,
    deadline: o.Deadline = None,
    timezone: o.Timezone = None,
    late_policy: o.LatePolicy = None,
    extensions: Annotated[
        Path | None, typer.Option("--extensions", help="CSV with later deadlines: who, until, reason", metavar="FILE")
    ] = None,
    overrides: Annotated[
        Path | None,
        typer.Option(
            "--overrides",
            help="CSV with what a person has decided: who, what, value, reason, by; what is a metric, points:TABLE, "
            "late, outcome, model or comment",
            metavar="FILE",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="grade this one again; everybody else stays as in --out", metavar="NAME"),
    ] = None,
    originals: Annotated[
        Path | None, typer.Option("--originals", help="your own copy of files that nobody may change")
    ] = None,
    time_limit: Annotated[
        int | None,
        typer.Option(
            "--time-limit", help="seconds that a submission may compute, and that it may wait [default: 90, 120]", min=1
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", help="which file and object is the model: model.py:Net [default: looked for]"),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(
            "--models",
            help="CSV with the model (FILE.py:NAME) of single students: columns name, sid or email, and model",
        ),
    ] = None,
    reading: o.Reading = "as-written",
    format: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            help=f"also {', '.join(names_on_request())}",
            metavar="NAME",
        ),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            "--inputs", help="inputs (torch.save): replay each trace on the submitted weights and predictions"
        ),
    ] = None,
    jobs: o.Jobs = 0,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="address of a Dask scheduler (costmodel[dask])")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on where an interrupted run stopped")] = False,
    require_sandbox: Annotated[
        bool, typer.Option("--require-sandbox", help="a wall that does not keep all its promises is an error")
    ] = False,
    wall: Annotated[str | None, typer.Option("--wall", help=f"{_either(wall_names())} [default: the best]")] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="map every layer anew")] = False,
    replay: Annotated[
        Path | None,
        typer.Option(
            "--replay",
            help="recompute a graded class from its record, without the submissions, and compare; no other argument",
            metavar="DIR",
        ),
    ] = None,
) -> int:
    """Grade a class of untrusted submissions: rubric, ranking, feedback, and the platform's files."""
    from costmodel.verbs.grade import Limits, Order, grade_order, write_grades

    refuse_unwritten(format or ())
    if replay is not None:
        return _replayed(replay, jobs, cache=not no_cache)
    if submissions is None or rules is None or out is None:
        raise UsageError("grade needs SUBMISSIONS, --rules and --out; or --replay DIR")
    order = Order(
        place=submissions,
        rules=rules,
        fact_files=tuple(facts or ()),
        solution=solution,
        score=score,
        ranked=not no_ranking,
        roster=roster,
        aliases=aliases,
        deadline=deadline,
        timezone=timezone,
        late_policy=late_policy,
        extensions=extensions,
        overrides=overrides,
        only=tuple(only or ()),
        originals=originals,
        limits=Limits() if time_limit is None else Limits(wall_seconds=time_limit, cpu_seconds=time_limit),
        model=model,
        models=models,
        reading=reading,
        inputs=inputs,
        resume=resume,
        require_sandbox=require_sandbox,
        wall=wall,
        use_cache=not no_cache,
        platforms=tuple(format or ()),
    )
    try:
        with _executor(jobs, scheduler) as executor, progress_bars() as show:
            grades = grade_order(order, out, executor=executor, progress=show)
    except KeyboardInterrupt:
        typer.echo(f"costmodel: interrupted; what is traced is kept in {out}: go on with --resume", err=True)
        raise
    for note in grades.notes:
        typer.echo(f"costmodel: {note}", err=True)
    files = write_grades(grades, out, format or ())
    write(render(grades, "text", view_of()), None)
    typer.echo(f"costmodel: {len(files)} files in {out}", err=True)
    return 0


def _replayed(graded: Path, jobs: int, *, cache: bool) -> int:
    """Compare what the record gives with what lies there."""
    from costmodel.verbs.grade import replay

    with _executor(jobs, None) as executor, progress_bars() as show:
        _, files = replay(graded, cache=cache, executor=executor, progress=show)
    other = [name for name, text in files.items() if _text(graded / name) != text]
    for name in other:
        typer.echo(f"{name}: not what the record gives")
    typer.echo(f"{len(files) - len(other)} of {len(files)} files are the same bytes as the record gives")
    return 1 if other else 0


def _text(file: Path) -> str | None:
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


@contextmanager
def _executor(jobs: int, scheduler: str | None) -> Iterator[Executor | None]:
    from costmodel.files.workers import workers

    if scheduler is None:
        with workers(jobs) as pool:
            yield pool
        return
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("--scheduler needs Dask: install costmodel[dask]") from None
    try:
        client = Client(scheduler)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise UsageError(f"--scheduler {scheduler}: no Dask scheduler answers there: {error}") from None
    with client:
        yield client.get_executor()  # type: ignore[no-untyped-call]


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(
        epilog=o.examples(
            "costmodel grade submissions --rules mit-lab2-2022 --facts leaderboard.csv --roster roster.csv --out graded"
        )
    )(grade)
