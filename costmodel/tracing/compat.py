"""Every private name of torch that costmodel uses, in one place. Tried on torch 2.6.0, 2.13.0 and 2.14.1.

When a torch release breaks one of them, this is the file to read.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any, TypeAlias

import torch
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensor,
    FakeTensorConverter,
    FakeTensorMode,
    UnsupportedOperatorException,
)
from torch.utils._python_dispatch import _disable_current_modes, _get_current_dispatch_mode_stack

from costmodel.files import collecting
from costmodel.tracing.deferred import defer, without_distributed
from costmodel.tracing.modes.fake_kernels import KERNELS

__all__ = [
    "BareMode",
    "DataDependentOutputException",
    "DynamicOutputShapeException",
    "FakeTensor",
    "FakeTensorMode",
    "UnsupportedOperatorException",
    "accumulated_parameter",
    "active_mode",
    "by_shapes",
    "current_autograd_node",
    "device_of",
    "fresh_tensor",
    "fresh_zeros",
    "has_parameters",
    "has_shape_function",
    "is_accumulate_grad",
    "known_value",
    "memory_of",
    "next_sequence_number",
    "quiet",
    "seen",
    "sequence_number",
    "update_constant",
    "view_tensor",
    "watched_by",
    "without_modes",
]

Layout: TypeAlias = tuple[tuple[int, ...], tuple[int, ...], int, torch.dtype]
"""Shape, strides, offset into the storage and element type."""

_CPU = torch.device("cpu")

_ACCUMULATE_GRAD = 2**64 - 1
"""Sequence number of every AccumulateGrad node (torch/csrc/autograd/functions/accumulate_grad.h)."""


class _Converter(FakeTensorConverter):
    """Notes which tensor a result became only while the op runs: Module.to cannot swap a tensor with weak references.

    A constant's note stays: later ops on its value look it up.
    """

    def __init__(self) -> None:
        super().__init__(copy_data=False, export=False)
        self._notes: list[Any] = []

    def set_tensor_memo(self, t: torch.Tensor, v: FakeTensor) -> None:
        """An op may return one tensor twice (mkldnn_rnn_layer_backward): the second time it is looked up."""
        super().set_tensor_memo(t, v)
        self._notes.append(self.meta_converter.describer.get_tensor_id(t))

    def forget(self) -> None:
        """The op is over."""
        for note in self._notes:
            self.meta_converter.tensor_memo.pop(note, None)
        self._notes.clear()


class BareMode(FakeTensorMode):  # type: ignore[no-untyped-call]  # torch's __init_subclass__
    """Torch's fake mode without memory from one op to the next.

    Its cache lasts as long as the process and forgets which results are the same tensor: a trace would depend on
    what was traced before. ResultMemory, which remembers only results that are tensors of their own, does its work.

    Attributes:
        knows_values: a question for a tensor's value has an answer.
        memory: gives a result that it knows, and else asks for it; takes (func, args, kwargs, run).
    """

    def __init__(self) -> None:
        super().__init__(allow_non_fake_inputs=False)
        self.fake_tensor_converter = self._converter = _Converter()
        self.cache_enabled = False
        self.knows_values = False
        self.watcher: Watcher | None = None
        self.memory: Callable[..., Any] | None = None

    def dispatch(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one op; one that no mode above has seen is shown to the watcher, which calls it again."""
        if self.watcher is not None and not getattr(_SEEN, "now", False):
            with self, seen():  # the op must find this mode, in which it is seen by then
                return self.watcher(func, types, args, kwargs)
        if func in KERNELS:
            with self:
                result = KERNELS[func](*args, **(kwargs or {}))
            if result is not NotImplemented:
                return result
        alone = super().dispatch
        try:
            if self.memory is None:
                return alone(func, types, args, kwargs)
            return self.memory(func, args, kwargs or {}, lambda *args, **kwargs: alone(func, types, args, kwargs))
        finally:
            self._converter.forget()


@cache
def has_shape_function(op: torch._ops.OpOverload) -> bool:
    """Whether an op's results follow from shapes alone, on meta tensors; not where it may say a device itself."""
    schema = op._schema
    if {argument.name for argument in schema.arguments} & {"device", "generator"}:
        return False
    name = f"{schema.name}.{schema.overload_name}".removesuffix(".")
    return torch._C._dispatch_has_kernel_for_dispatch_key(name, "Meta")


def by_shapes(op: torch._ops.OpOverload, arguments: Mapping[str, Any]) -> Any:
    """The results of such an op on meta tensors; our own kernel comes first, as in a fake mode."""
    result = KERNELS[op](*arguments.values()) if op in KERNELS else NotImplemented
    return op(**arguments) if result is NotImplemented else result


def active_mode() -> Any:
    """The fake mode that is on, None if there is none."""
    return torch._C._get_dispatch_mode(torch._C._TorchDispatchModeKey.FAKE)


Watcher: TypeAlias = Callable[[Any, Any, Any, Any], Any]
"""Takes (func, types, args, kwargs) as a mode's ``__torch_dispatch__``, and gives the result."""


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """A stretch in which every op on fake tensors gets to ``watcher``, whatever becomes of the modes above.

    A program can leave them (``_disable_current_modes``, a thread of its own), but below every mode fake tensors call
    their own.
    """
    mode = next((mode for mode in _get_current_dispatch_mode_stack() if isinstance(mode, BareMode)), None)
    if mode is None:
        yield
        return
    mode.watcher = watcher
    try:
        yield
    finally:
        mode.watcher = None


_SEEN = threading.local()


