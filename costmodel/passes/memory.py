"""Peak memory of the steady step, by role, from the lifetimes of storages."""

from __future__ import annotations

from costmodel.ir.analysis import PeakMemory
from costmodel.ir.tensor import Role
from costmodel.ir.trace import Trace


def peak_memory(trace: Trace) -> PeakMemory:
    """The largest total of live storages after any call, and its parts at that (first) moment.

    A storage lives from the end of the call that made it to the moment its last reference goes. The same
    figure as torch's MemTracker on CPU; allocator rounding, kernels' workspaces and a GPU's context are not in it.
    """
    moments = len(trace.calls) + 1
    change: list[dict[Role, int]] = [{} for _ in range(moments + 1)]
    for storage in trace.storages:
        start = max(storage.born, -1) + 1
        end = moments if storage.died is None else storage.died + 1
        if end > start:
            change[start][storage.role] = change[start].get(storage.role, 0) + storage.nbytes
            change[end][storage.role] = change[end].get(storage.role, 0) - storage.nbytes
    live = dict.fromkeys(Role, 0)
    best = dict(live)
    total = highest = 0
    for moment in range(moments):
        for role, nbytes in change[moment].items():
            live[role] += nbytes
            total += nbytes
        if total > highest:
            highest, best = total, dict(live)
    return PeakMemory(total=highest, by_role={role.value: best[role] for role in Role})


def kept_by_optimizers(trace: Trace) -> int:
    """Bytes that optimizers, averages and the like keep from one step to the next."""
    return sum(s.nbytes for s in trace.storages if s.role is Role.OPTIMIZER_STATE and s.born < 0 and s.died is None)
