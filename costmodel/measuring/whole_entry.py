"""A whole entry: its files copied, its stages run one after the other, what it saved kept, its predictions scored."""

from __future__ import annotations

import contextlib
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path

from costmodel.files.writing import write_text
from costmodel.ir.run import Ending, Run, RunLimit, Score, StageRun
from costmodel.measuring.budget import UNITS, Budget
from costmodel.measuring.entry import Entry, digests
from costmodel.measuring.meter import Meter
from costmodel.measuring.own_python import OwnPython
from costmodel.measuring.place import Place, cores_of
from costmodel.measuring.power_log import NAME as POWER_LOG
from costmodel.measuring.power_log import power_log
from costmodel.measuring.running import run_stage
from costmodel.measuring.scoring import rows_asked_for, score_of
from costmodel.measuring.snapshot import Snapshots
from costmodel.measuring.trying import EnclosureStatus
from costmodel.version import __version__

SEED, NUMBER, ITERATIONS = "COSTMODEL_SEED", "COSTMODEL_RUN_NUMBER", "COSTMODEL_ITERATIONS"
_LEFT_OUT = shutil.ignore_patterns(".git", "__pycache__", ".venv")
_PACKAGES = ("torch", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How every entry of a competition is run.

    Attributes:
        hidden: what no entry sees: the solution, the results, the other entries.
        iterations: how many predictions of the whole test set an entry is told to make; None: it is not told.
        idle_seconds: how long the machine is metered before and after.
    """

    budget: Budget
    enclosure: EnclosureStatus
    meters: tuple[Meter, ...]
    data: Path | None = None
    solution: Path | None = None
    hidden: tuple[Path, ...] = ()
    iterations: int | None = None
    idle_seconds: float = 0.0


def run_entry(
    entry: Entry, out: Path, plan: Plan, *, number: int = 1, seed: int = 0, python: OwnPython | None = None
) -> Run:
    """Run an entry once.

    Args:
        entry: its files and commands.
        out: an own folder for this run: ``work``, ``kept``, ``logs``.
        plan: see there.
        number: of the run, from 1.
        seed: what its environment variable says.
        python: the entry's own, None for the present one.

    Raises:
        UsageError: a stage needs data that are not given, or the solution cannot be read.
        OSError: a folder cannot be written.
    """
    work, kept = _fresh(entry, out)
    snapshots = Snapshots(work, kept, rows=rows_asked_for(plan.solution))
    environment = {SEED: str(seed), NUMBER: str(number), "PYTHONHASHSEED": str(seed)}
    if plan.iterations is not None:
        environment[ITERATIONS] = str(plan.iterations)
    place = Place(
        folder=work, logs=out / "logs", data=plan.data, hidden=plan.hidden, environment=environment, python=python
    )
    ran: list[StageRun] = []
    begun: list[datetime] = []
    for stage in entry.stages:
        begun.append(datetime.now().astimezone() + timedelta(seconds=plan.idle_seconds))
        ran.append(
            run_stage(
                stage,
                place,
                plan.budget,
                plan.enclosure.enclosure,
                plan.meters,
                snapshots,
                idle_seconds=plan.idle_seconds,
            )
        )
        if ran[-1].ending in (Ending.FAILED, Ending.NOT_STARTED):
            break
        _put_back(snapshots, work, kept)
    power = power_log(list(zip(ran, begun, strict=True)))
    if power:
        write_text(out / POWER_LOG, power)
    return replace(
        _record(entry, plan, number, seed, ran),
        kept=snapshots.files(),
        score=_score(kept, plan.solution),
        notes=(*_notes(plan, ran, snapshots), *_left_out(python)),
        versions=_versions(python),
        installed=() if python is None else python.packages,
    )


def _record(entry: Entry, plan: Plan, number: int, seed: int, stages: Sequence[StageRun]) -> Run:
    """What is known of a run whatever became of it."""
    return Run(
        submission=entry.name,
        number=number,
        seed=seed,
        enclosure=plan.enclosure.enclosure.name,
        keeps=plan.enclosure.keeps,
        limits=limits_of(plan),
        stages=tuple(stages),
        versions=_versions(None),
        digests=digests(entry.folder),
    )


def not_started(entry: Entry, plan: Plan, *, number: int, seed: int, because: str) -> Run:
    """The record of a run that was not started: its script is missing, or its own environment could not be made."""
    first = entry.stages[0]
    stage = StageRun(stage=first.name, command=first.words, ending=Ending.NOT_STARTED, because=because)
    record = _record(entry, plan, number, seed, [stage])
    return replace(record, notes=(f"{stage.stage}: {stage.ending.value}: {because}",))


def _left_out(python: OwnPython | None) -> list[str]:
    return [] if python is None else [f"not installed: {one}" for one in python.left_out]


def _fresh(entry: Entry, out: Path) -> tuple[Path, Path]:
    """Empty folders, the first with a copy of the entry's files; what an interrupted run left goes."""
    for name in ("work", "kept", "logs"):
        if (out / name).exists():
            shutil.rmtree(out / name)
    work = out / "work"
    if entry.folder is None:
        work.mkdir(parents=True)
    else:
        shutil.copytree(entry.folder, work, symlinks=True, ignore=_LEFT_OUT)
    return work.resolve(), out / "kept"


def _put_back(snapshots: Snapshots, work: Path, kept: Path) -> None:
    """The next stage reads whole files: the last whole version is put where a torn one is."""
    for file in snapshots.files():
        if file.torn:
            with contextlib.suppress(OSError):
                shutil.copyfile(kept / file.file, work / file.file, follow_symlinks=False)


def _score(kept: Path, solution: Path | None) -> Score | None:
    return None if solution is None else score_of(kept, solution)


def limits_of(plan: Plan) -> tuple[RunLimit, ...]:
    """The limits, each with what keeps an entry inside it on this machine."""
    missing = {q: why for meter in plan.meters if (why := meter.missing()) for q in meter.QUANTITIES}
    ends = f"SIGTERM, and SIGKILL {plan.budget.grace:g} s later" if plan.budget.grace else "SIGKILL of the whole tree"
    kept_by: Mapping[str, str] = {
        "time": ends,
        "host_memory": "looked at every 0.1 s; the kernel's own peak at the end",
        "gpu_memory": "" if "gpu_memory_bytes" in missing else "looked at every 0.1 s; torch's allocator keeps to it",
        "cpus": f"affinity, put back when it is widened{_fewer_cores(plan)}",
        "processes": "looked at every 0.1 s",
        "disk": "looked at every 0.1 s; no file may be larger (RLIMIT_FSIZE)",
    }
    return tuple(
        RunLimit(
            name=name, value=value, unit=UNITS[name], kept_by=kept_by[name], source=plan.budget.sources.get(name, "")
        )
        for name, value in plan.budget.limits().items()
    )


def _fewer_cores(plan: Plan) -> str:
    there, asked = len(cores_of(plan.budget)), plan.budget.cpus
    return "" if asked is None or there >= asked else f"; it has fewer here: {there}"


def _notes(plan: Plan, ran: Sequence[StageRun], snapshots: Snapshots) -> list[str]:
    """What a person has to know of this run."""
    notes = [f"nothing on this machine keeps the limit on {one.name}" for one in limits_of(plan) if not one.kept_by]
    if plan.enclosure.enclosure.promises == ():
        notes.append("nothing was around it: it had the network, and could write wherever this user may")
    notes += [f"{stage.stage}: {stage.ending.value}: {stage.because}" for stage in ran if stage.because]
    notes += [f"{place} is there, and no version of it was whole" for place in snapshots.torn()]
    return notes


def _versions(python: OwnPython | None) -> dict[str, str]:
    """Of what can change a result: of the packages, those that the entry had."""
    found = {"costmodel": __version__, "python": platform.python_version(), "system": platform.system()}
    if python is not None:
        own = dict(package.split("==", 1) for package in python.packages)
        return found | {name: own[name] for name in _PACKAGES if name in own}
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
