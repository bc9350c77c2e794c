"""Results of ops on shapes that were seen before: remembered, so that each fake kernel runs once.

A training step repeats itself (every block, every parameter's update), and a fake kernel costs several times what
the recording does. Remembered are only ops whose result is a function of the arguments' layouts: in-place ops that
give back their first argument, functional ops whose results have memory of their own, and plain views. Everything
else (resizing, results that depend on values) goes to torch each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch

from costmodel.tracing import compat
from costmodel.tracing.compat import FakeTensor, Layout

_Memory = tuple[Layout | None, ...]
_Known = dict[Any, tuple[bool, _Memory]]


@cache
def known_in_this_process() -> _Known:
    """What has been learnt so far, as torch's own fake cache lasts: a result is a function of its key alone."""
    return {}


class ResultMemory:
    """Calls an op, or makes its result from memory.

    Args:
        known: a memory to share; None begins an empty one.
    """

    def __init__(self, known: _Known | None = None) -> None:
        self._known: _Known = {} if known is None else known

    def __call__(
        self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], run: Callable[..., Any] | None = None
    ) -> Any:
        """The result; ``run`` gives it in the place of ``func`` where it is not known."""
        run = func if run is None else run
        kind = _kind(func)
        if kind == "other":
            return run(*args, **kwargs)
        if kind == "in-place" and compat.update_constant(func, args, kwargs):
            return args[0]
        try:
            key = (func, _key(args), _key(tuple(kwargs.items())))
            remembered = self._known.get(key)
        except (_OpaqueError, TypeError):  # TypeError: an argument that cannot be hashed
            return run(*args, **kwargs)
        if remembered is None:
            result = run(*args, **kwargs)
            memory = _remember(kind, result, (args, kwargs))
            if memory is not None:
                self._known[key] = (not isinstance(result, torch.Tensor), memory)
            return result
        if kind == "in-place":
            return args[0]
        several, layouts = remembered
        if kind == "view":
            return compat.view_tensor(args[0], layouts[0])
        mode = next(_tensors((args, kwargs))).fake_mode
        made = tuple([None if layout is None else compat.fresh_tensor(mode, layout) for layout in layouts])
        return made if several else made[0]


class _OpaqueError(Exception):
    """An argument on whose value, not only layout, the result may depend."""


@cache
def _kind(func: Any) -> str:
    """``in-place`` returns its first argument, ``view`` looks into it, ``functional`` aliases nothing.

    Everything else is ``other``.
    """
    schema = getattr(func, "_schema", None)  # an operator of functions has none
    if schema is None or torch.Tag.data_dependent_output in func.tags or torch.Tag.dynamic_output_shape in func.tags:
        return "other"
    aliased = [a for a in schema.arguments if a.alias_info is not None]
    returns = [str(r.type) for r in schema.returns]
    if not aliased and not any(r.alias_info for r in schema.returns):
        takes_tensors = any("Tensor" in str(a.type) for a in schema.arguments)
        return "functional" if takes_tensors and set(returns) == {"Tensor"} else "other"
    first = schema.arguments[0]
    only_first = len(aliased) == 1 and aliased[0].name == first.name == "self" and str(first.type) == "Tensor"
    if torch.Tag.inplace_view in func.tags or returns != ["Tensor"] or not only_first:
        return "other"
    return "in-place" if first.alias_info.is_write else "view" if func.is_view else "other"


def _key(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        if not isinstance(value, FakeTensor) or value.constant is not None:
            raise _OpaqueError
        if value.layout is not torch.strided or value.fake_device.type != "cpu":
            raise _OpaqueError
        return (value.shape, value.stride(), value.storage_offset(), value.dtype)
    if isinstance(value, (tuple, list)):
        return tuple([_key(item) for item in value])
    if isinstance(value, (bool, int, float)):
        return (value.__class__, value)
    return value


def _remember(kind: str, result: Any, arguments: Any) -> _Memory | None:
    """The layouts of the results; None if one of them is not what the kind of op promises."""
    if kind == "in-place":
        return ()
    results = (result,) if isinstance(result, torch.Tensor) else tuple(result)
    storages = {tensor.untyped_storage()._cdata for tensor in _tensors(arguments)}
    layouts: list[Layout | None] = []
    for tensor in results:
        if tensor is None:
            layouts.append(None)
            continue
        if not isinstance(tensor, FakeTensor) or not _is_plain(tensor):
            return None
        address = tensor.untyped_storage()._cdata
        if (address in storages) != (kind == "view"):
            return None
        storages.add(address)
        layouts.append((tensor.shape, tensor.stride(), int(tensor.storage_offset()), tensor.dtype))
    return tuple(layouts)


def _is_plain(tensor: FakeTensor) -> bool:
    return (
        tensor.constant is None
        and tensor.layout is torch.strided
        and tensor.fake_device.type == "cpu"
        and not tensor.is_conj()
        and not tensor.is_neg()
    )


def _tensors(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _tensors(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors(item)
