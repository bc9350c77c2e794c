"""Check: what a rulebook needs of a model or of a folder of files, computed, and then judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from costmodel import backends
from costmodel.backends.backend import Run, Search
from costmodel.backends.gpu.options import GpuOptions
from costmodel.contracts.checker import check_contract
from costmodel.contracts.contract import ContractSpec, with_deadline
from costmodel.contracts.late_policy import parse_policy
from costmodel.errors import NoChoiceError, RecipeError, SubjectError, TraceError, UsageError
from costmodel.files.moments import parse_submitted
from costmodel.files.references import split_model
from costmodel.hardware.machines import load_hardware
from costmodel.ir.cost import CostReport
from costmodel.ir.verdict import AS_WRITTEN, Finding, Verdict
from costmodel.ir.workload import Workload
from costmodel.rules.figures import NO_CARD, Computed
from costmodel.rules.judging.given_facts import parse_facts
from costmodel.rules.judging.judge import judge
from costmodel.rules.judging.own_sheet import own_sheet
from costmodel.rules.judging.sheets import Sheet, merged, one_sheet, sheets_of
from costmodel.rules.schema.rulebook import HardwareRule, Rulebook, load_rulebook
from costmodel.rules.value import FactSheet
from costmodel.verbs.analyze import analysis_of
from costmodel.verbs.estimate import Progress, named, workload_of
from costmodel.verbs.facts import read_facts, refuse_idle
from costmodel.verbs.gpu_estimate import estimate_on_gpus

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from costmodel.ir.settings import Settings


@dataclass(frozen=True, kw_only=True)
class CheckRequest:
    """What is given of one submission.

    Attributes:
        reference: a model (``FILE.py:NAME`` …; from Python also a class, an instance or a function), or a folder.
        settings: recipe settings.
        facts: NAME=VALUE words.
        fact_files: tables, logs, leaderboards.
        solution: labels that a file of predictions is scored against.
        name: whose facts in those files; None is the reference's own name.
        model: which file and object of a folder is the model, or which object of a file.
        score: what a leaderboard's score is (``error-percent`` …).
        submitted: when it was handed in, best with its time zone.
        deadline, timezone, late_policy: the course's own, in the place of the rulebook's.
        team_solutions: how many solutions the team has handed in.
        originals: the organizers' own copy of locked files.
        concrete: what hangs on values is recorded on real tensors.
        hardware: the GPU that the rules' seconds, memory and joules are estimated on, in the place of the rulebook's.
        running: how it runs there.
    """

    reference: Any
    settings: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    fact_files: tuple[Path, ...] = ()
    solution: Path | None = None
    name: str | None = None
    model: str | None = None
    score: str | None = None
    submitted: str | None = None
    deadline: str | None = None
    timezone: str | None = None
    late_policy: str | None = None
    concrete: bool = False
    team_solutions: int | None = None
    originals: Path | None = None
    hardware: str | None = None
    running: GpuOptions = field(default_factory=GpuOptions)

    @property
    def folder(self) -> Path | None:
        """The folder, None if a model is named."""
        if not isinstance(self.reference, (str, Path)):
            return None
        path = Path(self.reference)
        return path if path.is_dir() else None

    @property
    def is_bare_file(self) -> bool:
        """True for a Python file without the name of an object."""
        return isinstance(self.reference, (str, Path)) and str(self.reference).endswith((".py", ".ipynb"))

    @property
    def short_name(self) -> str:
        """The last part of the reference."""
        if not isinstance(self.reference, (str, Path)):
            return getattr(self.reference, "__name__", type(self.reference).__name__)
        return str(self.reference).replace("\\", "/").rstrip("/").rpartition("/")[2]


def check(
    model: Any,
    rules: str,
    *,
    facts: Mapping[str, Any] | None = None,
    fact_files: tuple[str | Path, ...] = (),
    track: str | None = None,
    reading: str = AS_WRITTEN,
    concrete: bool = False,
    cache: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
    hardware: str | None = None,
    running: Mapping[str, Any] | None = None,
    **settings: Unpack[Settings],
) -> Verdict:
    """Analyze a model with the rulebook's defaults, map it onto the rulebook's machine, and judge it.

    Args:
        model: see :func:`costmodel.trace`; or a folder with a submission's files.
        rules: a rulebook's name, or the path of a rulebook YAML.
        facts: values measured elsewhere, see :func:`costmodel.judge`.
        fact_files: tables, logs and leaderboards with more of them.
        track: one of the rulebook's tracks; None is its first.
        reading: how ambiguous rules are read.
        concrete: what hangs on the values of tensors is recorded on real, small ones of a seed; rules that ask for it
            are undecided all the same, unless the rulebook takes one batch for all.
        cache: use the user's cache folder.
        jobs: worker processes; 0 is one per core.
        progress: told how far the work is.
        hardware: the GPU that seconds, memory and joules are estimated on, in the place of the rulebook's.
        running: how it runs there: ``precision`` and the other words of :func:`costmodel.estimate` for a GPU.
        settings: see :class:`costmodel.Settings`.

    Raises:
        SubjectError, RecipeError, TraceError, UsageError, FormatError, RulebookError: what, where, what to do.
    """
    submission = CheckRequest(
        reference=model,
        settings=settings,
        facts={name: str(value) for name, value in (facts or {}).items()},
        fact_files=tuple(map(Path, fact_files)),
        concrete=concrete,
        hardware=hardware,
        running=GpuOptions(**(running or {})),
    )
    run = Run(cache=cache, jobs=jobs)
    return check_submission(submission, rules, run, track=track, reading=reading, progress=progress)


def check_submission(
    submission: CheckRequest,
    rules: str,
    run: Run,
    *,
    track: str | None = None,
    reading: str = AS_WRITTEN,
    progress: Progress | None = None,
) -> Verdict:
    """Judge a submission by a rulebook.

    Raises:
        SubjectError, RecipeError, TraceError: a named model that cannot be analysed, where a rule needs it. A folder's
            findings are kept all the same, and what hangs on the model is undecided.
        UsageError, FormatError, RulebookError: facts, files or rulebook are not what they should be.
    """
    book = load_rulebook(rules)
    _nothing_is_ignored(submission)
    policy = None if submission.late_policy is None else parse_policy(submission.late_policy)
    contract_spec = with_deadline(book.contract, submission.deadline, submission.timezone, policy)
    book = book.model_copy(update={"contract": contract_spec})
    sheet = _sheet(submission, book)
    facts = merged(sheet, parse_facts(submission.facts, book))
    track = track if track is not None or not book.tracks else sheet.task
    folder = submission.folder
    name = submission.name or submission.short_name
    contract = (
        () if folder is None or book.contract is None else _contract(submission, folder, book.contract, sheet.submitted)
    )
    computed = Computed(because="no rule asks for the model")
    if book.needs_analysis:
        try:
            computed = computed_of(book, submission, run, progress)
        except (SubjectError, RecipeError, TraceError) as error:
            if folder is None:
                raise
            which = isinstance(error, NoChoiceError)
            computed = Computed(because=f"the model cannot be analysed: {error.message}", model_open=which)
    computed = with_gpu(computed, book, submission, facts)
    if submission.name is None and folder is None and computed.analysis is not None:
        name = computed.analysis.subject.name
    return judge(computed, book, facts, subject=name, track=track, reading=reading, contract=contract)


def computed_of(book: Rulebook, submission: CheckRequest, run: Run, progress: Progress | None = None) -> Computed:
    """The figures that a rulebook needs of a subject, with the rulebook's defaults and on the rulebook's machine."""
    model = _model(submission, book)
    settings = {**book.subject.settings, **submission.settings}
    defaults, concrete = book.subject.defaults, submission.concrete
    analysis = analysis_of(
        model, settings, defaults=defaults, random=book.convention.random, use_cache=run.cache, concrete=concrete
    )
    if concrete and book.subject.one_batch:
        analysis = replace(analysis, varies=())
    if book.hardware is None and not book.needs_inference:
        return Computed(analysis)
    phase = "inference" if book.hardware is None else book.hardware.phase
    workload = workload_of(model, settings, phase=phase, use_cache=run.cache, defaults=defaults, concrete=concrete)
    if concrete and book.subject.one_batch:
        workload = replace(workload, varies=())
    if book.hardware is None:
        return Computed(analysis, inference=workload)
    costs = costs_of(workload, book.hardware, replace(run, progress=named(progress, "mapping layers")))
    return Computed(analysis, costs=costs, search=book.hardware.search)


def costs_of(workload: Workload, rule: HardwareRule, run: Run) -> dict[str, CostReport]:
    """Energy and cycles on the rulebook's machine: the search that counts, and those beside it."""
    machine = rule.on(load_hardware(rule.machine))
    backend = backends.load()
    searches = (rule.search, *rule.beside)
    return {search: backend.estimate(workload, machine, Search(search=search), run) for search in searches}


