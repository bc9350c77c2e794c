"""Trace a whole training: every phase of the recipe as a sum of steps that differ, and its last partial batches."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace
from fractions import Fraction
from types import TracebackType
from typing import Any

from costmodel.errors import CostModelError, RecipeError, TraceError, joined
from costmodel.ir.trace import Assumption, Phase, Trace
from costmodel.ir.training import TracedPhase, Training
from costmodel.tracing import compat
from costmodel.tracing.expected import SAID, even_stretches, shared
from costmodel.tracing.finding.own_step import with_step
from costmodel.tracing.finding.plan import Plan, another_subject
from costmodel.tracing.finding.subject import LoadedSubject
from costmodel.tracing.inputs import own_batch_size
from costmodel.tracing.modes.draws import Place
from costmodel.tracing.recipe.recipe import PhaseSpec
from costmodel.tracing.recipe.schedule import Kind, Schedule, kinds, schedule
from costmodel.tracing.step.build import build_step
from costmodel.tracing.step.own_words import words_of_file
from costmodel.tracing.step.step import Step
from costmodel.tracing.tracer import look_at_step, trace_step


def trace_training(plan: Plan) -> Training:
    """Trace every phase of a plan, and every kind of step in it; equal steps are traced once.

    The phases that train the recipe's own model come first, since the first one's step is shown in detail; work without
    an update (an evaluation) comes last.

    Raises:
        TraceError: a step does not run on fake tensors.
        RecipeError: a step cannot be put together.
    """
    traces = _Traces(plan)
    stretches = traces.with_batches()
    lengths = [schedule(stretch).total for stretch in stretches if stretch.every is None and stretch.trains]
    total = sum(length or 0 for length in lengths)
    phases: list[tuple[int, TracedPhase]] = []
    trained: list[Any] = []
    for stretch in stretches:
        length = schedule(stretch)
        if stretch.every is not None:
            length = Schedule(None if None in lengths else total // stretch.every)
        parts = [*_parts(stretch, length, traces)]
        updates = _updates(parts[0].trace)
        makes = updates and (stretch.optimizer is not None or stretch.model not in trained)
        trained += [stretch.model] if updates else []
        rank = 2 if not updates else 0 if stretch.model is None else 1
        phases += [(rank, replace(part, makes_state=makes and part is parts[0])) for part in parts]
    phases.sort(key=lambda ranked: ranked[0])
    if phases[0][0] == 1:
        raise RecipeError("every phase trains a model of its own: one must train the recipe's, whose parameters count")
    return Training(phases=tuple(phase for _, phase in phases))


def _updates(trace: Trace) -> bool:
    return any(call.phase is Phase.OPTIMIZER for call in (*trace.first_update, *trace.calls))


def _parts(stretch: PhaseSpec, length: Schedule, traces: _Traces) -> Iterator[TracedPhase]:
    """A stretch as its kinds of steps, the first step's kind first."""
    batch = stretch.batch or 1
    if length.last_batch and (stretch.cycle or 1) > 1:
        raise RecipeError(
            f"phase {stretch.name!r}: the last batch of each epoch, of {length.last_batch}, comes at another place of "
            "the cycle each time; set drop_last, or choose a batch that divides the samples"
        )
    if length.total == 0:
        why = (
            f"every {stretch.every} steps is never in so few"
            if stretch.every is not None
            else f"{stretch.samples} samples make no full batch of {batch}, and the last partial batch is dropped"
        )
        raise RecipeError(f"phase {stretch.name!r} has no step: {why}")
    timed = stretch.timed() if stretch.trains else {}
    always = frozenset(name for name in stretch.used() if name not in timed)
    for kind, times in kinds(length, timed):
        also = [name for name in timed if name in kind]
        name = " with ".join((stretch.name, " and ".join(also))) if also else stretch.name
        parts = [
            TracedPhase(
                name=name if place is None else f"{name}, draws at {place:.3g}",
                batch=batch,
                steps=part.steps,
                trace=traces.of(stretch, batch, kind | always, place),
                makes_state=False,
                last_batch=part.last_batch,
                last_steps=part.last_steps,
                last_trace=traces.of_last(stretch, part.last_batch, kind | always, place) if part.last_batch else None,
            )
            for place, part in _by_draws(stretch, times, traces)
        ]
        # the step with everything in it makes the optimizer's whole state
        yield from sorted(parts, key=lambda part: -len(part.trace.calls))


def _by_draws(stretch: PhaseSpec, times: Schedule, traces: _Traces) -> Iterator[tuple[float | None, Schedule]]:
    """Where draws come out, and how often: anywhere; or evenly at every place, if the expectation is asked for."""
    if stretch.draws is None:
        yield None, times
        return
    shared(times, [])  # before the many looks
    even = traces.even(stretch)
    for (low, high), part in zip(even, shared(times, even), strict=True):
        if part.total:
            yield float((low + high) / 2) if len(even) > 1 else None, part


