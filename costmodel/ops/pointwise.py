"""The decorator behind every elementwise op: one scalar program per element, counted once.

The work is numel(out) · (operations of the program), so formula and published program cannot drift
apart; that the program is the op is checked by executing it against torch.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, ScalarOps, Work
from costmodel.ops.formula import Formula, register
from costmodel.ops.number import Tally
from costmodel.ops.packets import packet_name
from costmodel.ops.traits import Traits


class PointwiseFormula(Formula):
    """A formula whose scalar program is that of one element."""

    def on_arrays(self, /, **arguments: Any) -> Any:
        """The program, executed for every element of broadcast arrays."""
        assert self.scalar_program is not None
        arrays = {n: a for n, a in arguments.items() if isinstance(a, np.ndarray)}
        shape = np.broadcast_shapes(*(a.shape for a in arrays.values()))
        flat = {n: np.broadcast_to(a, shape).reshape(-1) for n, a in arrays.items()}
        count = prod(shape)
        results = [self.scalar_program(**{**arguments, **{n: a[i] for n, a in flat.items()}}) for i in range(count)]
        if results and isinstance(results[0], tuple):
            return tuple(_shaped(column, shape) for column in zip(*results, strict=True))
        return _shaped(results, shape)


def _shaped(values: Sequence[Any], shape: tuple[int, ...]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array.reshape(shape)


def element_work(program: Callable[..., Any], arguments: Mapping[str, Any]) -> ScalarOps:
    """Operations of a scalar program: tensors become numbers, other arguments stay what they are."""
    return _counted(program, tuple((n, _TENSOR if isinstance(v, TensorMeta) else v) for n, v in arguments.items()))


_TENSOR = object()


@lru_cache(maxsize=4096)
def _counted(program: Callable[..., Any], arguments: tuple[tuple[str, Any], ...]) -> ScalarOps:
    tally = Tally()
    # 0.5 lies in the domain of nearly every program (log, asin, atanh, logit …)
    program(**{n: tally.number(0.5) if v is _TENSOR else v for n, v in arguments})
    return tally.scalar_ops()


def pointwise(*packets: Any, **traits: Any) -> Callable[[Callable[..., Any]], PointwiseFormula]:
    """Decorator: the function is what these ops do to one element.

    The function's parameters are named as in the schema; it receives a number for each tensor argument
    and the plain value of every other argument. An op with several results has them all of one shape,
    and its program returns a tuple. Work on integers and booleans alone is index work and free (COUNTING
    row 15).

    Its traits are those given, and that an elementwise op keeps channels.
    """
    declared = Traits(**{"keeps_channels": True, **traits})
    names = tuple(packet_name(packet) for packet in packets)

    def decorate(program: Callable[..., Any]) -> PointwiseFormula:
        parameters = tuple(inspect.signature(program).parameters)

        def work(out: Any, **arguments: Any) -> Work:
            result = next(o for o in out if o is not None) if isinstance(out, tuple) else out
            metas = [v for v in arguments.values() if isinstance(v, TensorMeta)]
            if not any(meta.is_floating for meta in (result, *metas)):
                return ZERO
            return Work(scalar_ops=element_work(program, arguments) * result.numel)

        entry = PointwiseFormula(names=names, work=work, scalar_program=program, traits=declared)
        entry.parameters = ("out", *parameters)
        register(entry)
        return entry

    return decorate
