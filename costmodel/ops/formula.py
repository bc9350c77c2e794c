"""The registry: an ATen op's formula is one pure function of its arguments' shapes.

A formula is registered for overload packets (``aten.convolution``) and serves all their overloads and the
in-place form (``aten.relu_`` is found under ``aten.relu``). Its parameters are named as in the op's schema (one that
another torch calls otherwise is *renamed*); a tensor arrives as a :class:`TensorMeta`, a missing optional one as None,
a list as a tuple; ``out`` is the result's meta (a tuple of them, with None for what was not computed, if the op
returns several).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from costmodel.ir.work import ScalarOps, Work
from costmodel.ops.packets import packet_name
from costmodel.ops.traits import NO_TRAITS, Traits


class UnknownFormError(Exception):
    """Raised by a formula for a form of its op that it does not know: the call is uncounted, never zero."""


@dataclass(eq=False)
class Formula:
    """The work of an op, and the scalar program that the work is the count of.

    Attributes:
        names: the packets it serves, as ``aten.x``.
        work: shapes → :class:`Work`.
        scalar_program: the published program, on (nested lists of) numbers; None for what is free.
        traits: what passes must know of the op beside its work.
        renamed: parameters that another torch's schema calls otherwise, as (its name, ours).
    """

    names: tuple[str, ...]
    work: Callable[..., Work]
    scalar_program: Callable[..., Any] | None = None
    traits: Traits = NO_TRAITS
    renamed: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.parameters = tuple(inspect.signature(self.work).parameters)

    def program(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: ``function`` is this formula's scalar program, with the op's own parameters."""
        self.scalar_program = function
        return function

    def __call__(self, arguments: Mapping[str, Any], out: Any) -> Work:
        """Work of one call; ``arguments`` by schema name, those left at their default absent."""
        if self.renamed:
            arguments = {self.renamed.get(name, name): value for name, value in arguments.items()}
        wanted = {name: arguments[name] for name in self.parameters if name in arguments}
        if "out" in self.parameters:
            wanted["out"] = out
        return self.work(**wanted)


_registry: dict[str, Formula] = {}
_derived: dict[str, tuple[str, Callable[[Formula], Formula]]] = {}


def register(entry: Formula) -> Formula:
    """Put a formula into the registry; a second one for the same op is an error."""
    for name in entry.names:
        if name in _registry:
            raise ValueError(f"two formulas for {name}: {_registry[name].work} and {entry.work}")
        _registry[name] = entry
    return entry


def derive(packet: Any, plain: Any, make: Callable[[Formula], Formula]) -> None:
    """Register ``make(formula of plain)`` for ``packet``, as soon as all families are imported."""
    _derived[packet_name(packet)] = packet_name(plain), make


def registered() -> dict[str, Formula]:
    """Every formula by packet name, the derived ones included; for when all families are imported.

    Raises:
        ValueError: a formula is derived from an op that has none.
    """
    for name, (plain, make) in _derived.items():
        if name not in _registry:
            if plain not in _registry:
                raise ValueError(f"the formula of {name} is derived from that of {plain}, which has none")
            register(make(_registry[plain]))
    return dict(sorted(_registry.items()))


def formula(
    *packets: Any, renamed: Mapping[str, str] | None = None, **traits: Any
) -> Callable[[Callable[..., Work]], Formula]:
    """Decorator: the function is the work of these op packets, which have these :class:`Traits`."""
    declared = Traits(**traits)
    names = tuple(packet_name(packet) for packet in packets)

    def decorate(function: Callable[..., Work]) -> Formula:
        return register(Formula(names=names, work=function, traits=declared, renamed=renamed or {}))

    return decorate


def scalar(**kinds: int) -> Work:
    """Work without loop nests: ``scalar(add=n, divide=1)``."""
    return Work(scalar_ops=ScalarOps(**kinds))
