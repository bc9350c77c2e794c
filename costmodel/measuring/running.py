"""One command under its budget: started, watched, metered, ended at a limit, and nothing of it left alive."""

from __future__ import annotations

import contextlib
import os
import secrets
import selectors
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from costmodel.ir.run import Ending, MeterReading, StageRun
from costmodel.measuring.budget import Budget
from costmodel.measuring.control_group import control_group
from costmodel.measuring.enclosure import Enclosure, Surroundings
from costmodel.measuring.entry import Stage, started_as
from costmodel.measuring.inside.job import Job
from costmodel.measuring.keeping import Keeper
from costmodel.measuring.limit_watch import LimitWatch
from costmodel.measuring.meter import Ended, Meter
from costmodel.measuring.metered import MeteredStage
from costmodel.measuring.place import Place, cores_of, environment_of
from costmodel.measuring.printed import Printed
from costmodel.measuring.snapshot import Snapshots
from costmodel.measuring.tree import TOKEN, Tree

_LOOK_EVERY_SECONDS = 0.1
_SHORTEST_SECONDS = 0.005
_SHARE = 150
"""A look takes at most so small a part of a core's time."""
_CHUNK = 1 << 18
_PIECES = 8
_PAGE = 4096


def run_stage(
    stage: Stage,
    place: Place,
    budget: Budget,
    enclosure: Enclosure,
    meters: Sequence[Meter],
    snapshots: Snapshots,
    *,
    idle_seconds: float = 0.0,
) -> StageRun:
    """Run one command until its end, or end it at a limit.

    Args:
        stage: the command.
        place: see there.
        budget: its limits.
        enclosure: what is put around it; it has been tried.
        meters: those that are read; one that is missing is said to be.
        snapshots: of the entry's folder.
        idle_seconds: how long a whole machine's meter looks at it before and after.

    Raises:
        UsageError: the command needs data that are not given.
        RunError: the keeper cannot be started.
    """
    metered = MeteredStage(meters, idle_seconds)
    watch = _Watch(stage, place, budget, enclosure, metered, snapshots)
    try:
        return watch.until_the_end()
    finally:
        watch.close()


