"""The other counters: fvcore and torch's FlopCounterMode on the same model, per module path, in MACs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from costmodel.tracing.finding.own_step import with_step
from costmodel.tracing.step.build import build_step
from costmodel.tracing.step.step import Step
from costmodel.tracing.training import Plan

_FVCORE_NESTS = frozenset({"addmm", "bmm", "conv", "einsum", "linear", "matmul", "mm"})
"""fvcore's names of products; its other entries (batch_norm, layer_norm, …) count elementwise work."""

FLOPS_PER_MAC = 2


def flop_counter_macs(plan: Plan) -> tuple[dict[str, int], dict[str, int]]:
    """FlopCounterMode's MACs by module path, own work only: (forward, backward), on fake tensors."""
    recipe = plan.recipe
    with plan.mode:
        phase = with_step(plan, recipe.stretches()[0])
        step = build_step(plan.subject, recipe, phase, phase.batch or 1)
        return _run_flop_counter(step)


def _run_flop_counter(step: Step) -> tuple[dict[str, int], dict[str, int]]:
    counter = FlopCounterMode(display=False)
    forward: dict[str, int] = {}

    def after_forward(*_: Any) -> None:
        forward.clear()
        forward.update(_totals(counter))

    handle = step.model.register_forward_hook(after_forward)
    with counter:
        step.gradients()
    handle.remove()
    whole = _totals(counter)
    backward = {path: flops - forward.get(path, 0) for path, flops in whole.items()}
    return _own(forward), _own(backward)


def _totals(counter: FlopCounterMode) -> dict[str, int]:
    """FLOPs by module path, children included; "" is everything."""
    totals: dict[str, int] = {}
    for name, by_op in counter.get_flop_counts().items():
        path = "" if name == "Global" else name.partition(".")[2]
        totals[path] = max(totals.get(path, 0), sum(by_op.values()))
    return totals


def fvcore_macs(plan: Plan) -> tuple[dict[str, int], dict[str, int]] | None:
    """Fvcore's forward MACs by module path, own work only, and its unsupported ops; None if it cannot run.

    fvcore traces with torch.jit, which needs real tensors: the model is built and run once for real.
    """
    from fvcore.nn import FlopCountAnalysis

    recipe = plan.recipe
    phase = with_step(plan, recipe.stretches()[0])
    try:
        step = build_step(plan.subject, recipe, phase, phase.batch or 1)
        logging.getLogger("fvcore").setLevel(logging.ERROR)
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            analysis = FlopCountAnalysis(step.model, step.batch)
            analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
            by_module = analysis.by_module_and_operator()
            unsupported = dict(analysis.unsupported_ops())
    except Exception:
        # whatever fvcore cannot trace (dict batches, data-dependent code) is "does not say", not our failure
        return None
    macs = {
        path: FLOPS_PER_MAC * sum(int(n) for op, n in by_op.items() if op in _FVCORE_NESTS)
        for path, by_op in by_module.items()
    }
    return _own(macs), unsupported


def _own(totals: Mapping[str, int]) -> dict[str, int]:
    """MACs of each module without its children's, from FLOPs with them."""
    own = dict(totals)
    for path, flops in totals.items():
        parent = path
        while parent:
            parent = parent.rpartition(".")[0]
            if parent in own:
                own[parent] -= flops
                break
    return {path: flops // FLOPS_PER_MAC for path, flops in own.items()}