def with_gpu(computed: Computed, book: Rulebook, submission: CheckRequest, facts: FactSheet) -> Computed:
    """What was computed, and the estimates on the rules' GPU of what nobody has measured.

    A model that cannot be analysed leaves them out, with the reason: the facts may decide all the same.
    """
    if book.gpu is None:
        if submission.hardware is not None or submission.running != GpuOptions():
            raise UsageError(f"{book.name} has nothing to estimate on a GPU: leave out --hardware and its options")
        return computed
    open_metrics = [name for name in book.estimated if name not in facts.measured]
    if not open_metrics and submission.hardware is None:  # what was asked for stands beside what was measured
        return computed
    cards = (submission.hardware,) if submission.hardware is not None else book.gpu.cards
    if not cards:
        return replace(computed, gpu_because=f"{NO_CARD}: with one (--hardware) it is estimated")
    try:
        model = _model(submission, book)
        settings = {**book.subject.settings, **submission.settings}
        analysis, found = estimate_on_gpus(
            model, settings, cards, submission.running, phase=book.gpu.phase, defaults=book.subject.defaults,
            concrete=submission.concrete, random=book.convention.random,
        )  # fmt: skip
    except (SubjectError, RecipeError, TraceError) as error:
        return replace(computed, gpu_because=f"it cannot be estimated: {error.message}")
    except UsageError as error:  # what the rules' card cannot do is no mistake of the command line
        if submission.hardware is not None or submission.running != GpuOptions():
            raise
        return replace(computed, gpu_because=f"it cannot be estimated: {error.message}")
    return computed.beside(found, analysis)


