"""The verb behind ``--hardware``: energy and cycles of a subject's inference or training step on an accelerator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

from costmodel.errors import FormatError
from costmodel.files import cache
from costmodel.files.fingerprint import fingerprint
from costmodel.ir.codec import dumps, loads
from costmodel.ir.cost import CostReport
from costmodel.ir.workload import SCHEMA, Workload

PHASES = ("inference", "training")


def estimate_subject(
    model: Any,
    hardware: str,
    settings: Mapping[str, Any],
    *,
    phase: str = "inference",
    search: str = "optimum",
    objective: str = "latency",
    effort: str = "exact",
    use_cache: bool = False,
    jobs: int = 1,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> CostReport:
    """See :func:`costmodel.estimate`. Known workloads and layers come from the cache, without torch.

    ``defaults`` are settings for a subject that brings no recipe (a rulebook's).
    """
    from costmodel.backends.analytical.estimate import estimate
    from costmodel.hardware.machines import load_hardware

    spec = load_hardware(hardware)
    workload = workload_of(model, settings, phase=phase, use_cache=use_cache, defaults=defaults)
    return estimate(
        workload, spec, search=search, objective=objective, effort=effort,
        use_cache=use_cache, jobs=jobs, executor=executor, progress=progress,
    )  # fmt: skip


def workload_of(
    model: Any,
    settings: Mapping[str, Any],
    *,
    phase: str,
    use_cache: bool,
    defaults: Mapping[str, Any] | None = None,
) -> Workload:
    """The layer problems of a subject's inference (batch 1, evaluation mode) or of its training step."""
    key = None
    if use_cache and isinstance(model, str):
        key = fingerprint(model, {"settings": settings, "defaults": defaults, "lowered": phase})
    if key is not None:
        text = cache.load("workload", key)
        try:
            if text is not None:
                return loads(Workload, text, SCHEMA)
        except FormatError:
            pass  # damaged, or of another version: made again
    workload = _lowered(model, settings, defaults, phase)
    if key is not None:
        cache.store("workload", key, dumps(workload, SCHEMA))
    return workload


def _lowered(model: Any, settings: Mapping[str, Any], defaults: Mapping[str, Any] | None, phase: str) -> Workload:
    from costmodel.passes.lower import lower
    from costmodel.passes.work import count
    from costmodel.tracing.training import plan_training, trace_inference, trace_training

    plan = plan_training(model, settings, defaults)
    if phase == "inference":
        return lower(count(trace_inference(plan)), phase)
    return lower(count(trace_training(plan).phases[0].trace), phase)
