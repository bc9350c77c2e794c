"""An optimizer in lockstep: on CUDA torch updates all parameters at once, one operation after the other (foreach).

The CPU's loop was recorded, a parameter after the other, so the temporaries of one parameter are alive at a time; in
lockstep those of all parameters are. A result that takes the place of a temporary of its size is computed in place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from costmodel.ir.phase import Phase
from costmodel.ir.trace import OpCall, Trace

_SCALAR = 8
"""Bytes up to which a storage is a number that parameters share (a scale, a norm): it ties no parameters together."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens before, during and after one call: storages that go, those that come, and the call itself."""

    call: OpCall
    gone: list[int] = field(default_factory=list)
    new: list[int] = field(default_factory=list)


def in_lockstep(trace: Trace, moments: Sequence[Moment], nbytes: Mapping[int, int]) -> list[Moment]:
    """The moments with the optimizer's in lockstep; as they are if it is not torch's, or runs so already."""
    first = next((i for i, m in enumerate(moments) if m.call.phase is Phase.OPTIMIZER), len(moments))
    update = moments[first:]
    if not trace.optimizer.isidentifier() or any(m.call.phase is not Phase.OPTIMIZER for m in update):
        return list(moments)
    if any(_is_of_lists(m.call) for m in update):
        return list(moments)
    columns = _columns(trace, update)
    alike: dict[tuple[str, ...], list[list[Moment]]] = defaultdict(list)
    for column in columns:
        alike[tuple(m.call.op for m in column)].append(column)
    return [*moments[:first], *(moment for group in alike.values() for moment in _rows(group, nbytes))]


def _is_of_lists(call: OpCall) -> bool:
    """Whether it works on lists of tensors, and does not make one tensor of a list (as a norm of norms does)."""
    return len(call.outputs) != 1 and bool(call.arguments) and isinstance(call.arguments[0][1], tuple)


def _columns(trace: Trace, update: Sequence[Moment]) -> list[list[Moment]]:
    """The update of each parameter: calls that are tied together by a storage that is no scalar."""
    owner: dict[int, int] = {}
    columns: dict[int, list[Moment]] = {}
    for number, moment in enumerate(update):
        touched = {trace.tensors[i].storage for i in (*moment.call.inputs, *moment.call.written)}
        large = [s for s in sorted(touched) if trace.storages[s].nbytes > _SCALAR]
        known = sorted({owner[s] for s in large if s in owner})
        key = known[0] if known else number
        for other in known[1:]:
            columns[key] += columns.pop(other)
            owner.update({s: key for s, o in owner.items() if o == other})
        owner.update(dict.fromkeys(large, key))
        columns.setdefault(key, []).append(moment)
    return list(columns.values())


def _rows(columns: Sequence[Sequence[Moment]], nbytes: Mapping[int, int]) -> Iterator[Moment]:
    """One operation for all parameters, then the next; a temporary dies when all are through the row of its death."""
    rows = len(columns[0])
    owner = {s: number for number, column in enumerate(columns) for moment in column for s in moment.new}
    death: dict[int, int] = {}
    for number, column in enumerate(columns):
        for row, moment in enumerate(column):
            # what goes in the next parameter's first call is what the last call of its own column read
            death.update({s: row if owner.get(s) == number else rows for s in moment.gone if s in owner})
    others = [s for column in columns for moment in column for s in moment.gone if s not in owner]
    dying: dict[tuple[int, int], list[int]] = defaultdict(list)
    for s, row in death.items():
        dying[row, owner[s]].append(s)
    for row in range(rows):
        ended = [s for number in range(len(columns)) for s in dying[row, number]]
        for number, column in enumerate(columns):
            reused = _replaced(dying[row + 1, number], column[row].new, nbytes)
            before = ended + (others if row == 0 else []) if number == 0 else []
            yield Moment(column[row].call, [*before, *reused], list(column[row].new))
    last = [s for number in range(len(columns)) for s in dying[rows, number]]
    if last:
        yield Moment(columns[-1][-1].call, last, [])


def _replaced(ending: list[int], new: Sequence[int], nbytes: Mapping[int, int]) -> list[int]:
    """Temporaries whose places new ones of the same size take, since they die right after; they end now instead."""
    reused = []
    for made in new:
        place = next((s for s in ending if nbytes[s] == nbytes[made] and s != made), None)
        if place is not None:
            ending.remove(place)
            reused.append(place)
    return reused
