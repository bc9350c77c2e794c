"""Peak memory of the steady step, by role, from the lifetimes of storages."""

from __future__ import annotations

from costmodel.ir.analysis import MemoryMoment, PeakMemory
from costmodel.ir.tensor import Role
from costmodel.ir.trace import Trace

_PARTS = 60
"""Parts of the step of which the largest moment is kept."""


def peak_memory(trace: Trace) -> PeakMemory:
    """The largest total of live storages after any call, and its parts at that (first) moment.

    A storage lives from the end of the call that made it to the moment its last reference goes. The same
    figure as torch's MemTracker on CPU; allocator rounding, kernels' workspaces and a GPU's context are not in it.
    """
    live = dict.fromkeys(Role, 0)
    best = dict(live)
    highest = 0
    largest: dict[int, tuple[int, int, dict[Role, int]]] = {}
    changes = _changes(trace)
    for moment, change in enumerate(changes):
        for role, nbytes in change.items():
            live[role] += nbytes
        total = sum(live.values())
        if total > highest:
            highest, best = total, dict(live)
        part = moment * _PARTS // len(changes)
        if part not in largest or total > largest[part][0]:
            largest[part] = (total, moment, dict(live))
    over_step = tuple(_moment(trace, moment, roles) for _, moment, roles in largest.values())
    return PeakMemory(total=highest, by_role={role.value: best[role] for role in Role}, over_step=over_step)


def _changes(trace: Trace) -> list[dict[Role, int]]:
    """Bytes that come and go at each moment, by role: before all calls, then after each."""
    moments = len(trace.calls) + 1
    change: list[dict[Role, int]] = [{} for _ in range(moments + 1)]
    for storage in trace.storages:
        start = max(storage.born, -1) + 1
        end = moments if storage.died is None else storage.died + 1
        if end > start:
            change[start][storage.role] = change[start].get(storage.role, 0) + storage.nbytes
            change[end][storage.role] = change[end].get(storage.role, 0) - storage.nbytes
    return change[:moments]


def _moment(trace: Trace, moment: int, roles: dict[Role, int]) -> MemoryMoment:
    call = trace.calls[moment - 1] if moment else None
    return MemoryMoment(
        call=moment,
        phase="" if call is None else call.phase.value,
        layer="" if call is None else call.scope,
        op="" if call is None else call.op,
        by_role={role.value: nbytes for role, nbytes in roles.items() if nbytes},
    )


def kept_by_optimizers(trace: Trace) -> int:
    """Bytes that optimizers, averages and the like keep from one step to the next."""
    return sum(s.nbytes for s in trace.storages if s.role is Role.OPTIMIZER_STATE and s.born < 0 and s.died is None)
