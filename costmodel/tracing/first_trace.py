"""The first trace of a process loads what torch loads at its first use; here it is made of a network of ours."""

from __future__ import annotations

from pathlib import Path

import torch

from costmodel.tracing.description import describe
from costmodel.tracing.finding.choice import Known, choose
from costmodel.tracing.inference import trace_inference
from costmodel.tracing.phases import trace_training

_NETWORK = Path(__file__).with_name("first_network.py")
_SETTINGS = {"input": "3x8x8", "batch": 2, "samples": 2, "epochs": 1}


def first_trace() -> None:
    """Choose, build and trace a small network once, and leave torch's random numbers as they were."""
    dice = torch.get_rng_state()
    plan = choose(_NETWORK, Known(settings=_SETTINGS, defaults={})).plan
    describe(plan, trace_training(plan))
    trace_inference(plan)
    torch.set_rng_state(dice)
