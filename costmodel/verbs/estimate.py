"""Estimate: energy and cycles of an inference or a training step on an accelerator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from costmodel import backends
from costmodel.backends.backend import Run, Search
from costmodel.backends.gpu.options import GpuOptions
from costmodel.errors import FormatError, UnknownNameError, UsageError
from costmodel.files import cache as store
from costmodel.files.fingerprint import fingerprint
from costmodel.files.progress import shown
from costmodel.ir.codec import dumps, loads
from costmodel.ir.cost import CostReport
from costmodel.ir.workload import SCHEMA, Workload
from costmodel.verbs.gpu_estimate import estimate_on_gpu, names_gpu, refuse_gpu_options

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from costmodel.ir.settings import Settings
    from costmodel.ir.training import Training

PHASES = ("inference", "training")

Progress = Callable[[str, int, int], None]
"""Called with (what is done, pieces done, pieces in all)."""


def estimate(
    model: Any,
    hardware: str,
    *,
    phase: str | None = None,
    concrete: bool = False,
    backend: str = backends.DEFAULT,
    search: str = "optimum",
    objective: str = "latency",
    effort: str = "exact",
    verify: bool = False,
    cache: bool = False,
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
) -> Any:
    """What a model costs on a machine: energy and cycles on an accelerator; seconds, memory and joules on a GPU.

    Args:
        model: see :func:`costmodel.trace`; or a :class:`costmodel.Workload`, whose phase then counts.
        hardware: a machine's name, or the path of a hardware YAML or of a course's own Timeloop folder.
        phase: a forward pass in evaluation mode (``inference``, of one sample on an accelerator and of the batch on a
            GPU), or a step (``training``); None is inference on an accelerator and training on a GPU.
        concrete: see :func:`costmodel.trace`.
        backend: one of those that ``costmodel analyze --help`` lists.
        search: the best mapping for the objective, proven where it can be (``optimum``), or what the course's own
            mapper finds (``course``).
        objective: the figure that ``optimum`` makes least: latency (cycles, then energy), energy (then cycles), or
            their product (``edp``).
        effort: exact, or fast: fewer tries where nothing can be proven in seconds.
        verify: also hand every mapping to the real Timeloop; see ``CostReport.checks``.
        cache: take workloads and solved layers from the user's cache folder and put new ones there.
        jobs: worker processes; 0 is one per core.
        executor: solves layers in parallel (any ``concurrent.futures`` executor), instead of ``jobs``.
        progress: told how far the work is; without it a line on stderr says so after a second, if that is a terminal or
            a notebook, and False says nothing.
        options: words for the backend alone (``timeloop_bin``, ``docker`` …).
        whole: also price the work beside the layers on the machine's vector unit; see ``CostReport.whole``.
        fused: of that work, what is elementwise and right behind a layer is fused into its drain.
        precision: on a GPU: ``fp32``, ``tf32`` or ``amp`` (autocast to float16, with a gradient scaler); None is the
            recipe's, and else torch's default, which takes TF32 for convolutions where the card has it.
        layout: on a GPU: of images, ``nchw`` or ``nhwc`` (``channels_last``).
        compiled: on a GPU: under ``torch.compile``.
        workers: on a GPU: processes that make batches; None where batches are taken to be ready.
        power_limit: on a GPU: watts, less than its TDP.
        carbon_intensity: grams of CO₂e a kilowatt-hour: GPU estimates then say grams too.
        max_batch: on a GPU: also find the largest batch that fits, surely and possibly.
        settings: see :class:`costmodel.Settings`.

    Returns:
        A :class:`costmodel.CostReport` on an accelerator, a :class:`costmodel.GpuEstimate` on a GPU. The annotation is
        ``Any``: which of them depends on what a string names.

    Raises:
        SubjectError, RecipeError, TraceError, UsageError: what, where, what to do.
    """
    running = GpuOptions(precision=precision, layout=layout, compiled=compiled, workers=workers,
                         power_limit=power_limit, carbon_intensity=carbon_intensity, max_batch=max_batch)  # fmt: skip
    beside = beside_of(hardware, whole=whole, fused=fused)
    if not isinstance(model, Workload) and names_gpu(hardware):
        with shown(progress, "estimating"):
            return estimate_on_gpu(model, settings, hardware, running, phase=phase, concrete=concrete)[1]
    refuse_gpu_options(running)
    chosen = Search(search=search, objective=objective, effort=effort)
    run = Run(cache=cache, jobs=jobs, executor=executor, options=options or {})
    if isinstance(model, Workload) and settings:
        raise UsageError(f"{', '.join(settings)}: a workload has its training behind it already")
    with shown(progress, "estimating") as told:
        if isinstance(model, Workload):
            return cost_of_workload(model, hardware, chosen, run, backend=backend, verify=verify, beside=beside,
                                    progress=told)  # fmt: skip
        return cost_of(model, settings, hardware, chosen, run, phase=phase or "inference", concrete=concrete,
                       backend=backend, verify=verify, beside=beside, progress=told)  # fmt: skip


Beside = Literal["unpriced", "priced", "fused"]
"""What is made of the work beside the layers."""


def beside_of(hardware: str | None, *, whole: bool, fused: bool) -> Beside:
    """The two words as one.

    Raises:
        UsageError: one of them would have no effect: fused alone, or without an accelerator.
    """
    if (whole or fused) and (hardware is None or names_gpu(hardware)):
        what = "no machine is named" if hardware is None else f"{hardware} is a GPU"
        raise UsageError(f"--whole and --fused are about an accelerator's vector unit: {what}")
    if fused and not whole:
        raise UsageError("--fused is about the work beside the layers: ask for its price with --whole")
    return "fused" if fused else "priced" if whole else "unpriced"


def cost_of(
    model: Any,
    settings: Mapping[str, Any],
    hardware: str,
    search: Search,
    run: Run,
    *,
    phase: str,
    concrete: bool = False,
    backend: str = backends.DEFAULT,
    verify: bool = False,
    beside: Beside = "unpriced",
    progress: Progress | None = None,
) -> CostReport:
    """See :func:`estimate`. Known workloads and layers come from the cache, without torch."""
    from costmodel.backends.whole.pricing import vector_of
    from costmodel.hardware.machines import load_hardware

    if phase not in PHASES:
        raise UnknownNameError("phase", phase, PHASES)
    backends.load(backend)
    machine = load_hardware(hardware)  # a wrong word is said before anything is traced
    if beside != "unpriced":
        vector_of(machine)
    workload = workload_of(model, settings, phase=phase, use_cache=run.cache, concrete=concrete,
                           scheduled=beside != "unpriced")  # fmt: skip
    return cost_of_workload(workload, hardware, search, run, backend=backend, verify=verify, beside=beside,
                            progress=progress)  # fmt: skip


def cost_of_workload(
    workload: Workload,
    hardware: str,
    search: Search,
    run: Run,
    *,
    backend: str = backends.DEFAULT,
    verify: bool = False,
    beside: Beside = "unpriced",
    progress: Progress | None = None,
) -> CostReport:
    """Energy and cycles of layer problems; where they are asked, what is beside them and a verifier's figures."""
    from costmodel.backends.whole.pricing import whole_cost
    from costmodel.hardware.machines import load_hardware

    if verify and backend != backends.DEFAULT:
        raise UsageError(f"--verify checks mappings of the {backends.DEFAULT} backend; leave out --backend {backend}")
    machine = load_hardware(hardware)
    own = run.options if not verify else {}  # with --verify they are the verifier's
    report = backends.load(backend).estimate(
        workload, machine, search, replace(run, options=own, progress=named(progress, "mapping layers"))
    )
    if beside != "unpriced":
        report = replace(report, whole=whole_cost(report, workload, machine, fused=beside == "fused"))
    if not verify:
        return report
    checks = backends.verifier().verify(report, machine, replace(run, progress=named(progress, "verifying layers")))
    return replace(report, checks=checks)


