"""What a neural network's training step costs, before anyone runs it.

The verbs, one per arrow of the data's walk: :func:`trace`, :func:`count`, :func:`analyze`, :func:`estimate`,
:func:`judge`, :func:`check`, :func:`advise`, :func:`crosscheck`, :func:`render`. The nouns: :class:`Trace`,
:class:`Training`, :class:`Counts`, :class:`Analysis`, :class:`CostReport`, :class:`Advice`, :class:`Verdict`,
:class:`Ranking`. Importing this module does not import torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any, Literal

from costmodel import errors
from costmodel.ir.advice import Advice
from costmodel.ir.analysis import Analysis
from costmodel.ir.cost import CostReport
from costmodel.ir.counts import Counts
from costmodel.ir.crosscheck import Crosscheck
from costmodel.ir.ranking import Ranking
from costmodel.ir.trace import Trace
from costmodel.ir.training import Training
from costmodel.ir.verdict import Verdict
from costmodel.version import __version__ as __version__

__all__ = [
    "Advice",
    "Analysis",
    "CostReport",
    "Counts",
    "Crosscheck",
    "Ranking",
    "Trace",
    "Training",
    "Verdict",
    "advise",
    "analyze",
    "check",
    "count",
    "crosscheck",
    "errors",
    "estimate",
    "judge",
    "render",
    "trace",
]


def trace(model: Any, **settings: Any) -> Training:
    """Record the training step of a model on fake tensors; nothing is allocated.

    Args:
        model: ``"FILE.py:NAME"``, ``"FILE.py"``, ``"package.module:NAME"``, ``"recipe.yaml"``, or an
            ``nn.Module`` class, instance or function that returns one.
        settings: fields of the recipe: ``input`` (``"3x32x32"``), ``batch``, ``loss``, ``optimizer``,
            ``optimizer_options``, ``model_options``, ``samples``, ``epochs``, ``steps``, ``drop_last``, ``phases``.

    Raises:
        SubjectError, RecipeError, TraceError: what, where, what to do.
    """
    from costmodel.tracing.training import plan_training, trace_training

    return trace_training(plan_training(model, settings))


def count(trace: Trace) -> Counts:
    """Work and memory traffic of every call of a trace."""
    from costmodel.passes.work import count as count_trace

    return count_trace(trace)


def analyze(model: Any, *, random: bool = True, cache: bool = False, **settings: Any) -> Analysis:
    """Every figure of a model's training: parameters, operations, activations, memory, layer by layer.

    Args:
        model: see :func:`trace`.
        random: count random numbers as operations (COUNTING row 14).
        cache: keep the result in the user's cache folder and take it from there, if ``model`` is a file.
        settings: see :func:`trace`.

    Raises:
        SubjectError, RecipeError, TraceError: what, where, what to do.
    """
    from costmodel.verbs.analyze import analyze_subject

    return analyze_subject(model, settings, random=random, use_cache=cache)


def judge(
    analysis: Analysis,
    rules: str,
    *,
    facts: Mapping[str, Any] | None = None,
    track: str | None = None,
    reading: str = "as-written",
) -> Verdict:
    """What a rulebook says of an analysis.

    Args:
        analysis: from :func:`analyze`, or loaded from its JSON.
        rules: a rulebook's name, or the path of a rulebook YAML.
        facts: values measured elsewhere (``{"error_rate_percent": 21.7}``), in the unit of the rulebook's metric;
            ``claimed_energy_mj`` is what the submission says of itself.
        track: one of the rulebook's tracks; None is its first.
        reading: how ambiguous rules are read; ``as-written`` is the rulebook's own reading.

    Raises:
        UsageError, RulebookError: an unknown name, a fact that is no number, an impossible rulebook.
    """
    from costmodel.judging import computed_of
    from costmodel.rules.judging.given_facts import parse_facts
    from costmodel.rules.judging.judge import judge as judge_computed
    from costmodel.rules.schema.rulebook import load_rulebook

    book = load_rulebook(rules)
    sheet = parse_facts({name: str(value) for name, value in (facts or {}).items()}, book)
    computed = computed_of(book, analysis, {})
    return judge_computed(computed, book, sheet, subject=analysis.subject.name, track=track, reading=reading)


def check(
    model: Any,
    rules: str,
    *,
    facts: Mapping[str, Any] | None = None,
    track: str | None = None,
    reading: str = "as-written",
    cache: bool = False,
    **settings: Any,
) -> Verdict:
    """Analyze a model with the rulebook's defaults, map it onto the rulebook's machine, and judge it.

    Arguments as in :func:`analyze` and :func:`judge`.
    """
    from costmodel.judging import check_subject
    from costmodel.rules.judging.given_facts import parse_facts
    from costmodel.rules.schema.rulebook import load_rulebook

    book = load_rulebook(rules)
    sheet = parse_facts({name: str(value) for name, value in (facts or {}).items()}, book)
    return check_subject(model, book, settings, sheet, track=track, reading=reading, use_cache=cache)


def estimate(
    model: Any,
    hardware: str,
    *,
    phase: Literal["inference", "training"] = "inference",
    search: Literal["optimum", "course"] = "optimum",
    objective: Literal["latency", "energy", "edp"] = "latency",
    effort: Literal["exact", "fast"] = "exact",
    cache: bool = False,
    jobs: int = 1,
    executor: Executor | None = None,
    **settings: Any,
) -> CostReport:
    """Energy and cycles of a model on an accelerator, layer by layer.

    Args:
        model: see :func:`trace`.
        hardware: a machine's name, or the path of a hardware YAML or of a course's own Timeloop folder.
        phase: the forward pass of one sample in evaluation mode, or a whole training step.
        search: the best mapping for the objective, proven where it can be, or what the course's own mapper finds.
        objective: what ``optimum`` makes least: latency (cycles, then energy), energy (then cycles), or their product.
        effort: exact, or fast: fewer tries where nothing can be proven in seconds.
        cache: take workloads and solved layers from the user's cache folder and put new ones there.
        jobs: worker processes; 0 is one per core.
        executor: solves layers in parallel (any ``concurrent.futures`` executor), instead of ``jobs``.
        settings: see :func:`trace`.

    Raises:
        SubjectError, RecipeError, TraceError, UsageError: what, where, what to do.
    """
    from costmodel.verbs.estimate import estimate_subject

    return estimate_subject(
        model, hardware, settings, phase=phase, search=search, objective=objective, effort=effort,
        use_cache=cache, jobs=jobs, executor=executor,
    )  # fmt: skip


def advise(model: Any, hardware: str, *, cache: bool = False, jobs: int = 1, **settings: Any) -> Advice:
    """Where the cycles and picojoules of one inference go on a machine, and which channel counts would cut them.

    Args:
        model: see :func:`trace`.
        hardware: a machine's name, or the path of a hardware YAML or of a course's own Timeloop folder.
        cache: take solved layers from the user's cache folder and put new ones there.
        jobs: worker processes; 0 is one per core.
        settings: see :func:`trace`.

    Raises:
        SubjectError, RecipeError, TraceError, UsageError: what, where, what to do.
    """
    from costmodel.verbs.advise import advise_subject

    return advise_subject(model, hardware, settings, use_cache=cache, jobs=jobs)


def crosscheck(model: Any, **settings: Any) -> Crosscheck:
    """Our multiply-accumulates beside fvcore's and FlopCounterMode's, layer by layer, with known reasons."""
    from costmodel.verbs.crosscheck import crosscheck as compare

    return compare(model, settings)


def render(noun: Advice | Analysis | Verdict | Ranking | Crosscheck | CostReport, format: str = "text") -> str:
    """An advice, analysis, verdict, ranking, cost report or cross-check as text, json, csv, md or html.

    Raises:
        UnknownNameError: no such format.
    """
    from costmodel.reports import render as render_noun

    return render_noun(noun, format)


def _notebook_table(noun: Any) -> str:
    return render(noun, "html")


for _noun in (Advice, Analysis, CostReport, Crosscheck, Ranking, Verdict):
    # Jupyter asks a result for this method; the nouns themselves know nothing of reports
    setattr(_noun, "_repr_html_", _notebook_table)  # noqa: B010  # no type declares it
del _noun