class seen:  # noqa: N801  # a function to its users; a class, since it is entered for every op
    """A stretch of this thread in which what runs is the inside of an op that the watcher has seen."""

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        self._before = getattr(_SEEN, "now", False)
        _SEEN.now = True

    def __exit__(self, *_: object) -> None:
        _SEEN.now = self._before


def _deepcopy(tensor: FakeTensor, memo: dict[int, Any]) -> torch.Tensor:
    """A copy with memory of its own, as a real tensor's; a parameter's copy is a parameter."""
    if id(tensor) in memo:
        known: torch.Tensor = memo[id(tensor)]
        return known
    twin = tensor.detach().clone()
    if isinstance(tensor, torch.nn.Parameter):
        twin = torch.nn.Parameter(twin)
    memo[id(tensor)] = twin.requires_grad_(tensor.requires_grad)
    if tensor.grad is not None:
        twin.grad = _deepcopy(tensor.grad, memo)  # type: ignore[arg-type]  # fake as its parameter is
    return twin


# torch's own deepcopy reads memory that a fake tensor does not have: copying a model (EMA) would corrupt the heap
FakeTensor.__deepcopy__ = _deepcopy  # type: ignore[method-assign,assignment]


def fresh_tensor(mode: FakeTensorMode, layout: Layout) -> FakeTensor:
    """A new fake tensor with memory of its own, without asking an operator what its result looks like."""
    shape, stride, _, dtype = layout
    with torch._C._DisableTorchDispatch():
        bare = torch.empty_strided(shape, stride, dtype=dtype, device="meta")
    return FakeTensor(mode, bare, _CPU)


def fresh_zeros(like: torch.Tensor, shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
    """A tensor that no op has made, fake if ``like`` is."""
    if not isinstance(like, FakeTensor):
        with torch._C._DisableTorchDispatch():
            return torch.zeros(tuple(shape), dtype=dtype)
    return fresh_tensor(like.fake_mode, (tuple(shape), _contiguous(shape), 0, dtype))


def _contiguous(shape: Sequence[int]) -> tuple[int, ...]:
    strides: list[int] = []
    step = 1
    for size in reversed(shape):
        strides.insert(0, step)
        step *= max(size, 1)
    return tuple(strides)


def view_tensor(base: FakeTensor, layout: Layout | None) -> FakeTensor:
    """A fake tensor that looks into the memory of ``base`` with another layout."""
    assert layout is not None  # a view op always returns a tensor
    shape, stride, offset, dtype = layout
    storage = base.untyped_storage()
    with torch._C._DisableTorchDispatch():
        bare = torch.empty((0,), dtype=dtype, device="meta")
        bare.set_(storage, offset, shape, stride)
    return FakeTensor(base.fake_mode, bare, _CPU)


def update_constant(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Apply an in-place op to a fake tensor whose value is known (an optimizer's step counter).

    Returns:
        False, with nothing done, if the target's value is unknown or an operand is not a plain number.
    """
    constant = getattr(args[0], "constant", None)
    if constant is None or not all(type(v) in (int, float) for v in (*args[1:], *kwargs.values())):
        return False
    with torch._C._DisableTorchDispatch():
        func(constant, *args[1:], **kwargs)
    return True


def known_value(tensor: torch.Tensor) -> Any:
    """The value of a tensor of one element that is real, or fake and a constant; None for any other."""
    constant = getattr(tensor, "constant", None) if isinstance(tensor, FakeTensor) else tensor
    if constant is None or constant.numel() != 1:
        return None
    with torch._C._DisableTorchDispatch():
        return constant.item()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep torch from logging the traceback of an op that fails on fake tensors: the error itself says it."""
    logger = logging.getLogger("torch._subclasses.fake_tensor")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def without_modes() -> AbstractContextManager[Any]:
    """A stretch of ordinary eager code inside a mode."""
    return _disable_current_modes()


def has_parameters(model: torch.nn.Module) -> bool:
    """True if any module has a parameter, whatever ``named_parameters`` says: a submission may have replaced it."""
    return any(parameter is not None for part in model.modules() for parameter in part._parameters.values())


def current_autograd_node() -> Any:
    """The autograd node that the engine is running in this thread, or None outside backward."""
    return torch._C._current_autograd_node()


def sequence_number(node: Any) -> int:
    """When the node was made: forward ops get rising numbers."""
    number: int = node._sequence_nr()
    return number


def is_accumulate_grad(number: int) -> bool:
    """True for the number of a node that adds into ``parameter.grad``."""
    return number >= _ACCUMULATE_GRAD or number < 0


def accumulated_parameter(node: Any) -> Any:
    """The parameter whose gradient an AccumulateGrad node adds into, or None for another node."""
    return getattr(node, "variable", None)


def next_sequence_number() -> int:
    """The number that the next autograd node of this thread will get."""
    number: int = torch.autograd._get_sequence_nr()  # type: ignore[attr-defined]
    return number


def device_of(tensor: torch.Tensor) -> torch.device:
    """The device of a tensor; to ask a fake one by ``device`` is an op, which every mode sees."""
    return tensor.fake_device if isinstance(tensor, FakeTensor) else tensor.device


def memory_of(tensor: torch.Tensor) -> tuple[torch.UntypedStorage, tuple[int, ...]]:
    """The storage of a tensor and the shape of what it holds: of a sparse one those of its values."""
    if tensor.layout is torch.sparse_coo:
        with torch._C._DisableTorchDispatch():  # a look that nobody records
            tensor = tensor._values()
    return tensor.untyped_storage(), tuple(tensor.shape)


defer()
with without_modes(), without_distributed(), BareMode():  # the first view of a process makes torch look DTensor up
    torch.empty(1, device="cpu").view(1)
collecting.started()
