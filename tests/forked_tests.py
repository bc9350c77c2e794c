"""Test files run one after the other in a fork of this process, until one fails.

The fork inherits what is slow to import and is nobody's to change (torch, numpy, pydantic, hypothesis); costmodel and
the tests are imported by the fork, from the tree that it is given.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import select
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SLOW_TO_IMPORT = (
    "hypothesis", "networkx", "numpy", "pydantic", "pytest", "rich.console", "rich.progress", "tabulate", "torch",
    "torch.fx.experimental.proxy_tensor", "torch.utils.flop_counter", "typer", "yaml",
)  # fmt: skip

OPTIONS = (
    "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist",
    "-W", "ignore::pytest.PytestAssertRewriteWarning",  # hypothesis is here already
)  # fmt: skip

NO_TESTS = 5
"""pytest's exit code where a file holds none."""

START = 10.0
"""Seconds that a file has in any case: the first one imports the room."""

MEMORY = 12 * 2**30
"""Bytes of data that a fork may hold."""


class Tests:
    """Test files of a tree, and how long each takes."""

    def __init__(self, tree: Path, paths: Sequence[str]) -> None:
        self.tree = tree
        self.files = list(dict.fromkeys(file for path in paths for file in _files(tree, path)))
        self.seconds: dict[str, float] = {}
        for module in SLOW_TO_IMPORT:
            importlib.import_module(module)
        gc.freeze()  # a fork that collects would copy every page of it

    def measure(self) -> str | None:
        """Take the time of every file; the first that fails, or None."""
        for file, seconds in self._run(dict.fromkeys(self.files)):
            if seconds is None:
                return file
            self.seconds[file] = seconds
        return None

    def noticed_by(self, source: str, slowest: float) -> str | None:
        """The file that fails with ``source`` as it is now, or takes ``slowest`` times as long as it took; or None."""
        files = [source, *sorted(self.files, key=lambda file: self._order(file, source))]
        limits = {file: slowest * self.seconds.get(file, 0.0) + START for file in files}
        return next((file for file, seconds in self._run(limits) if seconds is None), None)

    def _order(self, file: str, source: str) -> tuple[bool, float]:
        """The mirror of the source first, then the quickest."""
        room, _, rest = source.partition("/")[2].partition("/")
        mirror = Path("tests", room, rest)
        return file != mirror.with_name(f"test_{mirror.name}").as_posix(), self.seconds.get(file, 0.0)

    def _run(self, limits: Mapping[str, float | None]) -> Iterator[tuple[str, float | None]]:
        """Each file with its seconds, or None for the one that failed or was not done in time, which is the last."""
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(told)
            _in_fork(self.tree, list(limits), tell)
        os.close(tell)
        try:
            yield from _as_told(limits, told)
        finally:
            os.close(told)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _files(tree: Path, path: str) -> list[str]:
    found = sorted((tree / path).rglob("test_*.py")) if (tree / path).is_dir() else [tree / path]
    return [file.relative_to(tree).as_posix() for file in found]


def _as_told(limits: Mapping[str, float | None], told: int) -> Iterator[tuple[str, float | None]]:
    """One byte is told for each file that passed."""
    start = time.monotonic()
    for file, limit in limits.items():
        ready, _, _ = select.select([told], [], [], limit)
        passed = bool(ready) and os.read(told, 1) == b"."
        now = time.monotonic()
        yield file, now - start if passed else None
        if not passed:
            return
        start = now


def _in_fork(tree: Path, files: Sequence[str], tell: int) -> None:
    """Run the files and end."""
    import resource

    os.setpgid(0, 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    os.chdir(tree)
    os.environ["PYTHONPATH"] = str(tree)
    here = str(Path(__file__).parents[1])
    sys.path[:] = [str(tree), *(path for path in sys.path if path not in ("", here))]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("tests", "costmodel")]:
        del sys.modules[name]
    import pytest

    # in a thread, whose frames are Python's and pytest's alone: a trace names the user's line by the frames there are
    own = ThreadPoolExecutor(1)
    try:
        for file in files:
            if own.submit(pytest.main, [*OPTIONS, file]).result() not in (0, NO_TESTS):
                break
            os.write(tell, b".")
    finally:
        os._exit(0)