def _nothing_is_ignored(submission: CheckRequest) -> None:
    """Every word that was given must have something to say."""
    of_folder = {
        "--submitted": submission.submitted,
        "--deadline": submission.deadline,
        "--timezone": submission.timezone,
        "--late-policy": submission.late_policy,
        "--originals": submission.originals,
        "--team-solutions": submission.team_solutions,
    }
    for option, value in of_folder.items():
        if value is not None and submission.folder is None:
            raise UsageError(f"{option} is about a folder's files; {submission.reference} is not a folder")
    if submission.model is not None and submission.folder is None and not submission.is_bare_file:
        raise UsageError(
            f"--model is about a folder or a file without a name; {submission.reference} is neither: leave it out"
        )
    for option, path in (("--solution", submission.solution), ("--originals", submission.originals)):
        if path is not None and not path.exists():
            raise UsageError(f"{option} {path}: no such file or folder")


def _model(submission: CheckRequest, book: Rulebook) -> Any:
    """The reference to analyse, or the plan of a folder's model, which is chosen as ``grade`` chooses it."""
    if submission.folder is None:
        return submission.reference if submission.model is None else _in_file(submission, submission.model)
    from costmodel.tracing.finding.choice import Known, planned

    file, name = split_model(submission.model or book.subject.model or "")
    settings = {**book.subject.settings, **submission.settings}
    return planned(submission.folder, Known(file=file, name=name, settings=settings, defaults=book.subject.defaults))


def _in_file(submission: CheckRequest, model: str) -> str:
    """``--model Net``, or ``--model net.py:Net``, of a file that was named by itself."""
    file, name = split_model(model)
    if name is None or file not in (None, submission.short_name):
        raise UsageError(f"--model {model}: name a class, instance or function of {submission.reference}")
    return f"{submission.reference}:{name}"


def _contract(submission: CheckRequest, folder: Path, spec: ContractSpec, known: str) -> tuple[Finding, ...]:
    moment = None
    text = submission.submitted or known
    if text:
        try:
            moment = parse_submitted(text)
        except ValueError as problem:
            source = "--submitted" if submission.submitted else "the time of submission among the facts:"
            raise UsageError(f"{source} {problem}") from None
    return check_contract(
        folder, spec, submitted_at=moment, team_solutions=submission.team_solutions, originals=submission.originals
    )


def _sheet(submission: CheckRequest, book: Rulebook) -> Sheet:
    """Facts of all files about this submission; what names nobody is about it.

    A folder's own files speak too: names that claim figures, and predictions where there are labels to score them.
    """
    name = submission.name or Path(submission.short_name.partition(":")[0]).stem
    whole = Sheet()
    files = {file: read_facts(file, submission.solution, score=submission.score) for file in submission.fact_files}
    of_files = submission.solution if submission.folder is None else None  # a folder may have its predictions inside
    refuse_idle(
        (reading for facts in files.values() for reading in facts.readings), score=submission.score, solution=of_files
    )
    for file, facts in files.items():
        whole = whole.joined(one_sheet(sheets_of(facts, book), name, str(file)))
    return whole if submission.folder is None else whole.joined(own_sheet(submission.folder, book, submission.solution))
