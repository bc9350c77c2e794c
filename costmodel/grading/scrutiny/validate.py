"""Validate an answer from behind the wall: it must be able to be a trace, and a person is told what to look at.

The child runs the submission's code and the recorder in one process, so a submission can write any answer it likes.
What it writes is only believed as far as it is checked here, by this process, with our own formulas:

* it is JSON of our schema (:mod:`costmodel.grading.scrutiny.parse`), of bounded size;
* its parts fit together (:mod:`costmodel.grading.scrutiny.structure`): ids, sizes, names, lifetimes of memory; nothing
  is read before it is made, after it is gone, or without anybody having made it;
* every call of an op that has a formula is put again to torch's own shape function on stand-ins: shapes, element
  types and which result is a view (:mod:`costmodel.tracing.shapes`);
* every formula and every pass runs on it;
* the batch has the contract's shape, the parameters of the training and of the inference are the same tensors by
  name, shape and trainability, and the numbers of steps follow from samples, batch and epochs.

Remarks, which refuse nothing: tensors of the program that work as weights but are not parameters; a training whose
forward pass does other work per sample than the inference; layers with weights that get no gradient; work and data that
lie where the figures do not look (:mod:`costmodel.grading.scrutiny.evasions`).

**What can still be forged.** A trace that is whole in itself but of another network: a smaller one than the submission
runs where it is measured (by replacing the recorder, or by a ``forward`` that behaves differently on fake tensors,
under a tracer or in another environment). A static reader of one process cannot tell. What catches it is
:func:`costmodel.tracing.confirmation.contradiction`: the traced inference, run on the submitted weights and on inputs
that the grader chose, must give the submitted predictions, and the weights must be exactly the traced parameters.
Likewise forgeable within bounds: how long a storage lives after its last reader (peak memory), module names and the
scopes of calls (which row of the table a cost is shown in), and calls of ops without a formula, whose shapes nobody
knows, which is why a limit that hangs on them stays UNDECIDED.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from costmodel.errors import CostModelError, ForgedError
from costmodel.grading.child.messages import Answer, Wanted
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.scrutiny.evasions import evasions
from costmodel.grading.scrutiny.remarks import parameter_shapes, remarks
from costmodel.grading.scrutiny.structure import check_structure, expect
from costmodel.ir.analysis import Subject
from costmodel.ir.trace import Phase, Trace
from costmodel.ir.training import TracedPhase, Training
from costmodel.ops import lookup
from costmodel.passes.lower import lower
from costmodel.passes.summary import summarise
from costmodel.passes.work import count
from costmodel.tracing.recipe.recipe import make_recipe
from costmodel.tracing.shapes import disagreement

MOST_PHASES = 64
MOST_STEPS = 10**12


def check(answer: Answer, wanted: Wanted) -> tuple[Notice, ...]:
    """Check an answer that brings a training, and return remarks on it.

    Every figure is computed once, so that nothing fails on it later.

    Raises:
        ForgedError: no run of the recorder can have made it; says where it contradicts itself.
    """
    try:
        return _checked(answer, wanted)
    except ForgedError:
        raise
    except Exception as problem:  # a formula or a pass met what no trace can hold: any error of ours may come of it
        raise ForgedError(f"a formula fails on it: {type(problem).__name__}: {problem}") from None


def _checked(answer: Answer, wanted: Wanted) -> tuple[Notice, ...]:
    training, inference, subject = answer.training, answer.inference, answer.subject
    if training is None or subject is None or (inference is None) == wanted.inference:
        raise ForgedError("the answer is not what was asked for")
    expect(0 < len(training.phases) <= MOST_PHASES, f"{len(training.phases)} phases")
    for what, trace in traces(training, inference):
        _check_trace(what, trace)
    for phase in training.phases:
        _check_phase(phase)
    _check_parameters(training, inference)
    _check_words(subject, training, wanted)
    own: tuple[Notice, ...] = ()
    trains = wanted.settings.get("step") != "evaluate"
    if inference is not None:
        own = tuple(_own_input(inference, wanted))
        lower(count(inference), "inference")
    summarise(training, subject)
    return (*own, *remarks(training, inference, trains=trains), *evasions(training, inference))


def traces(training: Training, inference: Trace | None) -> Iterator[tuple[str, Trace]]:
    """Every different trace of an answer, with what to call it."""
    if inference is not None:
        yield "inference", inference
    known: list[Trace] = []
    for phase in training.phases:
        for what, trace in ((phase.name, phase.trace), (f"{phase.name}, last batch", phase.last_trace)):
            if trace is not None and trace not in known:
                known.append(trace)
                yield what, trace


def _check_trace(what: str, trace: Trace) -> None:
    try:
        check_structure(trace)
        problem = disagreement(trace, lambda packet: lookup(packet) is not None)
        expect(problem is None, str(problem))
    except CostModelError as problem:
        raise ForgedError(f"{what}: {problem}") from None


def _check_phase(phase: TracedPhase) -> None:
    where = f"phase {phase.name[:60]!r}"
    expect(phase.name.isprintable(), "a phase whose name is not printable")
    expect(phase.batch >= 1, f"{where}: batch {phase.batch}")
    expect(phase.steps is None or 0 <= phase.steps <= MOST_STEPS, f"{where}: {phase.steps} steps")
    expect(0 <= phase.last_steps <= MOST_STEPS, f"{where}: {phase.last_steps} last steps")
    has_last = phase.last_trace is not None
    expect(has_last == (phase.last_batch is not None) == (phase.last_steps > 0), f"{where}: half a last batch")
    expect(phase.last_batch is None or 0 < phase.last_batch < phase.batch, f"{where}: last batch {phase.last_batch}")


def _check_parameters(training: Training, inference: Trace | None) -> None:
    """One network in one phase, and the first one in the inference; a later phase may train another, as remarked."""
    judged = parameter_shapes(training.phases[0].trace)
    pairs = [(phase.name, parameter_shapes(phase.trace), phase.last_trace) for phase in training.phases]
    for what, due, other in (*pairs, ("inference", judged, inference)):
        if other is not None:
            different = sorted(set(due.items()) ^ set(parameter_shapes(other).items()))
            problem = f"{what}: parameter {different[0][0] if different else ''} is not that of the first step"
            expect(not different, problem)


def _check_words(subject: Subject, training: Training, wanted: Wanted) -> None:
    """Where the contract fixes the batch or the length of the training, the answer has it."""
    expect(subject.batch == training.phases[0].batch, "the subject's batch is not that of its first phase")
    texts = (subject.name, subject.input, subject.loss, subject.optimizer, *subject.model_options.values())
    judged = subject.judged
    expect(judged is not None, "it does not say which model it is of")
    if judged is not None:
        texts = (*texts, judged.name, judged.file, judged.arguments, judged.because)
    expect(all(len(text) <= 4096 for text in texts), "a word of the subject is too long")
    for name in ("batch", "samples", "epochs"):
        fixed = wanted.settings.get(name)
        expect(fixed is None or getattr(subject, name) == fixed, f"{name} is {getattr(subject, name)}, not {fixed}")
    if len(training.phases) != 1 or subject.samples is None or wanted.settings.get("steps") is not None:
        return
    (phase,) = training.phases
    if phase.steps is not None:
        done = phase.steps * phase.batch + phase.last_steps * (phase.last_batch or 0)
        epochs = subject.epochs or 1
        due = subject.samples * epochs
        # a training that ends within an epoch ends with a whole batch
        over = 0 if float(epochs).is_integer() else phase.batch
        missing = due - done
        expect(-over <= missing < phase.batch * math.ceil(epochs), f"{done} samples are trained on, not {due}")


def _kind_of_weights(trace: Trace) -> str:
    """What an input is of whose type nobody says, as ``tracing/inputs.py`` makes it."""
    weights = (trace.tensors[parameter.tensor] for parameter in trace.parameters)
    kinds = {tensor.dtype for tensor in weights if len(tensor.shape) > 1 and "float" in tensor.dtype}
    return kinds.pop() if len(kinds) == 1 else "float32"


def _own_input(inference: Trace, wanted: Wanted) -> Iterator[Notice]:
    """The one sample of the inference has the contract's shape: always, if it is a setting; else it is remarked.

    A batch of the submission's own may hold labels beside it, which the network's forward does not read.
    """
    read = {number for call in inference.calls if call.phase is Phase.FORWARD for number in call.inputs}
    named = [(inference.tensors[i].shape, inference.tensors[i].dtype, i in read) for i in inference.inputs]
    for fields in (wanted.settings, wanted.defaults):
        if fields.get("input") is None:
            continue
        recipe = make_recipe({"input": fields["input"]}, "the contract")
        due: list[Any] = [((1, *spec.shape), spec.dtype or _kind_of_weights(inference)) for spec in recipe.input]
        labels = [(shape, dtype) for shape, dtype, is_read in named if not is_read]
        given = [(shape, dtype) for shape, dtype, _ in named]
        fits = given[: len(due)] == due and all(one in labels for one in given[len(due) :])
        if fields is wanted.settings:
            expect(fits, f"inference: its input is {given}, the contract's is {due}")
        elif not fits and "input" not in wanted.settings:
            yield Notice(kind=NoticeKind.INPUT, message=f"its input is {given}, the rules' is {due}")
