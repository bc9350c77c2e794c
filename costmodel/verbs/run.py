"""Run: an entry, or a folder of them, under the rules' budget, measured, and ready to be checked and ranked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from costmodel.contracts.kinds.arguments import ArgumentRule
from costmodel.errors import RunError, UsageError
from costmodel.ir.facts import Facts
from costmodel.ir.ranking import Ranking
from costmodel.ir.run import Run
from costmodel.ir.verdict import AS_WRITTEN
from costmodel.measuring.budget import UNITS, Budget, given
from costmodel.measuring.entry import Entry, entries_in, entry_of, started_as
from costmodel.measuring.meter import all_meters
from costmodel.measuring.nvml import gpu_names
from costmodel.measuring.own_python import OwnPython
from costmodel.measuring.own_python import install as install_for
from costmodel.measuring.queue import RECORD, alone_on, done_before, in_order
from costmodel.measuring.run_facts import facts_of
from costmodel.measuring.trying import best_enclosure
from costmodel.measuring.whole_entry import Plan, limits_of, not_started, run_entry
from costmodel.rules.schema.rulebook import Rulebook, load_rulebook
from costmodel.verbs.rank import rank_by

FACTS = "facts.json"
_LIMITED: Mapping[str, str] = {
    "training_seconds": "time",
    "inference_seconds": "time",
    "host_memory_bytes": "host_memory",
    "gpu_memory_bytes": "gpu_memory",
}
"""Metrics whose largest allowed value is a limit of a budget."""


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What is asked for.

    Attributes:
        rules: a rulebook's name or file.
        command: in the place of what the contract names.
        budget: words of limits, in the place of the rulebook's (``time: 10m``).
        data: the data set, read-only behind an enclosure.
        solution: labels that the saved predictions are scored against.
        out: where the results go.
        runs: of each entry; run n has seed ``seed + n - 1``.
        shuffle: the order of entries is drawn by this seed; None is by name.
        at_limit: whether being ended at the time limit is how a last stage ends (True), or breaks a rule.
        iterations: how many predictions of the whole test set an entry is told to make.
        enclosure: its name; None is the best one here.
        require_enclosure: take none that breaks a promise.
        name: whose entry it is; None is the folder's name.
        idle_seconds: how long the machine is metered before and after a run.
        reading: of the rules, whose limits are the budget, and by which the entries are ranked.
        install: give each entry a Python of its own with what its files ask for.
    """

    rules: str
    command: tuple[str, ...] = ()
    budget: Mapping[str, str] = field(default_factory=dict)
    data: Path | None = None
    solution: Path | None = None
    out: Path = Path("results")
    runs: int = 1
    seed: int = 0
    shuffle: int | None = None
    at_limit: bool = False
    iterations: int | None = None
    enclosure: str | None = None
    require_enclosure: bool = False
    name: str | None = None
    idle_seconds: float = 1.0
    reading: str = AS_WRITTEN
    install: bool = False


@dataclass(frozen=True, kw_only=True)
class Ready:
    """What would be run: the entries in their order, under which plan.

    Attributes:
        said: by the rules of the machine, in words; nothing here keeps it.
    """

    entries: tuple[Entry, ...]
    plan: Plan
    book: Rulebook
    said: tuple[str, ...]


Started = Callable[[str, int, int], None]
"""(entry, run's number, runs)."""