class _Watch:
    def __init__(
        self,
        stage: Stage,
        place: Place,
        budget: Budget,
        enclosure: Enclosure,
        metered: MeteredStage,
        snapshots: Snapshots,
    ) -> None:
        self._stage, self._place, self._budget = stage, place, budget
        self._snapshots, self._metered = snapshots, metered
        self._selector = selectors.DefaultSelector()
        self._group = control_group(budget.host_memory, budget.processes)
        self._token = secrets.token_hex(16)
        self._streams: dict[int, Printed] = {}
        self._is_over = False
        metered.idle_before()
        with self._pipes() as (report, outputs):
            self._keeper = Keeper(self._job(enclosure, outputs), report, outputs)
        self._tree = Tree(self._keeper.process, self._token, self._group)
        self._limits = LimitWatch(budget, place.folder, self._tree, self._group)
        metered.begin(self._tree)
        self._depth = enclosure.depth

    @contextlib.contextmanager
    def _pipes(self) -> Iterator[tuple[int, tuple[int, int, int]]]:
        """Three pipes; the child's ends are closed in here afterwards."""
        ours, theirs = zip(*(os.pipe() for _ in range(3)), strict=True)
        for descriptor in ours:
            os.set_blocking(descriptor, False)
        self._place.logs.mkdir(parents=True, exist_ok=True)
        for descriptor, name in zip(ours[1:], ("out", "err"), strict=True):
            file = self._place.logs / f"{Path(self._stage.name).stem}.{name}.txt"
            self._streams[descriptor] = Printed(file, self._place.printed_bytes)
            self._selector.register(descriptor, selectors.EVENT_READ)
        self._selector.register(ours[0], selectors.EVENT_READ)
        try:
            yield ours[0], (theirs[0], theirs[1], theirs[2])
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    def _job(self, enclosure: Enclosure, outputs: tuple[int, int, int]) -> Job:
        place, budget = self._place, self._budget
        python = sys.executable if place.python is None else str(place.python.programs / "python")
        words = started_as(self._stage.words, place.data, place.folder, python)
        own = None if place.python is None else place.python.folder
        shown = tuple(path for path in (place.data, own) if path is not None)
        around = Surroundings(folder=place.folder, shown=shown, hidden=place.hidden)
        return Job(
            words=(*enclosure.words(around), *words),
            program=words[0],
            environment={**environment_of(place, budget), TOKEN: self._token},
            folder=str(place.folder),
            report=outputs[0],
            output=outputs[1],
            errors=outputs[2],
            cores=cores_of(budget),
            file_bytes=None if budget.disk is None else budget.disk + _PAGE,  # a file of that size is seen to break it
            shared_bytes=budget.host_memory,
            groups=() if self._group is None else (self._group.joined_by,),
            enclosed=enclosure.by_keeper,
            hidden=tuple(str(p) for p in place.hidden),
            shown=tuple(str(p) for p in shown),
        )

    def until_the_end(self) -> StageRun:
        keeper = self._keeper
        keeper.wait_for_start()
        if keeper.refused:
            return self._result(Ending.NOT_STARTED, because=keeper.refused)
        asked: float | None = None
        broken: tuple[str, str] | None = None
        while keeper.status is None and not keeper.is_gone and broken is None:
            deadline = self._deadline(asked)
            self._read(until=min(deadline, max(self._limits.next_look, time.monotonic() + _SHORTEST_SECONDS)))
            if time.monotonic() >= deadline:
                if asked is None and self._budget.grace:
                    self._own_processes()
                    self._tree.signal(signal.SIGTERM)
                    asked = time.monotonic()
                    continue
                broken = ("time", f"it ran for {self._budget.time:g} s")
                break
            broken = self._look()
        return self._ended(broken, asked)

    def _deadline(self, asked: float | None) -> float:
        if self._budget.time is None:
            return float("inf")
        return self._keeper.begun + self._budget.time if asked is None else asked + self._budget.grace

    def _own_processes(self) -> None:
        """An enclosure's are no part of the entry: the one that waits outside, and the first one inside."""
        if len(self._tree.ours) < 1 + self._depth:
            self._tree.chain_is_ours(self._keeper.first, self._depth)

    def _look(self) -> tuple[str, str] | None:
        """Look at the tree, its meters and its files, if it is time; the limit that it has broken, and how."""
        now = time.monotonic()
        if now < self._limits.next_look:
            return None
        self._own_processes()
        seen = self._tree.look()
        values = self._metered.look(seen, self._keeper.begun)
        broken = self._limits.broken(seen, values)
        took = time.monotonic() - now
        self._snapshots.look(seen.processes)  # has a share of its own
        self._limits.next_look = now + max(_LOOK_EVERY_SECONDS, _SHARE * took)
        return broken

    def _read(self, *, until: float) -> None:
        """Take what it prints and what its keeper says, until a moment; stops early when the command has ended."""
        while (left := until - time.monotonic()) > 0:
            ready = self._selector.select(left)
            for key, _ in ready:
                if key.fd in self._streams:
                    self._take(key.fd)
            self._keeper.hear()
            if self._keeper.status is not None or self._keeper.is_gone:
                return

    def _take(self, descriptor: int) -> None:
        for _ in range(_PIECES):
            try:
                data = os.read(descriptor, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                if descriptor in self._selector.get_map():
                    self._selector.unregister(descriptor)
                return
            self._streams[descriptor].add(data)

    def _ended(self, broken: tuple[str, str] | None, asked: float | None) -> StageRun:
        """End what is left, meter the whole, and say how it came."""
        keeper = self._keeper
        stopped_by_us = keeper.status is None and not keeper.is_gone
        before_kill = time.monotonic()

        def stopped(pids: list[int]) -> None:
            if stopped_by_us:
                self._snapshots.last(pids, writer_was_killed=False)

        self._own_processes()
        left = self._tree.end(stopped)
        for descriptor in self._streams:
            self._take(descriptor)  # what is left in the pipes
        keeper.settle()
        was_killed = not stopped_by_us and (keeper.is_gone or (keeper.status or 0) < 0 or (keeper.status or 0) > 128)
        if not stopped_by_us:
            self._snapshots.last((), writer_was_killed=was_killed, ended_well=keeper.status == 0)
        wall = (before_kill if stopped_by_us or not keeper.ended else keeper.ended) - keeper.begun
        look = self._tree.look()
        group = self._group.peak_bytes() if self._group is not None and self._group.limits_memory else None
        readings = self._metered.end(
            Ended(wall_seconds=wall, peak_bytes=keeper.peak_bytes, group_bytes=group, look=look)
        )
        broken = broken or self._limits.broken_after(readings)
        ending, because = self._ending(broken, asked)
        return self._result(
            ending,
            because=because,
            limit=broken[0] if broken is not None else "time" if ending is Ending.ENDED else "",
            wall_seconds=wall,
            asked_seconds=None if asked is None else asked - keeper.begun,
            left=left,
            meters=readings,
        )

    def _ending(self, broken: tuple[str, str] | None, asked: float | None) -> tuple[Ending, str]:
        if self._keeper.refused:
            return Ending.NOT_STARTED, self._keeper.refused
        keeper, time_is_up = self._keeper, asked is not None or (broken is not None and broken[0] == "time")
        if broken is not None and broken[0] != "time":
            return Ending.BROKE, broken[1]
        if time_is_up:
            how = "it ended when it was asked to" if keeper.status is not None and broken is None else "it was killed"
            said = f"its {self._budget.time:g} s were over: {how}"
            return (Ending.ENDED if self._stage.goes_on else Ending.BROKE), said
        if keeper.is_gone:
            return Ending.FAILED, "it, or something in it, killed the process that kept it"
        if keeper.status:
            name = _signal_name(keeper.status)
            return Ending.FAILED, f"signal {name}" if name else f"exit code {keeper.status}"
        return Ending.FINISHED, ""

    def _result(
        self,
        ending: Ending,
        *,
        because: str = "",
        limit: str = "",
        wall_seconds: float = 0.0,
        asked_seconds: float | None = None,
        left: int = 0,
        meters: tuple[MeterReading, ...] = (),
    ) -> StageRun:
        if ending is Ending.BROKE and not limit:
            limit = "time"
        return StageRun(
            stage=self._stage.name,
            command=self._stage.words,
            ending=ending,
            limit=limit,
            because="; ".join(filter(None, (because, *self._limits.remarks(), *self._metered.remarks()))),
            status=self._keeper.status,
            wall_seconds=wall_seconds,
            asked_seconds=asked_seconds,
            left=left,
            meters=meters,
            samples=self._metered.samples(),
            printed_bytes=sum(stream.total for stream in self._streams.values()),
        )

    def close(self) -> None:
        """End whatever still runs, whichever error brought us here."""
        self._tree.end(lambda _: None)
        self._keeper.close()
        for descriptor, stream in self._streams.items():
            self._take(descriptor)
            stream.close()
            os.close(descriptor)
        self._selector.close()
        os.close(self._keeper.report)
        if self._group is not None:
            self._group.close()


def _signal_name(status: int) -> str:
    number = -status if status < 0 else status - 128
    with contextlib.suppress(ValueError):
        return signal.Signals(number).name
    return ""
