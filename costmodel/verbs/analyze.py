"""Analyze: trace, count and summarise a training, or find the result in the cache."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from costmodel import backends
from costmodel.backends.backend import Run, Search
from costmodel.backends.gpu.options import GpuOptions
from costmodel.errors import FormatError, UnknownNameError, UsageError
from costmodel.files import cache as store
from costmodel.files.fingerprint import fingerprint, source_digest
from costmodel.files.progress import shown
from costmodel.ir.analysis import INFERENCE, OWN_BATCH, OWN_OPTIMIZER, OWN_STEP, SCHEMA, TRAINING, WHOLE_STEP, Analysis
from costmodel.ir.codec import dumps, loads
from costmodel.ir.training import only
from costmodel.verbs.estimate import Progress, beside_of, cost_of
from costmodel.verbs.gpu_estimate import estimate_on_gpu, names_gpu, refuse_gpu_options

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from costmodel.ir.settings import Settings


def analyze(
    model: Any,
    *,
    random: bool = True,
    cache: bool = False,
    hardware: str | None = None,
    phase: str | None = None,
    concrete: bool = False,
    backend: str = backends.DEFAULT,
    search: str = "optimum",
    objective: str = "latency",
    effort: str = "exact",
    verify: bool = False,
    jobs: int = 1,
    executor: Executor | None = None,
    progress: Progress | bool | None = None,
    options: Mapping[str, Any] | None = None,
    whole: bool = False,
    fused: bool = False,
    precision: str | None = None,
    layout: str = "nchw",
    compiled: bool = False,
    workers: int | None = None,
    power_limit: float | None = None,
    carbon_intensity: float | None = None,
    max_batch: bool = False,
    **settings: Unpack[Settings],
) -> Analysis:
    """Every figure of a model's training: parameters, operations, activations, memory, layer by layer.

    Args:
        model: see :func:`costmodel.trace`.
        random: count random numbers as operations (COUNTING row 14).
        cache: keep the result in the user's cache folder and take it from there, if ``model`` is a file.
        hardware: also give energy and cycles on this accelerator, or seconds, memory and joules on this GPU, with the
            arguments of :func:`costmodel.estimate`:
        phase: see there; without hardware, ``inference`` is an analysis of one forward pass of one sample, in
            evaluation mode, in place of the training.
        concrete: what hangs on the values of tensors is recorded on real, small ones of a seed, and holds for that
            batch alone.
        backend: see there.
        search: see there.
        objective: see there.
        effort: see there.
        verify: see there.
        jobs: see there.
        executor: see there.
        progress: see there.
        options: see there.
        whole: see there.
        fused: see there.
        precision: see there.
        layout: see there.
        compiled: see there.
        workers: see there.
        power_limit: see there.
        carbon_intensity: see there.
        max_batch: see there.
        settings: see :class:`costmodel.Settings`.

    Raises:
        SubjectError, RecipeError, TraceError, UsageError: what, where, what to do.
    """
    running = GpuOptions(precision=precision, layout=layout, compiled=compiled, workers=workers,
                         power_limit=power_limit, carbon_intensity=carbon_intensity, max_batch=max_batch)  # fmt: skip
    beside = beside_of(hardware, whole=whole, fused=fused)
    if hardware is not None and names_gpu(hardware):
        with shown(progress, "estimating"):
            return _on_gpu(model, settings, hardware, running, phase=phase, concrete=concrete, random=random)
    refuse_gpu_options(running)
    alone = hardware is None and phase is not None
    if alone and phase not in (TRAINING, INFERENCE):
        raise UnknownNameError("phase", str(phase), (INFERENCE, TRAINING))
    of = phase if alone and phase is not None else TRAINING
    with shown(progress, "analyzing") as told:
        analysis = analysis_of(model, settings, random=random, use_cache=cache, phase=of, concrete=concrete)
        _refuse_idle(settings, analysis)
        if hardware is None:
            return analysis
        from costmodel.passes.attach import attach_cost

        chosen = Search(search=search, objective=objective, effort=effort)
        run = Run(cache=cache, jobs=jobs, executor=executor, options=options or {})
        cost = cost_of(model, settings, hardware, chosen, run, phase=phase or INFERENCE, concrete=concrete,
                       backend=backend, verify=verify, beside=beside, progress=told)  # fmt: skip
        return attach_cost(analysis, cost)


def _on_gpu(
    model: Any,
    settings: Mapping[str, Any],
    hardware: str,
    running: GpuOptions,
    *,
    phase: str | None,
    concrete: bool,
    random: bool,
) -> Analysis:
    from costmodel.passes.attach import attach_gpu

    analysis, found = estimate_on_gpu(model, settings, hardware, running, phase=phase, concrete=concrete, random=random)
    _refuse_idle(settings, analysis)
    return attach_gpu(analysis, found)


def _refuse_idle(settings: Mapping[str, Any], analysis: Analysis) -> None:
    """A file's own step replaces the settings that would put one together."""
    subject = analysis.subject
    own = {
        "input": (subject.input, OWN_BATCH),
        "loss": (subject.loss, OWN_STEP),
        "optimizer": (subject.optimizer, OWN_OPTIMIZER),
        "optimizer_options": (subject.optimizer, OWN_OPTIMIZER),
    }
    if "step" in settings and "loss" in settings and subject.loss == WHOLE_STEP:
        raise UsageError("--loss has no effect: --step takes the loss itself")
    for name, (word, replaced) in own.items():
        if name in settings and word == replaced:
            option = name.replace("_options", "-option")
            raise UsageError(f"--{option} has no effect: the file brings its {word}")


