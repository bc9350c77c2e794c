"""Derivation: which memory holds what was computed from some tensors, from their values and not their shapes alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from costmodel.ir.trace import OpCall, Phase, TensorRef, Trace, tensor_ids
from costmodel.ops import traits_of


def derived(
    trace: Trace, seeds: Iterable[int], phases: Collection[Phase] = tuple(Phase)
) -> Iterator[tuple[OpCall, set[int], set[int]]]:
    """Every call of the steady step with the storages that derive from ``seeds`` before it, and those it takes from.

    Args:
        trace: the step.
        seeds: storages. What is made of them carries their values on; what only has their shape (``zeros_like``) or is
            their product with the number 0 does not, nor does memory that is filled anew.
        phases: those whose calls carry values on; the others read all the same.

    Yields:
        (call, what derives from the seeds so far, what the call reads of it): the second set is one and the same and
        grows from call to call.
    """
    known = set(seeds)
    for call in trace.calls:
        read = carried(call, trace) & known
        yield call, known, read
        if call.phase not in phases:
            continue
        if read:
            known |= made_by(call, trace)
        elif traits_of(call.packet).overwrites:
            known -= made_by(call, trace)


def sources(trace: Trace, seeds: Iterable[int], aside: Iterable[int]) -> Iterator[tuple[OpCall, dict[int, set[int]]]]:
    """Every call of the steady step, with the seeds that each storage derives from before it.

    Args:
        trace: the step.
        seeds: storages; where a call draws at random, what it makes is one too.
        aside: storages; what derives from them is left out.
    """
    known: dict[int, set[int]] = {seed: {seed} for seed in seeds}
    for call, without, read in derived(trace, aside):
        yield call, known
        made = made_by(call, trace) - without
        if read:
            continue
        inputs = carried(call, trace)
        found = set().union(*(known.get(storage, ()) for storage in inputs))
        for storage in made:
            new = {storage} if traits_of(call.packet).draws else found
            if new or storage in known:
                known[storage] = new | (known.get(storage, set()) if storage in inputs else set())


def carried(call: OpCall, trace: Trace) -> set[int]:
    """Storages whose values reach the results of a call."""
    traits = traits_of(call.packet)
    if traits.shape_only or traits.overwrites or (traits.arithmetic == "multiply" and _by_nothing(call)):
        return set()
    return {trace.tensors[number].storage for number in call.inputs}


def made_by(call: OpCall, trace: Trace) -> set[int]:
    """Storages that a call returns or writes into."""
    return {trace.tensors[number].storage for number in call.written}


def is_view(call: OpCall, trace: Trace) -> bool:
    """True if a call only looks at memory in another way, and moves or writes nothing."""
    read = {trace.tensors[number].storage for number in call.inputs}
    return bool(call.outputs) and not call.packet.endswith("_") and made_by(call, trace) <= read


def _by_nothing(call: OpCall) -> bool:
    """True for a product with the number 0."""
    factors = [value for name, value in call.arguments if name == "other" and not isinstance(value, TensorRef)]
    return any(isinstance(value, (int, float)) and value == 0 for value in factors)


def table_of(call: OpCall) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(tensors of the table, tensors of the indices) of a look-up, or of samples; nothing for any other op."""
    traits = traits_of(call.packet)
    name = traits.looks_up or traits.samples
    if not name:
        return (), ()
    table = [i for argument, value in call.arguments if argument == name for i in tensor_ids(value)]
    return tuple(table), tuple(i for i in call.inputs if i not in table)
