"""The trace of one forward pass."""

from __future__ import annotations

from costmodel.ir.trace import Trace
from costmodel.tracing.finding.plan import Plan
from costmodel.tracing.step.forward_only import build_inference
from costmodel.tracing.tracer import trace_step


def trace_inference(plan: Plan) -> Trace:
    """Trace the forward pass of one sample in evaluation mode (the lab's inference has batch 1).

    Raises:
        TraceError: it does not run on fake tensors.
    """
    with plan.mode:
        return trace_step(build_inference(plan.subject, plan.recipe))