def run(
    entry: str | Path | None,
    rules: str,
    *,
    command: Sequence[str] = (),
    budget: Mapping[str, str] | None = None,
    data: str | Path | None = None,
    solution: str | Path | None = None,
    out: str | Path = "results",
    runs: int = 1,
    seed: int = 0,
    reading: str = AS_WRITTEN,
    install: bool = False,
) -> tuple[Run, ...]:
    """Run one entry under a rulebook's budget, and measure it.

    Args:
        entry: its folder, or None for a command alone.
        rules: a rulebook's name, or the path of a rulebook YAML.
        command: in the place of what the rulebook's contract names.
        budget: limits in the place of the rulebook's: ``{"time": "10m", "host_memory": "12GB"}``.
        data: the data set.
        solution: labels that the saved predictions are scored against.
        out: where records, logs and what was saved go; ``facts.json`` there is for ``check`` and ``rank``.
        runs: how many.
        seed: of the first one.
        reading: how the rules are read where their text is ambiguous: its limits are the budget.
        install: give the entry a Python of its own: what its ``requirements.txt`` or ``environment.yaml`` asks for is
            installed by pip, outside what is put around the entry; what pip says is in ``install.log`` of its results.

    Raises:
        UsageError: nothing to run, a limit that is none, data or a solution that are not there.
        UnknownNameError, RulebookError: the rulebook.
        SandboxError: nothing works here that could be put around it.
        RunError: nothing can be started.
    """
    request = RunRequest(
        rules=rules,
        command=tuple(command),
        budget=budget or {},
        data=None if data is None else Path(data),
        solution=None if solution is None else Path(solution),
        out=Path(out),
        runs=runs,
        seed=seed,
        reading=reading,
        install=install,
    )
    (found,) = run_all(ready([] if entry is None else [Path(entry)], request), request)
    return found


def ready(folders: Sequence[Path], request: RunRequest) -> Ready:
    """What would be started, with which limits; nothing is.

    Raises:
        As :func:`run`.
    """
    for option, path in (("--data", request.data), ("--solution", request.solution), *(("", f) for f in folders)):
        if path is not None and not path.exists():
            raise UsageError(f"{option} {path}: no such file or folder".strip())
    book = load_rulebook(request.rules)
    budget = given(request.budget, budget_of(book.under(request.reading)))
    scripts = scripts_of(book)
    entries = [
        entry_of(_name(folder, request), folder, request.command, scripts, goes_on=request.at_limit)
        for folder in folders
    ]
    if not folders:
        entries = [entry_of(request.name or "command", None, request.command, scripts, goes_on=request.at_limit)]
    if all(entry.lacks for entry in entries):  # one of several is told among them as not started
        raise UsageError(f"{entries[0].name}: {entries[0].lacks}")
    for stage in (stage for entry in entries for stage in entry.stages):
        started_as(stage.words, request.data, request.out)  # what cannot be started is said before anything is
    order = in_order([entry.name for entry in entries], request.shuffle)
    by_name = {entry.name: entry for entry in entries}
    hidden = [path.resolve() for path in (request.solution, request.out) if path is not None]
    hidden += [folder.resolve() for folder in folders]
    plan = Plan(
        budget=budget,
        enclosure=best_enclosure(request.enclosure, require=request.require_enclosure),
        meters=all_meters(),
        data=None if request.data is None else request.data.resolve(),
        solution=None if request.solution is None else request.solution.resolve(),
        hidden=tuple(dict.fromkeys(hidden)),
        iterations=request.iterations,
        idle_seconds=request.idle_seconds,
    )
    said = tuple(f"{one.resource}: {one.value}" for one in book.resources if one.cores is None)
    return Ready(entries=tuple(by_name[name] for name in order), plan=plan, book=book, said=said)


def _name(folder: Path, request: RunRequest) -> str:
    return request.name or folder.resolve().name


def budget_of(book: Rulebook) -> Budget:
    """The budget that a rulebook's limits give, and the cores of its machine."""
    words: dict[str, float | int] = {}
    sources: dict[str, str] = {}
    for limit in book.limits:
        name = _LIMITED.get(limit.metric)
        if name is not None and limit.value is not None and limit.operator in ("<", "<="):
            words[name] = float(limit.value) if name == "time" else int(limit.value)
            sources[name] = f"rule {limit.rule} of {book.name}"
    cores = [one.cores for one in book.resources if one.cores is not None]
    if cores:
        words["cpus"], sources["cpus"] = min(cores), f"resources of {book.name}"
    return replace(Budget(sources=sources), **words)  # type: ignore[arg-type]  # time is float, the others are int


