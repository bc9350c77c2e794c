"""Run a training step on fake tensors and give back its trace."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from costmodel.errors import CostModelError, TraceError
from costmodel.ir.analysis import OWN_CLASS
from costmodel.ir.tensor import Role, Storage, TensorSpec
from costmodel.ir.trace import (
    FOR_ONE_BATCH,
    VALUES,
    Assumption,
    ModuleCall,
    ModuleSpec,
    OpCall,
    Parameter,
    Phase,
    Trace,
)
from costmodel.tracing import compat
from costmodel.tracing.blame import raised_at
from costmodel.tracing.class_names import class_name
from costmodel.tracing.hints import AUTOCAST_WARNING, advice, hint
from costmodel.tracing.modes import fake, real
from costmodel.tracing.recording.comparing import Repeated
from costmodel.tracing.recording.lifetimes import Life
from costmodel.tracing.recording.packing import padded_in_python
from costmodel.tracing.recording.recorder import Recorder
from costmodel.tracing.recording.repetition import repeat, run_once
from costmodel.tracing.step.step import Step
from costmodel.tracing.structures import is_leaf, tensors_in

_DRAWN = "a value drawn at random while the model is built is any: the model is the same with another"


def trace_step(step: Step) -> Trace:
    """The steady-state trace of a step; call it inside the fake mode in which the step was built.

    How often it runs is decided in ``recording/repetition.py``: a step in two halves usually runs its gradients
    once and its update twice, a step that is a single function twice as a whole.

    Raises:
        TraceError: the step does not run on fake tensors; names file and line of the user's code.
    """
    recorder, parameters, buffers, inputs = _prepared(step)
    with _recording(recorder, inputs):
        repeated = repeat(step, recorder, lambda: _assign_roles(step, recorder))
    inputs = tuple(dict.fromkeys((*inputs, *recorder.ids_within(step.targets))))
    recorder.lifetimes.forget()
    mode = fake.active() or real.active()
    if mode is not None:
        known = [*mode.notes, *((_DRAWN, line) for line in mode.values.drawn)]
        recorder.assumptions.update(dict.fromkeys(Assumption(what=what, where=where) for what, where in known))
    return _assemble(step, recorder, repeated, (parameters, buffers, inputs))


def look_at_step(step: Step) -> Hashable:
    """What a step does, as far as its cost hangs on it: it is run once, and no trace is made of it.

    Raises:
        TraceError: see :func:`trace_step`.
    """
    recorder, _, _, inputs = _prepared(step)
    with _recording(recorder, inputs):
        done = run_once(step, recorder)
    recorder.lifetimes.forget()
    return done


def _prepared(step: Step) -> tuple[Recorder, tuple[Parameter, ...], tuple[Parameter, ...], tuple[int, ...]]:
    """A recorder that knows what is there before the step; its parameters, buffers and inputs."""
    depth = max(path.count(".") for path, _ in step.model.named_modules())
    if depth > fake.MOST_NESTED:
        raise TraceError(f"{depth:,} modules lie inside one another; at most {fake.MOST_NESTED:,} can be traced")
    recorder = Recorder(step.model)
    parameters = _named(step.model.named_parameters(), recorder, Role.PARAMETER)
    buffers = _named(step.model.named_buffers(), recorder, Role.BUFFER)
    inputs = recorder.ids_within(step.batch)
    for _, state, role in _states(step):  # some optimizers make theirs in the constructor
        recorder.know(state, role)
    for network in step.beside:
        for tensor, role in _weights(network):
            recorder.know(tensor, role)
    return recorder, parameters, buffers, inputs


@contextmanager
def _recording(recorder: Recorder, inputs: tuple[int, ...]) -> Iterator[None]:
    """A stretch that the recorder sees."""
    with _collector_off(), _explained(recorder, inputs), compat.quiet(), warnings.catch_warnings():
        warnings.filterwarnings("ignore")
        warnings.filterwarnings("error", message=AUTOCAST_WARNING)  # the last one comes first
        with recorder.scopes, padded_in_python(), recorder, compat.watched_by(recorder.__torch_dispatch__):
            yield


def _assign_roles(step: Step, recorder: Recorder) -> None:
    """Parameters (which may have new memory, p.data = q), gradients and optimizer state get their role.

    They also get their owner, the parameter's module.
    """
    owned = [(p, t, role) for p in step.model.parameters() for t, role in _own_tensors(p)]
    for parameter, tensor, role in (*_states(step), *owned):  # an optimizer may hold parameters and gradients too
        life = recorder.life(tensor, role)
        life.role = role
        if parameter is not None:
            life.owner = recorder.scopes.owners.get(id(parameter), "")


def _own_tensors(parameter: nn.Parameter) -> Iterator[tuple[torch.Tensor, Role]]:
    yield parameter, Role.PARAMETER
    if parameter.grad is not None:
        yield parameter.grad, Role.GRADIENT


def _states(step: Step) -> Iterator[tuple[Any, torch.Tensor, Role]]:
    """(parameter, state, role) of what the optimizers keep, for each parameter or for all of them (None)."""
    for optimizer in (*step.optimizers, *step.keeps):
        for parameter, state in _kept(optimizer):
            yield parameter, state, Role.OPTIMIZER_STATE


def _weights(network: nn.Module) -> Iterator[tuple[torch.Tensor, Role]]:
    yield from ((parameter, Role.PARAMETER) for parameter in network.parameters())
    yield from ((buffer, Role.BUFFER) for buffer in network.buffers())


def _kept(optimizer: Any) -> Iterator[tuple[Any, torch.Tensor]]:
    """The tensors that an optimizer of any kind keeps beside the parameters: in its state, and in its attributes."""
    if _is_torchs(type(optimizer)):  # torch's own keep all of it in their state
        yield from ((p, value) for p, values in optimizer.state.items() for value in tensors_in(values))
        return
    attributes = dict(getattr(optimizer, "__dict__", {}))
    groups = {id(parameter) for parameter in tensors_in(attributes.pop("param_groups", ()))}
    by_parameter = attributes.pop("state", {})
    for parameter, values in by_parameter.items() if isinstance(by_parameter, Mapping) else ():
        yield from ((parameter, value) for value in tensors_in(values))
    yield from ((None, value) for value in tensors_in(attributes) if id(value) not in groups)
    for inner in attributes.values():
        if isinstance(inner, torch.optim.Optimizer):
            yield from _kept(inner)


def _is_torchs(kind: type) -> bool:
    return kind.__module__.startswith("torch.optim.")


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
def _explained(recorder: Recorder, inputs: tuple[int, ...]) -> Iterator[None]:
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
        sizes = recorder.tensors[inputs[0]][0][1:] if inputs else ()
        raise TraceError(f"{where}{during}: {advice(error)}", hint=hint(error, sizes)) from error


def _assemble(step: Step, recorder: Recorder, repeated: Repeated, named: Any) -> Trace:
    parameters, buffers, inputs = named
    calls: list[OpCall] = []
    module_calls: list[ModuleCall] = []
    offsets: dict[int, int] = {}
    for segment in repeated.steady:
        offsets[segment] = shift = len(calls)
        calls.extend(recorder.segments[segment])
        module_calls.extend(_shifted(call, shift) for call in recorder.module_calls[segment])
    last = max(segment for segments in (repeated.steady, *repeated.variants) for segment in segments)
    tensors_known, storages_known = recorder.known_after[last]  # later runs made others
    storages = _storages(recorder.lifetimes.lives[:storages_known], offsets)
    tensors = tuple(
        TensorSpec(
            id=i,
            shape=shape,
            dtype=str(dtype).removeprefix("torch."),
            device=str(device),
            role=storages[storage].role,
            storage=storage,
        )
        for i, (shape, dtype, device, storage) in enumerate(recorder.tensors[:tensors_known])
    )
    first_update, first_starts = _first(recorder, repeated)
    halves = len(repeated.steady) // step.cycle
    step_starts = tuple(offsets[segment] for segment in repeated.steady[::halves]) if step.cycle > 1 else ()
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
        inputs=tuple(i for i in inputs if i < tensors_known),
        assumptions=(*notes, *recorder.assumptions),
        provenance={"torch": torch.__version__.split("+")[0], **({VALUES: FOR_ONE_BATCH} if recorder.concrete else {})},
        step_starts=step_starts,
        first_starts=first_starts,
        varies=tuple(repeated.varies),
        optimizer=" and ".join(dict.fromkeys(map(_optimizer_name, step.optimizers))),
        variants=tuple(_calls(recorder, segments) for segments in repeated.variants),
    )


def _optimizer_name(optimizer: Any) -> str:
    """The class of torch.optim, or a class of the file's own, which may do anything."""
    kind = type(optimizer)
    return kind.__name__ if _is_torchs(kind) else f"{OWN_CLASS}{kind.__qualname__}"