def named(progress: Progress | None, what: str) -> Callable[[int, int], None] | None:
    """Progress of one kind of work."""
    if progress is None:
        return None
    return lambda done, total: progress(what, done, total)


def workload_of(
    model: Any,
    settings: Mapping[str, Any],
    *,
    phase: str,
    use_cache: bool,
    defaults: Mapping[str, Any] | None = None,
    concrete: bool = False,
    scheduled: bool = False,
) -> Workload:
    """The layer problems of a subject's inference (batch 1, evaluation mode) or of its training step.

    Args:
        model: see :func:`costmodel.trace`.
        settings: see :class:`costmodel.Settings`.
        phase: ``inference`` or ``training``.
        use_cache: take the workload from the user's cache folder, or put it there.
        defaults: settings for a subject that brings no recipe (a rulebook's).
        concrete: see :func:`costmodel.trace`.
        scheduled: with its calls in order, for the work beside the layers.
    """
    key = None
    if use_cache and isinstance(model, str):
        words = {"settings": settings, "defaults": defaults, "lowered": phase, "concrete": concrete}
        key = fingerprint(model, {**words, "scheduled": scheduled})
    if key is not None:
        text = store.load("workload", key)
        try:
            if text is not None:
                return loads(Workload, text, SCHEMA)
        except FormatError:
            pass  # damaged, or of another version: made again
    workload = _lowered(model, settings, defaults, phase, concrete, scheduled)
    if key is not None:
        store.store("workload", key, dumps(workload, SCHEMA))
    return workload


def _lowered(
    model: Any, settings: Mapping[str, Any], defaults: Mapping[str, Any] | None, phase: str, concrete: bool,
    scheduled: bool,
) -> Workload:  # fmt: skip
    from costmodel.passes.lower import lower
    from costmodel.passes.precisions import precisions
    from costmodel.passes.schedule import schedule
    from costmodel.passes.work import count
    from costmodel.tracing.training import planned_and_traced, trace_inference, trace_training

    steps = None
    if phase == "inference":
        _, trace = planned_and_traced(model, settings, defaults, trace_inference, concrete=concrete)
    else:
        _, training = planned_and_traced(model, settings, defaults, trace_training, concrete=concrete)
        trace, steps = training.phases[0].trace, steps_of(training)
    counts = count(trace)
    return replace(
        lower(counts, phase),
        precisions=precisions(trace, counts, phase),
        steps=steps,
        schedule=schedule(trace, counts, phase) if scheduled else None,
    )


def steps_of(training: Training) -> int | None:
    """How often the first phase's step is done; None where nobody said it, or where phases or steps differ."""
    first = training.phases[0]
    if len(training.phases) > 1 or first.steps is None or len(first.trace.step_starts) > 1:
        return None
    return first.steps + first.last_steps
