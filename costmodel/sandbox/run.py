"""Run one function in a child behind a wall."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from costmodel.errors import FormatError
from costmodel.ir.codec import dumps, loads
from costmodel.sandbox import visible
from costmodel.sandbox.child import Child
from costmodel.sandbox.child_result import ChildResult, LimitReached, signal_of
from costmodel.sandbox.fork import fork
from costmodel.sandbox.fresh import start_fresh
from costmodel.sandbox.inside.start import START, STARTED, Start, Started
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.supervisor import Ended, supervise
from costmodel.sandbox.wall import Launch, environment
from costmodel.sandbox.walls import wall_called

Entry: TypeAlias = Callable[[bytes, "tuple[str, ...]"], bytes]
"""(request, where the child sees each path that it is shown) → answer; a module's function, imported in the child."""


def run_child(entry: Entry, request: bytes, *, wall: str, limits: Limits, shown: Sequence[Path] = ()) -> ChildResult:
    """Call ``entry`` in a confined process of its own, and wait for its end.

    Args:
        entry: a module's function; nothing of it but its name goes to the child.
        request: its first argument.
        wall: the name of a wall.
        limits: see there.
        shown: folders and files that the child may read, beside Python and its packages; their places in the child are
            the entry's second argument.

    Raises:
        UnknownNameError: no such wall.
        OSError: the wall's program cannot be started.
    """
    with _scratch() as scratch:
        launch = wall_called(wall).launch(shown, scratch, limits)
        start = Start(
            entry=f"{entry.__module__}:{entry.__qualname__}",
            shown=launch.shown,
            limits=limits,
            confinement=launch.confinement,
            paths=visible.import_paths(),
            namespaces=launch.namespaces or (),
            environment=environment(str(scratch)),
        )
        ended = supervise(_child(start, request, launch, scratch), limits, scratch)
    return _result(ended, launch, limits)


def _child(start: Start, request: bytes, launch: Launch, scratch: Path) -> Child:
    """A fork where the wall and the system allow one, else a process started afresh; both end behind the same wall."""
    with tempfile.TemporaryFile() as given:
        given.write(dumps(start, START).encode() + b"\n" + request)
        given.seek(0)
        forked = fork(start.entry, given.fileno()) if launch.namespaces is not None else None
        if forked is not None:
            return forked
        return start_fresh(launch.command, given, environment=start.environment, folder=scratch)


def _result(ended: Ended, launch: Launch, limits: Limits) -> ChildResult:
    line, _, answer = ended.answer.partition(b"\n")
    try:
        started = loads(Started, line.decode(), STARTED)
    except (FormatError, UnicodeDecodeError):  # it ended before it was confined
        started = Started()
    limit = ended.stopped
    # past its own CPU limit the kernel sends SIGXCPU, and a second later SIGKILL
    killed_for_cpu = signal_of(ended.status) in (signal.SIGXCPU, signal.SIGKILL)
    if limit is None and killed_for_cpu and ended.cpu_seconds >= limits.cpu_seconds:
        limit = LimitReached.CPU_TIME
    return ChildResult(
        answer=answer,
        output=ended.output,
        status=ended.status,
        limit=limit,
        stopped=ended.stopped is not None,
        cpu_seconds=ended.cpu_seconds,
        held=started.held,
        refused=started.refused,
        shown=launch.shown,
        scratch=launch.confinement.scratch,
    )


@contextmanager
def _scratch() -> Iterator[Path]:
    """A private temporary folder, gone afterwards whatever was made of it."""
    folder = Path(tempfile.mkdtemp(prefix="costmodel-"))
    try:
        yield folder
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Folders that were made unreadable get their permissions back first; links are not followed."""
    for place, names, _ in os.walk(folder):
        for name in names:
            inner = os.path.join(place, name)  # noqa: PTH118  # os.walk speaks in strings
            if not os.path.islink(inner):  # noqa: PTH114
                with contextlib.suppress(OSError):
                    os.chmod(inner, 0o700)  # noqa: PTH101
    shutil.rmtree(folder, ignore_errors=True)
