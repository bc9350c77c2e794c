"""Sparse gradients, ``nn.Embedding(sparse=True)``: their memory is that of their values, and adding one is adding rows.

How many rows a look-up's gradient has is its number of indices, which is shape. Everything else that can be done to a
sparse tensor hangs on which indices repeat, which is data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from costmodel.errors import TraceError
from costmodel.tracing.blame import user_line

aten = torch.ops.aten

_ADD, _CLONE, _MADE = aten.add_.Tensor, aten.clone.default, aten._sparse_coo_tensor_with_dims_and_tensors.default
_BAGS = aten._embedding_bag_backward.default
_AS_THEY_ARE = frozenset({"_indices", "_values", "detach", "clone", "alias", "is_coalesced", "_nnz"})
"""Ops that do to a sparse tensor what they do to any other."""

_MAKES = ("to_sparse", "_to_sparse", "_sparse_compressed", "sparse_compressed", "_sparse_csr", "sparse_csr")
"""Beginnings of the names of ops that make one out of a dense tensor, or in another layout than that of gradients."""


class Sparse:
    """What becomes of sparse tensors in a step; until one is made, nothing is looked at."""

    def __init__(self) -> None:
        self._made = False
        self._concerned = False

    def _concerns(self, func: Any, args: Any, kwargs: Any) -> bool:
        """True if a sparse tensor is among the arguments, or the result of what else has a dense one."""
        if func._schema.name.removeprefix("aten::").startswith(_MAKES):
            raise TraceError(
                f"{user_line()}: {func}: what is done with a sparse tensor costs what its elements make it cost, which "
                "is data; give the network the dense one"
            )
        if func is _MADE or (func is _BAGS and _asks(func, args, kwargs)):
            self._made = True
            return func is _BAGS
        return self._made and any(tensor.layout is not torch.strided for tensor in _tensors((args, kwargs)))

    def written(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, Any, Any]:
        """The call as it is written down: an add of a sparse tensor is the add of its rows that the kernel executes.

        Raises:
            TraceError: what the op does with a sparse tensor hangs on data.
        """
        self._concerned = self._concerns(func, args, kwargs)
        if not self._concerned:
            return func, args, kwargs
        if func is _ADD and args[0].layout is torch.strided and args[1].layout is torch.sparse_coo:
            indices, values = _parts(args[1])
            if indices.shape[0] == 1:
                return aten.index_add_.default, (args[0], 0, indices[0], values), kwargs
        if func is _BAGS or func._schema.name.removeprefix("aten::") in _AS_THEY_ARE:
            return func, args, kwargs
        raise TraceError(
            f"{user_line()}: {func} of a sparse tensor costs what its repeated indices make it cost, which is data; "
            "train a sparse embedding by SGD without momentum, or give it sparse=False"
        )

    def run(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], ordinary: Callable[..., Any]) -> Any:
        """The result of the call that was written last; ``ordinary`` runs those without sparse tensors.

        A clone has as many rows as the original (torch's own on fake tensors has none).
        """
        if not self._concerned:
            return ordinary(func, args, kwargs)
        if func is _CLONE:
            (tensor,) = args
            return _made(tuple(tensor.shape), *(_CLONE(part) for part in _parts(tensor)))
        if func is _BAGS:  # on fake tensors torch's own is dense
            grad, indices, *_ = args
            rows = grad.new_empty((indices.numel(), grad.shape[1]))
            return _made((_named(func, args, kwargs)["num_weights"], grad.shape[1]), indices.reshape(1, -1), rows)
        return func(*args, **kwargs)


def _named(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return dict(zip((a.name for a in func._schema.arguments), args, strict=False)) | dict(kwargs)


def _asks(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """True for a gradient of bags that is to be sparse."""
    return bool(_named(func, args, kwargs).get("sparse"))


def _made(shape: tuple[int, ...], indices: torch.Tensor, values: torch.Tensor) -> Any:
    more = {"dtype": values.dtype, "layout": torch.sparse_coo, "device": values.device}
    return _MADE(indices.shape[0], values.dim() - 1, list(shape), indices, values, **more)


def _parts(tensor: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return aten._indices.default(tensor), aten._values.default(tensor)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from _tensors(tuple(value.values()))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors(item)