def _calls(recorder: Recorder, segments: Iterable[int]) -> tuple[OpCall, ...]:
    return tuple(call for segment in segments for call in recorder.segments[segment])


def _first(recorder: Recorder, repeated: Repeated) -> tuple[tuple[OpCall, ...], tuple[int, ...]]:
    """The calls of the first rounds that the steady one does not make, and where each round begins."""
    calls: list[OpCall] = []
    starts: list[int] = []
    for segments in repeated.first:
        starts.append(len(calls))
        calls += [call for call in _calls(recorder, segments) if repeated.whole_first or call.phase is Phase.OPTIMIZER]
    return tuple(calls), tuple(starts) if len(starts) > 1 else ()


def _shifted(call: ModuleCall, shift: int) -> ModuleCall:
    return replace(call, first=call.first + shift, last=call.last + shift)


def _storages(lives: list[Life], offsets: dict[int, int]) -> list[Storage]:
    """Lifetimes on the steady step's own clock."""
    result = []
    for number, life in enumerate(lives):
        born, died = _lifetime(life, offsets)
        born = -1 if life.role is Role.INPUT else born
        result.append(Storage(id=number, nbytes=life.nbytes, role=life.role, born=born, died=died))
    return result


def _lifetime(life: Life, offsets: dict[int, int]) -> tuple[int, int | None]:
    """When a storage is born and dies.

    What another segment made and left behind was there before the steady step (born = -1), or is made after it; what
    another segment made and freed never existed in it (born = died).
    """
    last = max(offsets)
    (born_in, born_after), gone = life.born, life.died
    if born_in > last:
        return 0, 0
    born = offsets[born_in] + born_after if born_in in offsets else -1
    if gone is None or gone[0] > last:
        return born, None
    if gone[0] in offsets:
        return born, offsets[gone[0]] + gone[1]
    # freed outside the steady step: between its halves, or before it began
    return (born, offsets[last]) if born_in in offsets else (0, 0)


def _modules(
    model: nn.Module, parameters: tuple[Parameter, ...], buffers: tuple[Parameter, ...]
) -> tuple[ModuleSpec, ...]:
    ids = {p.name: p.tensor for p in (*parameters, *buffers)}
    return tuple(
        ModuleSpec(
            path=path,
            type=class_name(module),
            leaf=is_leaf(module),
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
