"""The recorder: a dispatch mode above the fake tensors that writes down every ATen op of a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from costmodel.errors import TraceError
from costmodel.ir.tensor import Role
from costmodel.ir.trace import Assumption, ModuleCall, OpCall, Phase, tensor_ids
from costmodel.tracing import compat
from costmodel.tracing.arguments import encode_call, name_of, written_names
from costmodel.tracing.blame import asked_by, asking_line, user_line, user_lines
from costmodel.tracing.hints import AUTOCAST_CUDA, CONCRETE
from costmodel.tracing.modes import fake, real
from costmodel.tracing.modes.replaying import UnknownError
from costmodel.tracing.recording.answers import ORDINARY, Answers, TooLongError
from costmodel.tracing.recording.constants import Constants
from costmodel.tracing.recording.guards import Guards, guard_here
from costmodel.tracing.recording.lifetimes import BEFORE, Life, Lifetimes
from costmodel.tracing.recording.packing import Packing
from costmodel.tracing.recording.results import ResultMemory, known_in_this_process
from costmodel.tracing.recording.scopes import Scopes
from costmodel.tracing.recording.selections import Selections
from costmodel.tracing.recording.sparse import Sparse
from costmodel.tracing.structures import is_leaf, tensors_in

aten = torch.ops.aten

_ITEM = aten._local_scalar_dense.default
_PACK = aten._pack_padded_sequence.default
_DISTRIBUTIONS = str(Path(torch.distributions.__file__).parent)
_SCALING = str(Path(torch.amp.__file__).parent)
_DEEPEST = 32
TAG = "_costmodel_tag"
"""The attribute in which a tensor carries its number: ours, and nothing that a step keeps."""
"""Structures inside one another that are looked into."""
NOT_WORK = frozenset(
    {
        "prim::device",
        "prim::layout",
        "profiler::_record_function_enter",
        "profiler::_record_function_enter_new",
        "profiler::_record_function_exit",
    }
)
"""Questions about a tensor and profiler marks, which are not operations."""

_BIRTH_ROLE = {Phase.FORWARD: Role.ACTIVATION, Phase.LOSS: Role.ACTIVATION, Phase.RECOMPUTE: Role.ACTIVATION}


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's __init_subclass__
    """Records calls into segments; a segment is a stretch of execution with its own list of calls.

    Attributes:
        segments: the calls of each segment.
        module_calls: forward calls of modules, per segment.
        tensors: (shape, dtype, device, storage) by tensor id.
        lifetimes: the storages.
        concrete: tensors are real.
        answers: what the values of tensors are taken to be.
        most_calls: in a segment; None is any number.
        known_after: numbers of tensors and of storages at the end of a segment.
        lines: the user's lines that led to each call, outermost first, per segment, where ``with_lines`` asks for them.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.scopes = Scopes(model, self._module_enters, self._module_returns)
        self.lifetimes = Lifetimes()
        self.segments: list[list[OpCall]] = [[]]
        self.module_calls: list[list[ModuleCall]] = [[]]
        self.tensors: list[tuple[tuple[int, ...], torch.dtype, torch.device, int]] = []
        self.assumptions: dict[Assumption, None] = {}
        self._running: tuple[Any, str] | None = None
        self.answers = Answers()
        self.guards = Guards()
        self.most_calls: int | None = None
        self.with_lines = False
        self.lines: list[list[tuple[str, ...]]] = [[]]
        self.known_after: dict[int, tuple[int, int]] = {}
        self._open: list[tuple[int, str]] = []
        self._leaves = frozenset(path for path, module in model.named_modules() if is_leaf(module))
        self._latest: dict[int, int] = {}
        self._results = ResultMemory(known_in_this_process())
        self._sparse = Sparse()
        mode = fake.active()
        self.concrete = real.active() is not None
        self.constants = Constants(None if mode is None else mode.values)
        self.selections = Selections()
        self.packing = Packing()

    @property
    def running(self) -> str:
        """The op that is being executed, and where; after an error, the one that failed; "" if there is none."""
        func, scope = self._running or ("", "")
        return f"{func} in {scope or 'the model itself'}" if func else ""

    def next_segment(self) -> None:
        """Calls go into a new list from now on."""
        self.segments.append([])
        self.module_calls.append([])
        self.lines.append([])
        self._open.clear()
        self.lifetimes.now = (len(self.segments) - 1, 0)

    def segment_ends(self) -> int:
        """Close the segment that is recorded, whose number this is."""
        self.known_after[len(self.segments) - 1] = (len(self.tensors), len(self.lifetimes.lives))
        return len(self.segments) - 1

    def know(self, tensor: torch.Tensor, role: Role) -> int:
        """Id of a tensor that exists before the step, whose storage gets ``role`` if it is new."""
        number = self._id(tensor, role)
        self.lifetimes.lives[self.tensors[number][3]].born = BEFORE
        return number

    def life(self, tensor: torch.Tensor, role: Role) -> Life:
        """The storage of a tensor; ``role`` is for one not seen before."""
        return self.lifetimes.lives[self.tensors[self._id(tensor, role)][3]]

    def ids_within(self, value: Any) -> tuple[int, ...]:
        """Ids of the tensors in a nested structure, each once, in order."""
        return tuple(dict.fromkeys(map(self._argument_id, tensors_in(value, _DEEPEST))))

    def assume(self, what: str) -> None:
        """Note an assumption with the user's line that made it necessary."""
        self.assumptions.setdefault(Assumption(what=what, where=user_line()))

    def _id(self, tensor: torch.Tensor, role: Role) -> int:
        # the tag dies with the tensor; shape and memory show whether the tensor was given other data (p.data = q)
        memory, shape = compat.memory_of(tensor)
        now = (shape, memory._cdata)
        tag: tuple[Any, int, Any] = getattr(tensor, TAG, (None, 0, None))
        ours = tag[0] is self
        if ours and tag[2] == now:
            return tag[1]
        storages = len(self.lifetimes.lives)
        storage = self.lifetimes.number(tensor, role)
        if storage == storages and role is not Role.PARAMETER and tensor.layout is torch.strided:
            self.constants.meet(tensor, storage)
        spec = (shape, tensor.dtype, compat.device_of(tensor), storage)
        number = self._latest.get(storage)
        if not ours or number is None or self.tensors[number] != spec:
            number = self._latest[storage] = len(self.tensors)
            self.tensors.append(spec)
        setattr(tensor, TAG, (self, number, now))
        return number

    def _argument_id(self, tensor: torch.Tensor) -> int:
        if self.concrete and tensor.is_nested:
            raise TraceError(f"{user_line()}: a nested (jagged) tensor is not counted: its sizes lie in another one")
        if self.concrete or isinstance(tensor, compat.FakeTensor):
            return self._id(tensor, Role.INPUT)
        # a literal, torch.tensor(1.0), is a number of the program: the op that lifts it makes the step's memory
        number = self._id(tensor, Role.TEMPORARY)
        storage = self.tensors[number][3]
        self.lifetimes.lives[storage].nbytes = 0
        self.constants.literal(storage)
        return number

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Torch wraps every call of a mode in four switches of its compiler, which never runs in a trace."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        with compat.seen():
            return self._record(func, args, kwargs or {})

    def _record(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if func._schema.name in NOT_WORK:
            return func(*args, **kwargs)
        if func is _ITEM:
            return func(*args) if self.concrete else self._item(args[0])
        if "device" in kwargs:
            kwargs = self._on_cpu(kwargs)
        phase, scope = self.scopes.now()
        called, given, named = self._sparse.written(func, args, kwargs)
        arguments = encode_call(called, given, named, self._argument_id)
        self._running = (func, scope)
        is_known = (
            not self.concrete
            and phase in _BIRTH_ROLE
            and self.constants.know(self.tensors[i][3] for _, value in arguments for i in tensor_ids(value))
        )
        try:
            result = self._execute(func, args, kwargs)
        except (compat.DataDependentOutputException, compat.DynamicOutputShapeException) as refused:
            result = self._sized(func, args, kwargs, refused)
        self._running = None
        role = _BIRTH_ROLE.get(phase, Role.TEMPORARY)
        outputs = self._outputs(result, role)
        if phase is Phase.OPTIMIZER:
            read = [self.tensors[i][3] for _, value in arguments for i in tensor_ids(value)]
            scope = self.lifetimes.owner_of(read, [self.tensors[i][3] for i in outputs if i is not None])
        calls = self.segments[-1]
        where = user_line("") if phase is Phase.FORWARD and scope not in self._leaves else ""
        name = name_of(called)
        call = OpCall(op=name, arguments=arguments, outputs=outputs, scope=scope, phase=phase, where=where)
        calls.append(call)
        names = written_names(called)
        wrote = {self.tensors[i][3] for i in outputs if i is not None}
        if names:
            wrote |= {self.tensors[i][3] for name, value in arguments if name in names for i in tensor_ids(value)}
        if self.selections:
            self.selections.used(func, call, lambda i: self.tensors[i][3])
        if is_known:  # what backward and the optimizer make of constants decides nothing of the model
            self.constants.ran(func, args, kwargs, result, wrote)
        else:
            self.constants.unknown_now(wrote)
        self.lifetimes.now = (len(self.segments) - 1, len(calls))
        if self.most_calls is not None and len(calls) > self.most_calls:
            raise TooLongError
        if self.with_lines:
            self.lines[-1].append(user_lines())
        return result

    def _execute(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if self.concrete:
            return func(*args, **kwargs)
        known = self.packing.run if self.packing.concerns(args, kwargs) else self._results
        return self._sparse.run(func, args, kwargs, known)

    def _sized(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], refused: Exception) -> Any:
        """The result of an op whose size hangs on values, if these are known."""
        try:
            if func is _PACK and self._is_known(args[1]):
                return self.packing.packed(args[0], self.constants.numbers(args[1]), args[2])
            return self.constants.sized(func, args, kwargs, self._is_known)
        except UnknownError:
            selected = self.constants.as_many_as_there_are(func, args)
            if selected is None:
                raise refused from None
            phase, scope = self.scopes.now()
            part = f"the {phase.value.replace('_', ' ')} of {scope or 'the model'}"  # where no line of the user's runs
            self.selections.taken(self.tensors[self._id(selected, Role.TEMPORARY)][3], user_line(part))
            return selected

    def _is_known(self, tensor: torch.Tensor) -> bool:
        return self.constants.know((self.tensors[self._argument_id(tensor)][3],))

    def _outputs(self, result: Any, role: Role) -> tuple[int | None, ...]:
        if isinstance(result, torch.Tensor):
            return (self._id(result, role),)
        if isinstance(result, (tuple, list)):
            flat: list[int | None] = []
            for item in result:
                flat.extend(self._outputs(item, role) or (None,))
            return tuple(flat)
        return ()

    def _item(self, tensor: torch.Tensor) -> Any:
        """The value of a one-element tensor, which only constants have; elsewhere 0 is assumed, and said."""
        known = compat.known_value(tensor)
        if known is None and self._is_known(tensor):
            known = self.constants.item(tensor)
        if known is not None:
            return known
        if tensor.dtype is torch.bool and asked_by(_DISTRIBUTIONS):
            return True  # torch.distributions checks its own arguments: they are taken to be in order
        if tensor.dtype is torch.bool and (guard := guard_here()) is not None:
            self.assume("a check that only raises or warns is taken to pass: values do not exist before the run")
            return self.guards.answer(guard)
        if self.scopes.inside_model:
            raise TraceError(
                f"{asking_line()}: the forward pass asks for a tensor's value (.item(), a Python if or "
                "float() on a tensor), so its cost depends on the data; use torch.where or masks, or make "
                "the branch depend on shapes alone",
                hint=CONCRETE,
            )
        if asked_by(_SCALING):
            value: Any = ORDINARY.of(tensor.dtype)  # torch.amp looks for gradients that overflow: none is taken to
        else:
            value = self.answers.to(tensor, user_line())
        if self.answers.probe is ORDINARY:
            self.assume(f"a tensor's value is taken to be {value}: values do not exist before the run")
        return value

    def _on_cpu(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Other devices become cpu: on a build without CUDA, autograd ends the process on a fake cuda tensor."""
        changed = dict(kwargs)
        device = changed["device"]
        if device is not None and torch.device(device).type not in ("cpu", "meta"):
            self.assume(f"device {device} is traced as cpu: the same ATen ops, without its kernels")
            changed["device"] = torch.device("cpu")
        return changed

    def _module_enters(self, path: str) -> None:
        if torch.is_autocast_enabled("cuda"):
            raise TraceError(f"{user_line()}: {AUTOCAST_CUDA}")
        self._open.append((len(self.segments[-1]), user_line("") if path in self._leaves else ""))

    def _module_returns(self, path: str, inputs: Any, output: Any) -> None:
        first, where = self._open.pop()
        if self.scopes.recomputing:
            return
        args, kwargs = inputs
        call = ModuleCall(
            path=path,
            inputs=self._handed((*args, *kwargs.values()), first, lambda call: call.inputs),
            outputs=self._handed((output,), first, lambda call: call.written),
            first=first,
            last=len(self.segments[-1]),
            where=where,
        )
        self.module_calls[-1].append(call)

    def _handed(self, values: Iterable[Any], first: int, used_by: Callable[[OpCall], Iterable[int]]) -> tuple[int, ...]:
        """Ids of the tensors among values, and of those in a structure that the calls since ``first`` use."""
        direct: dict[int, None] = {}
        nested: list[Any] = []
        for value in values:
            if isinstance(value, torch.Tensor):
                direct.setdefault(self._argument_id(value))
            elif isinstance(value, (list, tuple, Mapping)):
                nested.append(value)
        if nested:
            used = {self.tensors[i][3] for call in self.segments[-1][first:] for i in used_by(call)}
            direct.update(dict.fromkeys(i for i in self.ids_within(nested) if self.tensors[i][3] in used))
        return tuple(direct)
