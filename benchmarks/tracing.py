"""The whole analysis against one eager fake step, and against FlopCounterMode, on every network of the zoo.

Both sides run in one process on the same model and batch, in turn, five times; the medians of CPU seconds are
compared. Building the model is on neither side. The first run of each, which fills torch's and our caches, is not
counted.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

from tabulate import tabulate
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from costmodel.ir.analysis import Subject
from costmodel.ir.training import TracedPhase, Training
from costmodel.passes.summary import summarise
from costmodel.passes.work import count
from costmodel.tracing.recipe.recipe import Recipe
from costmodel.tracing.step.build import build_step
from costmodel.tracing.step.step import Step
from costmodel.tracing.tracer import trace_step
from costmodel.tracing.training import Plan, plan_training
from examples.zoo import ZOO, Entry

RUNS = 5
BATCH = 2
ANALYSIS_MEAN, ANALYSIS_EACH, COUNTER_MEAN = 2.0, 3.0, 1.5

SUBJECT = Subject(
    name="benchmark", model_options={}, input="", batch=BATCH, loss="", optimizer="", samples=None, epochs=None,
    convention="haet", source_digest="",
)  # fmt: skip


def medians(*sides: Callable[[], float]) -> list[float]:
    """The median of each side over alternating runs, after one that is not counted."""
    for side in sides:
        side()
    seconds: list[list[float]] = [[] for _ in sides]
    for _ in range(RUNS):
        for side, taken in zip(sides, seconds, strict=True):
            gc.collect()
            taken.append(side())
    return [statistics.median(taken) for taken in seconds]


def timed(work: Callable[[], object]) -> float:
    """CPU seconds of one call, without the garbage collector's."""
    gc.disable()
    start = time.process_time()
    work()
    taken = time.process_time() - start
    gc.enable()
    return taken


def new_step(plan: Plan, recipe: Recipe) -> Step:
    """A freshly built step, inside the plan's mode."""
    return build_step(plan.subject, recipe, recipe.stretches()[0], BATCH)


def analysis_against_step(entry: Entry) -> tuple[float, float]:
    """CPU seconds of (one eager fake step, the whole analysis) of forward, backward and AdamW."""
    plan = plan_training(entry.reference, {"input": entry.input, "batch": BATCH, "optimizer": "adamw"})

    mode = FakeTensorMode()  # torch's own, with its cache on: ours is set up for recording
    with mode:
        eager = new_step(plan, plan.recipe)

    def step() -> None:
        with mode:
            eager.gradients()
            assert eager.update is not None
            eager.update()

    def analysis() -> float:
        with plan.mode:
            fresh = new_step(plan, plan.recipe)

        def run() -> None:
            with plan.mode:
                trace = trace_step(fresh)
            phase = TracedPhase(name="training", batch=BATCH, steps=None, trace=trace, makes_state=True)
            summarise(Training(phases=(phase,)), SUBJECT)

        return timed(run)

    seconds = medians(lambda: timed(step), analysis)
    return seconds[0], seconds[1]


def counting_against_flop_counter(entry: Entry) -> tuple[float, float]:
    """CPU seconds of (FlopCounterMode on fake tensors, trace and count) of forward and backward."""
    plan = plan_training(entry.reference, {"input": entry.input, "batch": BATCH, "optimizer": "none"})
    mode = FakeTensorMode()
    with mode:
        eager = new_step(plan, plan.recipe)

    def flop_counter() -> None:
        with mode, FlopCounterMode(display=False):
            for parameter in eager.model.parameters():
                parameter.grad = None
            eager.gradients()

    def ours() -> float:
        with plan.mode:
            fresh = new_step(plan, plan.recipe)

        def run() -> None:
            with plan.mode:
                trace = trace_step(fresh)
            count(trace)

        return timed(run)

    seconds = medians(lambda: timed(flop_counter), ours)
    return seconds[0], seconds[1]


def main() -> bool:
    """Print the table and say whether the bars hold."""
    rows, whole, counting = [], [], []
    for entry in ZOO:
        step, analysis = analysis_against_step(entry)
        counter, ours = counting_against_flop_counter(entry)
        whole.append(analysis / step)
        counting.append(ours / counter)
        rows.append((entry.name, f"{whole[-1]:.2f}", f"{counting[-1]:.2f}"))
    means = statistics.geometric_mean(whole), statistics.geometric_mean(counting)
    rows.append(("geometric mean", f"{means[0]:.2f}", f"{means[1]:.2f}"))
    rows.append(("bar", f"{ANALYSIS_MEAN} (each {ANALYSIS_EACH})", f"{COUNTER_MEAN}"))
    headers = ("network", "whole analysis / one eager fake step", "trace and count / FlopCounterMode")
    print(tabulate(rows, headers, colalign=("left", "right", "right"), disable_numparse=True))
    return means[0] <= ANALYSIS_MEAN and max(whole) <= ANALYSIS_EACH and means[1] <= COUNTER_MEAN
