"""Limits on memory, processes, cores and disk, watched from outside while a stage runs and once more at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from costmodel.ir.run import MeterReading
from costmodel.measuring.budget import Budget
from costmodel.measuring.control_group import ControlGroup
from costmodel.measuring.keeping import size_of
from costmodel.measuring.place import cores_of
from costmodel.measuring.tree import Tree, TreeLook

_DISK_EVERY_SECONDS = 0.1
_SHARE = 50


class LimitWatch:
    """The limits of one stage.

    Attributes:
        next_look: when it is time for the next look, on the monotonic clock.
    """

    def __init__(self, budget: Budget, folder: Path, tree: Tree, group: ControlGroup | None) -> None:
        self.next_look = 0.0
        self._budget, self._folder, self._tree, self._group = budget, folder, tree, group
        self._next_disk = 0.0
        self._brought = size_of(folder)
        self._widened = 0
        self._cores = set(cores_of(budget))

    def broken(self, seen: TreeLook, values: Mapping[str, float]) -> tuple[str, str] | None:
        """The limit that is broken now, and how; cores that were taken are taken back."""
        budget = self._budget
        if budget.cpus is not None:
            self._widened += self._tree.confine_to(self._cores, seen.processes)
        if budget.host_memory is not None and seen.memory_bytes > budget.host_memory:
            return "host_memory", f"it held {seen.memory_bytes:,} bytes of memory"
        gpu = values.get("gpu_memory_bytes")
        if budget.gpu_memory is not None and gpu is not None and gpu > budget.gpu_memory:
            return "gpu_memory", f"it held {gpu:,.0f} bytes of GPU memory"
        if budget.processes is not None and len(seen.processes) > budget.processes:
            return "processes", f"it had {len(seen.processes):,} processes at once"
        if self._group is not None and self._group.limits_memory and self._group.was_out_of_memory():
            return "host_memory", "the kernel ended a process of it for want of memory"
        return self._disk()

    def _disk(self, *, now: bool = False) -> tuple[str, str] | None:
        begun = time.monotonic()
        if self._budget.disk is None or (begun < self._next_disk and not now):
            return None
        used = size_of(self._folder) - self._brought
        self._next_disk = begun + max(_DISK_EVERY_SECONDS, _SHARE * (time.monotonic() - begun))
        return ("disk", f"it wrote {used:,} bytes") if used > self._budget.disk else None

    def broken_after(self, readings: Sequence[MeterReading]) -> tuple[str, str] | None:
        """A limit that the meters say was broken, though nobody saw it in time."""
        largest = {reading.quantity: reading.value for reading in readings if reading.value is not None}
        for name, quantity in (("host_memory", "host_memory_bytes"), ("gpu_memory", "gpu_memory_bytes")):
            limit, value = getattr(self._budget, name), largest.get(quantity)
            if limit is not None and value is not None and value > limit:
                return name, f"its largest was {value:,.0f} bytes, too short for a look to meet it"
        if self._group is not None and self._group.limits_memory and self._group.was_out_of_memory():
            return "host_memory", "the kernel ended a process of it for want of memory"
        return self._disk(now=True)

    def remarks(self) -> Iterator[str]:
        """What did not end it, and has to be known."""
        if self._widened:
            yield f"it took more cores than it may, {self._widened} times; they were taken back"
