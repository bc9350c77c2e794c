"""Run a training step on fake tensors and give back its trace."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from costmodel.errors import CostModelError, TraceError
from costmodel.ir.tensor import Role, Storage, TensorSpec
from costmodel.ir.trace import Assumption, ModuleCall, ModuleSpec, OpCall, Parameter, Phase, Trace
from costmodel.tracing import compat
from costmodel.tracing.blame import raised_at
from costmodel.tracing.hints import AUTOCAST_WARNING, advice, hint
from costmodel.tracing.lifetimes import Life
from costmodel.tracing.recorder import Recorder
from costmodel.tracing.step import Step


def trace_step(step: Step) -> Trace:
    """The steady-state trace of a step; call it inside the fake mode in which the step was built.

    A step in two halves runs its gradients once and its update twice: the first update makes the optimizer's
    state, the second is the steady one. A step that is a single function runs twice as a whole.

    Raises:
        TraceError: the step does not run on fake tensors; names file and line of the user's code.
    """
    recorder = Recorder(step.model)
    parameters = _named(step.model.named_parameters(), recorder, Role.PARAMETER)
    buffers = _named(step.model.named_buffers(), recorder, Role.BUFFER)
    inputs = recorder.ids_within(step.batch)
    for _, state, role in _states(step):  # some optimizers make theirs in the constructor
        recorder.know(state, role)
    with _collector_off(), _explained(recorder), compat.quiet(), warnings.catch_warnings():
        warnings.filterwarnings("ignore")
        warnings.filterwarnings("error", message=AUTOCAST_WARNING)  # the last one comes first
        first, steady = _run(step, recorder)
    recorder.lifetimes.forget()
    return _assemble(step, recorder, first, steady, (parameters, buffers, inputs))


def _run(step: Step, recorder: Recorder) -> tuple[int, list[int]]:
    """Run the step; the segment that came first in training, and those that make the steady step."""
    with recorder.scopes, recorder:
        if step.update is None:
            for _ in range(2):
                recorder.next_segment()
                recorder.scopes.restart()
                step.gradients()
                _assign_roles(step, recorder)
            return 1, [2]
        step.gradients()
        _assign_roles(step, recorder)
        recorder.next_segment()
        step.update()
        _assign_roles(step, recorder)
        recorder.next_segment()
        recorder.scopes.after_backward()
        step.update()
        _assign_roles(step, recorder)
        return 1, [0, 2]


def _assign_roles(step: Step, recorder: Recorder) -> None:
    """Parameters (which may have new memory, p.data = q), gradients and optimizer state get their role.

    They also get their owner, the parameter's module.
    """
    owned = [(p, t, role) for p in step.model.parameters() for t, role in _own_tensors(p)]
    for parameter, tensor, role in (*owned, *_states(step)):
        life = recorder.life(tensor, role)
        life.role, life.owner = role, recorder.scopes.owners.get(id(parameter), "")


def _own_tensors(parameter: nn.Parameter) -> Iterator[tuple[torch.Tensor, Role]]:
    yield parameter, Role.PARAMETER
    if parameter.grad is not None:
        yield parameter.grad, Role.GRADIENT


def _states(step: Step) -> Iterator[tuple[Any, torch.Tensor, Role]]:
    """(parameter, state, role) of what the optimizers keep for each parameter."""
    for optimizer in step.optimizers:
        for parameter, values in optimizer.state.items():
            for value in values.values() if isinstance(values, dict) else ():
                if isinstance(value, torch.Tensor):
                    yield parameter, value, Role.OPTIMIZER_STATE


def _named(pairs: Iterator[tuple[str, torch.Tensor]], recorder: Recorder, role: Role) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(name=name, tensor=recorder.know(tensor, role), trainable=tensor.requires_grad)
        for name, tensor in pairs
    )


@contextmanager
def _collector_off() -> Iterator[None]:
    """Lifetimes are those of reference counts: the collector would free cycles at arbitrary calls."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def _explained(recorder: Recorder) -> Iterator[None]:
    """Whatever the user's step raises becomes one line with his file and line, and the op that failed."""
    try:
        yield
    except CostModelError:
        raise
    except (Exception, SystemExit) as error:
        if isinstance(error.__cause__, CostModelError):
            raise error.__cause__ from None
        where = raised_at(error) or "the training step"
        during = f" ({recorder.running})" if recorder.running else ""
        raise TraceError(f"{where}{during}: {advice(error)}", hint=hint(error)) from error


