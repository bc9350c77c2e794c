"""The ops that a function executes, forward and backward, undecomposed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, Work
from costmodel.ops import lookup
from costmodel.ops.packets import packet_name


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Every op call with its arguments by schema name, and the shapes of what came out."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[tuple[str, dict[str, Any], Any]] = []

    def __enter__(self) -> Recorder:
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        arguments = dict(zip((a.name for a in func._schema.arguments), args, strict=False)) | (kwargs or {})
        seen = metas(arguments)
        out = func(*args, **(kwargs or {}))
        self.calls.append((packet_name(func.overloadpacket), seen, metas(out)))
        return out

    @property
    def unknown(self) -> set[str]:
        """Ops without a formula."""
        return {name for name, _, _ in self.calls if lookup(name) is None}

    def work(self) -> Work:
        """The work of all calls."""
        total = ZERO
        for name, arguments, out in self.calls:
            entry = lookup(name)
            assert entry is not None, f"{name} has no formula"
            total = total + entry(arguments, out)
        return total


def metas(value: Any) -> Any:
    """Tensors become metas and lists become tuples, as formulas receive them."""
    if isinstance(value, torch.Tensor):
        return TensorMeta(tuple(value.shape), str(value.dtype).removeprefix("torch."))
    if isinstance(value, (list, tuple)):
        return tuple(metas(item) for item in value)
    if isinstance(value, dict):
        return {key: metas(item) for key, item in value.items()}
    return value


def record(snippet: Callable[[], Any], fake: bool = True) -> Recorder:
    """Run forward and backward; on fake tensors unless the snippet looks at values."""
    recorder = Recorder()
    with FakeTensorMode(allow_non_fake_inputs=True) if fake else nullcontext(), recorder:
        results = [x for x in tree_leaves(snippet()) if isinstance(x, torch.Tensor) and x.requires_grad]
        if results and torch.is_grad_enabled():
            torch.autograd.backward(results, [torch.ones_like(x) for x in results])
    return recorder