def scripts_of(book: Rulebook) -> dict[str, tuple[str, ...]]:
    """The scripts that a rulebook's contract names, with their arguments, in its order."""
    rules = () if book.contract is None else book.contract.of(ArgumentRule)
    return {rule.script: rule.arguments for rule in rules}


def is_folder_of_entries(folder: Path, book: Rulebook) -> bool:
    """Whether a folder holds entries rather than being one: it has folders, and no program of its own."""
    scripts = scripts_of(book)
    programs = [p for p in folder.iterdir() if p.is_file() and p.suffix in (".py", ".ipynb", ".sh")]
    return bool(entries_in(folder)) and not programs and not any((folder / script).exists() for script in scripts)


def run_all(ready: Ready, request: RunRequest, started: Started = lambda *_: None) -> Iterator[tuple[Run, ...]]:
    """Run every entry, and write its facts; a run with a complete record is read, not run again.

    Raises:
        As :func:`run`.
    """
    plan, limits = ready.plan, limits_of(ready.plan)
    for entry in ready.entries:
        found = []
        python, refused = (None, entry.lacks) if entry.lacks else _own_python(entry, request)
        for number in range(1, request.runs + 1):
            seed = request.seed + number - 1
            folder = request.out / entry.name / f"run-{number}"
            packages = () if python is None else python.packages
            before = None if refused else done_before(folder, entry, limits, seed, plan.solution is not None, packages)
            if before is None:
                started(entry.name, number, request.runs)
                (folder / RECORD).unlink(missing_ok=True)
                if refused:
                    before = not_started(entry, plan, number=number, seed=seed, because=refused)
                else:
                    with alone_on(gpu_names()):
                        before = run_entry(entry, folder, plan, number=number, seed=seed, python=python)
                before.save(folder / RECORD)
            found.append(before)
        facts_of_runs(found, ready.book, request.iterations).save(request.out / entry.name / FACTS)
        yield tuple(found)


def _own_python(entry: Entry, request: RunRequest) -> tuple[OwnPython | None, str]:
    """The entry's own environment, if it is to have one and asks for it; and why it cannot be made."""
    if not request.install or entry.folder is None:
        return None, ""
    try:
        return install_for(entry.folder, request.out / entry.name), ""
    except (UsageError, RunError) as problem:
        return None, str(problem)  # of one entry: the others are run


def facts_of_runs(runs: Sequence[Run], book: Rulebook, iterations: int | None) -> Facts:
    """The facts of an entry's runs, with the word that the rulebook has for their time."""
    metric = "inference_seconds" if "inference_seconds" in book.metrics else "training_seconds"
    return facts_of(runs, time_metric=metric, iterations=iterations)


def ranking_of(ready: Ready, request: RunRequest, runs: Sequence[Run]) -> Ranking:
    """The ranking of what was run, by the facts of each, and by the limits that they really had."""
    files = sorted(request.out / entry.name / FACTS for entry in ready.entries)
    book, changed = _with_limits(ready.book, ready.plan.budget, request.budget)
    ranking = rank_by(files, book, reading=request.reading)
    return replace(ranking, notes=(*ranking.notes, *changed), runs=tuple(runs))


def _with_limits(book: Rulebook, budget: Budget, words: Mapping[str, str]) -> tuple[Rulebook, tuple[str, ...]]:
    """The rulebook with the limits that options gave in the place of its own, and what was changed, in words."""
    limits, changed = [], []
    for limit in book.limits:
        name = _LIMITED.get(limit.metric, "")
        value = getattr(budget, name) if name in words else None
        if value is None or limit.operator not in ("<", "<="):
            limits.append(limit)
            continue
        source, shorter = budget.sources[name], Decimal(f"{value:.12g}")
        limits.append(limit.model_copy(update={"value": shorter, "source": source}))
        changed.append(
            f"{limit.rule}: {limit.operator} {shorter:,f} {UNITS[name]} by {source}; the rules say {limit.text}"
        )
    return book.model_copy(update={"limits": tuple(limits)}), tuple(changed)