def _assemble(step: Step, recorder: Recorder, first: int, steady: list[int], named: Any) -> Trace:
    parameters, buffers, inputs = named
    calls: list[OpCall] = []
    module_calls: list[ModuleCall] = []
    offsets: dict[int, int] = {}
    for segment in steady:
        offsets[segment] = shift = len(calls)
        calls.extend(recorder.segments[segment])
        module_calls.extend(_shifted(call, shift) for call in recorder.module_calls[segment])
    storages = _storages(recorder.lifetimes.lives, offsets)
    tensors = tuple(
        TensorSpec(
            id=i,
            shape=shape,
            dtype=str(dtype).removeprefix("torch."),
            device=str(device),
            role=storages[storage].role,
            storage=storage,
        )
        for i, (shape, dtype, device, storage) in enumerate(recorder.tensors)
    )
    first_update = tuple(c for c in recorder.segments[first] if c.phase is Phase.OPTIMIZER)
    notes = [Assumption(what=note, where="the recipe") for note in step.assumptions]
    return Trace(
        calls=tuple(calls),
        first_update=first_update,
        tensors=tensors,
        storages=tuple(storages),
        modules=_modules(step.model, parameters, buffers),
        module_calls=tuple(module_calls),
        parameters=parameters,
        buffers=buffers,
        inputs=inputs,
        assumptions=(*notes, *recorder.assumptions),
        provenance={"torch": torch.__version__.split("+")[0]},
    )


def _shifted(call: ModuleCall, shift: int) -> ModuleCall:
    return ModuleCall(
        path=call.path,
        inputs=call.inputs,
        outputs=call.outputs,
        first=call.first + shift,
        last=call.last + shift,
    )


def _storages(lives: list[Life], offsets: dict[int, int]) -> list[Storage]:
    """Lifetimes on the steady step's own clock.

    What another segment made and left behind was there before the steady step (born = -1); what it made and freed
    never existed in it (born = died).
    """
    last = max(offsets)

    def place(moment: tuple[int, int]) -> int | None:
        segment, calls = moment
        return offsets[segment] + calls if segment in offsets else None

    result = []
    for number, life in enumerate(lives):
        born = place(life.born)
        died = None if life.died is None else place(life.died)
        if life.died is not None and died is None:
            # freed outside the steady step: between its halves, or before it began
            died = offsets[last] if born is not None else 0
            born = 0 if born is None else born
        if born is None or life.role is Role.INPUT:
            born = -1
        result.append(Storage(id=number, nbytes=life.nbytes, role=life.role, born=born, died=died))
    return result


def _modules(
    model: nn.Module, parameters: tuple[Parameter, ...], buffers: tuple[Parameter, ...]
) -> tuple[ModuleSpec, ...]:
    ids = {p.name: p.tensor for p in (*parameters, *buffers)}
    return tuple(
        ModuleSpec(
            path=path,
            type=f"{type(module).__module__}.{type(module).__qualname__}",
            leaf=all(name == "parametrizations" for name, _ in module.named_children()),
            attributes={
                name: value
                for name, value in sorted(vars(module).items())
                if not name.startswith("_") and name != "training" and isinstance(value, (bool, int, float, str))
            },
            parameters=_own(module.named_parameters(path, recurse=False), ids),
            buffers=_own(module.named_buffers(path, recurse=False), ids),
        )
        for path, module in model.named_modules()
    )


def _own(pairs: Iterator[tuple[str, torch.Tensor]], ids: dict[str, int]) -> tuple[int, ...]:
    return tuple(ids[name] for name, _ in pairs if name in ids)
