"""Time that a process tree has slept: it neither used a processor nor waited for one.

A limit on this time, beside one on CPU time, ends what hangs, and no machine is so busy that it ends anything else.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from costmodel.sandbox.process_tree import TreeUsage, usage


class Slept:
    """The time that a tree has slept since this object was made.

    What passed between two looks was slept, less what the threads ran and waited for a processor since the first one;
    none of it was slept if one of them is awake at the second. So a thread that is always ready to run never sleeps,
    whatever the load, and none can save up time for later. A child can bring about a look, by printing: one that is
    awake whenever it is looked at, and sleeps in between, has slept for half of what its busiest thread leaves. Where
    the system does not say what a thread does (anywhere but on Linux), all the time that passes is slept.
    """

    def __init__(self, process: int) -> None:
        self._process = process
        self._looked = time.monotonic()
        self._slept = self._rested = 0.0
        self._awake: Mapping[int, float] = {}

    def seconds(self, used: TreeUsage | None = None) -> float:
        """Seconds slept until now; ``used`` is the tree's use, if somebody has just looked."""
        used = used or usage(self._process)
        now = time.monotonic()
        passed = now - self._looked
        busy = [seconds - self._awake.get(task, 0.0) for task, seconds in used.awake_seconds.items()]
        if not used.is_awake:
            self._slept += max(0.0, passed - sum(busy))
        # a wait for a processor is told when it is over, so it takes back what seemed to be rest
        self._rested = max(0.0, self._rested + passed - max(busy, default=0.0))
        self._looked, self._awake = now, used.awake_seconds
        return max(self._slept, self._rested / 2)