_SCHEDULE = ("samples", "epochs", "steps", "every", "drop_last", "batch")
"""Fields of a phase that do not change its steps."""
_AROUND = ("accumulate", "sam", "average", "lookahead", "clip")
"""Techniques that run the loss again, or work on what comes of it: the draws decide the same without them."""


class _Traces:
    """The traces of a plan's steps, each made once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known: list[tuple[tuple[PhaseSpec, int, Kind, float | None], Trace]] = []
        self._even: list[tuple[PhaseSpec, list[tuple[Fraction, Fraction]]]] = []
        self._needs_two = False

    def with_batches(self) -> list[PhaseSpec]:
        """The stretches of the plan, each with its batch size.

        Where none was asked for, it is one; two where a network normalises over a batch, which one sample is not.
        """
        plan = self._plan
        found = [self._with_own_batch(with_step(plan, stretch)) for stretch in plan.recipe.stretches()]
        for stretch in found:
            if stretch.batch is None and stretch.trains:
                try:
                    self.of(stretch, 1, frozenset(stretch.used()))
                except CostModelError as error:
                    if not _asks_for_a_batch(error):
                        raise
                    self._needs_two = True
        default = 2 if self._needs_two else 1
        return [s if s.batch is not None else s.model_copy(update={"batch": default}) for s in found]

    def of(self, stretch: PhaseSpec, batch: int, kind: Kind, place: float | None = None) -> Trace:
        """The trace of a step, whose draws come out at a place of what they may be, or anywhere."""
        alone = dict.fromkeys(_SCHEDULE) | {"name": ""}
        key = (stretch.model_copy(update=alone), batch, kind, place)
        for known, trace in self._known:
            if known == key:
                return trace
        trace = self._traced(stretch, batch, kind, place)
        self._known.append((key, trace))
        return trace

    def even(self, stretch: PhaseSpec) -> list[tuple[Fraction, Fraction]]:
        """The stretches of places, of what draws may be, along which the step is the same."""
        size = max(1, (stretch.batch or 1) // (stretch.accumulate or 1))
        plain = stretch.model_copy(update=dict.fromkeys((*_SCHEDULE, *_AROUND)) | {"name": "", "batch": size})
        for known, even in self._even:
            if known == plain:
                return even
        even = even_stretches(lambda place: self._look(plain, size, place))
        self._even.append((plain, even))
        return even

    def _look(self, stretch: PhaseSpec, batch: int, place: Place) -> Hashable:
        with self._plan.mode, compat.quiet():
            return look_at_step(replace(self._step(stretch, batch, frozenset(stretch.used())), draws_at=place))

    def of_last(self, stretch: PhaseSpec, rest: int, kind: Kind, place: float | None) -> Trace:
        """The trace of an epoch's last partial batch; what fails on it alone is said with its size."""
        try:
            return self.of(stretch, rest, kind, place)
        except TraceError as error:
            hint = joined(error.hint, "--drop-last leaves it out")
            raise TraceError(f"the last partial batch of {rest}: {error.message}", hint=hint) from error

    def _traced(self, stretch: PhaseSpec, batch: int, kind: Kind, place: float | None) -> Trace:
        with self._plan.mode, compat.quiet():
            step = self._step(stretch, batch, kind)
            trace = trace_step(step if place is None else replace(step, draws_at=Place(place)))
        notes: list[str] = []
        if stretch.model is not None:
            notes.append(f"phase {stretch.name!r} trains another model: parameters are those of the recipe's model")
        if self._needs_two:
            notes.append("a batch of 2 is taken: the network normalises over a batch, which one sample is not")
        if place is not None:
            notes.append(SAID)
        said = (*(Assumption(what=note, where="the recipe") for note in notes), *trace.assumptions)
        return replace(trace, assumptions=said) if notes else trace

    def _step(self, stretch: PhaseSpec, batch: int, kind: Kind) -> Step:
        subject = self._subject(stretch.model, stretch.model_options)
        teacher = None if stretch.teacher is None else self._subject(stretch.teacher, {})
        return build_step(subject, self._plan.recipe, stretch, batch, kind, teacher)

    def _subject(self, model: Any, options: Any) -> LoadedSubject:
        if model is None and not options:
            return self._plan.subject
        return another_subject(self._plan, model, options or {})

    def _with_own_batch(self, stretch: PhaseSpec) -> PhaseSpec:
        """The phase with the batch size of a file that brings a whole batch."""
        plan = self._plan
        with plan.mode:
            size = own_batch_size(words_of_file(plan.subject.source))
        if size is None:
            return stretch
        own = stretch.model_copy(update={"batch": size})
        rest = schedule(own).last_batch
        if rest:
            raise RecipeError(
                f"{plan.subject.name}: each epoch ends with a batch of {rest}, but example_batch() always has {size}; "
                "let it take the number of samples, example_batch(n), or set drop_last"
            )
        return own


def _asks_for_a_batch(error: BaseException | None) -> bool:
    """Whether an error comes from batch norm's own check that there is more than one value per channel."""
    while error is not None:
        if any(name == "_verify_batch_size" for name in _functions(error.__traceback__)):
            return True
        error = error.__cause__
    return False


def _functions(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_name
        traceback = traceback.tb_next