def analysis_of(
    model: Any,
    settings: Mapping[str, Any],
    *,
    defaults: Mapping[str, Any] | None = None,
    random: bool = True,
    use_cache: bool = False,
    phase: str = TRAINING,
    concrete: bool = False,
) -> Analysis:
    """See :func:`analyze`. A cached result is returned before torch is imported.

    Args:
        model: see there.
        settings: see there.
        defaults: settings for a subject that brings no recipe (a rulebook's).
        random: see there.
        use_cache: look into the cache, and store the result there.
        phase: ``training``, or ``inference``.
        concrete: see :func:`analyze`.
    """
    key = None
    words = {"random": random, "phase": phase, "concrete": concrete}
    if use_cache and isinstance(model, str):
        key = fingerprint(model, {"settings": settings, "defaults": defaults, **words})
    if key is not None:
        known = _cached(key)
        if known is not None:
            return known
    result, is_whole = _analyze(model, settings, defaults, random=random, phase=phase, concrete=concrete)
    if key is not None and is_whole:
        store.store("analysis", key, dumps(result, SCHEMA))
    return result


def _digest(reference: str) -> str:
    return source_digest(reference) if reference else ""


def _cached(key: str) -> Analysis | None:
    text = store.load("analysis", key)
    if text is None:
        return None
    try:
        return loads(Analysis, text, SCHEMA)
    except FormatError:
        return None  # damaged, or of another version: made again


def _analyze(
    model: Any,
    settings: Mapping[str, Any],
    defaults: Mapping[str, Any] | None,
    *,
    random: bool,
    phase: str,
    concrete: bool,
) -> tuple[Analysis, bool]:
    """The analysis, and whether the files could be imported as a whole: else it hangs on what is installed here."""
    from costmodel.passes.summary import summarise
    from costmodel.tracing.description import describe, describe_inference
    from costmodel.tracing.training import planned_and_traced, trace_inference, trace_training

    if phase == INFERENCE:
        plan, inference = planned_and_traced(model, settings, defaults, trace_inference, concrete=concrete)
        training = only(INFERENCE, inference)
        subject = describe_inference(plan, random=random, digest=_digest(plan.reference))
    else:
        plan, training = planned_and_traced(model, settings, defaults, trace_training, concrete=concrete)
        subject = describe(plan, training, random=random, digest=_digest(plan.reference))
    analysis = summarise(training, subject, random=random)
    return analysis, not plan.mode.is_partial
