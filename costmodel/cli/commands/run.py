"""``costmodel run ENTRY --rules NAME``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click
import typer
from typer.core import TyperCommand

from costmodel.cli import options as o
from costmodel.cli.output import write
from costmodel.cli.showing import format_of, present, view_of
from costmodel.errors import UsageError
from costmodel.reports import render

if TYPE_CHECKING:
    from costmodel.ir.run import Run
    from costmodel.verbs.run import Ready

_COMMAND = "costmodel.command"
_LARGE = 1e5
_LIMIT = "in the place of the rulebook's"


def run(
    entry: Annotated[
        str | None, typer.Argument(help="an entry's folder, or a folder of entries", metavar="ENTRY|ENTRIES")
    ] = None,
    *,
    rules: Annotated[str, typer.Option("--rules", help="a rulebook's name or YAML file")],
    data: Annotated[Path | None, typer.Option("--data", help="the data set; read-only where that can be kept")] = None,
    out: Annotated[Path, typer.Option("--out", help="records, logs and what was saved")] = Path("results"),
    solution: o.Solution = None,
    reading: o.Reading = "as-written",
    runs: Annotated[int, typer.Option("--runs", help="how often each entry runs", min=1)] = 1,
    seed: Annotated[int, typer.Option("--run-seed", help="COSTMODEL_SEED of the first run; the next has one more")] = 0,
    shuffle: Annotated[
        int | None, typer.Option("--seed", help="draw the order of the entries [default: by name]")
    ] = None,
    time: Annotated[str | None, typer.Option("--time", help=f"wall time, 10m; {_LIMIT}")] = None,
    grace: Annotated[
        str | None, typer.Option("--grace", help="between SIGTERM at the limit and SIGKILL [default: 0s, no SIGTERM]")
    ] = None,
    host_memory: Annotated[str | None, typer.Option("--host-memory", help=f"12GB; {_LIMIT}")] = None,
    gpu_memory: Annotated[str | None, typer.Option("--gpu-memory", help=f"6GB; {_LIMIT}")] = None,
    cpus: Annotated[str | None, typer.Option("--cpus", help="cores that it may run on")] = None,
    processes: Annotated[str | None, typer.Option("--processes", help="at once")] = None,
    disk: Annotated[str | None, typer.Option("--disk", help="what it may write, 10GB")] = None,
    at_limit: Annotated[
        bool, typer.Option("--saved-counts", help="ended at the time limit is no fault: what it had saved counts")
    ] = False,
    iterations: Annotated[
        int | None,
        typer.Option("--iterations", help="predictions of the whole test set that it is told to make", min=1),
    ] = None,
    enclosure: Annotated[str | None, typer.Option("--wall", help="what is put around it [default: the best]")] = None,
    require: Annotated[
        bool, typer.Option("--require-sandbox", help="a wall that does not keep all its promises is an error")
    ] = False,
    name: Annotated[str | None, typer.Option("--name", help="whose entry it is [default: its folder's name]")] = None,
    idle: Annotated[float, typer.Option("--idle", help="seconds of metering before and after", min=0)] = 1.0,
    install: Annotated[
        bool,
        typer.Option("--install", help="a Python of its own: what its requirements.txt or environment.yaml asks for"),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be started, and start nothing")] = False,
    format: o.Format = None,
    output: o.Output = None,
) -> int:
    """Run an entry under its budget, and measure it. What stands behind -- is the command, not the contract's.

    Exit code 0: it ended inside its budget, 1: it broke a limit, 2: it failed, or could not be run.
    """
    from costmodel.rules.schema.rulebook import load_rulebook
    from costmodel.verbs.run import RunRequest, is_folder_of_entries, ranking_of, ready, run_all

    words = {"time": time, "grace": grace, "host_memory": host_memory, "gpu_memory": gpu_memory}
    words |= {"cpus": cpus, "processes": processes, "disk": disk}
    request = RunRequest(
        rules=rules,
        command=tuple(click.get_current_context().meta.get(_COMMAND, ())),
        budget={key: value for key, value in words.items() if value is not None},
        data=data,
        solution=solution,
        out=out,
        runs=runs,
        seed=seed,
        shuffle=shuffle,
        at_limit=at_limit,
        iterations=iterations,
        enclosure=enclosure,
        require_enclosure=require,
        name=name,
        idle_seconds=idle,
        reading=reading,
        install=install,
    )
    folders = _folders(entry)
    several = bool(folders) and is_folder_of_entries(folders[0], load_rulebook(rules))
    chosen = format_of(format, output, "Ranking" if several else "Run")
    if several:
        from costmodel.measuring.entry import entries_in

        if name is not None:
            raise UsageError("--name is for one entry; in a folder of entries each has its folder's name")
        folders = entries_in(folders[0])
    elif shuffle is not None:
        raise UsageError("--seed draws the order of a folder of entries; for the seed of a run give --run-seed")
    prepared = ready(folders, request)
    if dry_run:
        write(_plan(prepared, install=install), output)
        return 0
    found = [run for each in run_all(prepared, request, _say) for run in each]
    if several:
        present(ranking_of(prepared, request, found), chosen, output)
    elif len(found) == 1:
        present(found[0], chosen, output)
    elif chosen == "text":
        write("\n".join(render(run, chosen, view_of(output)) for run in found), output)
    else:
        raise UsageError(f"--format {chosen} shows one run; the records of {len(found)} are in {out}")
    return _exit(found)


def _folders(entry: str | None) -> list[Path]:
    """None where there is only a command."""
    if entry is None:
        return []
    if not Path(entry).is_dir():
        raise UsageError(f"{entry}: no such folder; a command goes behind --, after the entry's folder or without one")
    return [Path(entry)]


def _say(entry: str, number: int, runs: int) -> None:
    typer.echo(f"costmodel: {entry}, run {number} of {runs}", err=True)


def _exit(found: list[Run]) -> int:
    if any(run.broke_a_limit for run in found):
        return 1
    return 0 if all(run.is_inside for run in found) else 2


def _plan(prepared: Ready, *, install: bool) -> str:
    """What would be started, with which limits and walls, and what is missing."""
    from costmodel.measuring.own_python import wanted_by
    from costmodel.measuring.whole_entry import limits_of

    plan = prepared.plan
    lines = [f"enclosure: {plan.enclosure.enclosure.name}: {plan.enclosure.summary}"]
    for one in limits_of(plan):
        value = f"{one.value:,.{0 if one.value > _LARGE else 2}f} {one.unit}"
        lines.append(f"limit: {one.name.replace('_', ' ')}: {value} ({one.source}): {one.kept_by or 'NOT KEPT'}")
    lines += [f"the rules say of the machine, and nothing here keeps it: {text}" for text in prepared.said]
    lines += [f"meter: {meter.NAME}: {meter.missing() or 'works'}" for meter in plan.meters]
    for entry in prepared.entries:
        if entry.lacks:
            lines.append(f"{entry.name}: is not started: {entry.lacks}")
            continue
        lines += [f"{entry.name}: {' '.join(stage.words)}" for stage in entry.stages]
        wanted = wanted_by(entry.folder) if install and entry.folder is not None else None
        if wanted is not None:
            lines.append(f"{entry.name}: pip installs, by {wanted.file}: {', '.join(wanted.packages) or 'nothing'}")
            lines += [f"{entry.name}: not installed: {one}" for one in wanted.left_out]
    return "\n".join(lines) + "\n"


class _WithCommand(TyperCommand):
    """A subcommand that keeps what stands behind ``--`` for itself."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what stands before it."""
        if "--" in args:
            place = args.index("--")
            ctx.meta[_COMMAND] = args[place + 1 :]
            args = args[:place]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(
        cls=_WithCommand,
        options_metavar="[OPTIONS] [-- COMMAND…]",
        epilog=o.examples("costmodel run --rules haet-2022 -- python train.py"),
    )(run)
