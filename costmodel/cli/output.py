"""Results go to stdout or into a file, whole or not at all; a subject's own prints go to stderr."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from costmodel.errors import UsageError
from costmodel.files.writing import write_text


def write(text: str, output: str | None) -> None:
    """Print ``text``, or put it into a file in one move; ``-`` is stdout.

    Raises:
        UsageError: the file, or stdout, cannot be written.
    """
    if output in (None, "-"):
        _print(text)
        return
    target = Path(output)
    try:
        if not target.resolve().parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        write_text(target, text)
    except OSError as error:
        raise UsageError(f"--output {output}: {error.strerror or error}") from None


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # the reader has seen enough (| head): the exit code stays that of the result
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except (AttributeError, OSError) as error:
        raise UsageError(f"stdout cannot be written: {getattr(error, 'strerror', None) or 'it is closed'}") from None


def _no_progress(done: int, total: int) -> None:  # noqa: ARG001  # nobody watches
    return


@contextlib.contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr with the time left; nothing where stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield _no_progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _no_progress_of(what: str, done: int, total: int) -> None:  # noqa: ARG001  # nobody watches
    return


@contextlib.contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr for each kind of work, with the time left; nothing where stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield _no_progress_of
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            kind = what.partition(",")[0]  # behind it stands what is slow
            if kind not in tasks:
                tasks[kind] = bars.add_task(kind, total=None)
            bars.update(tasks[kind], description=what, completed=done, total=total)

        yield show


@contextlib.contextmanager
def subject_prints_to_stderr() -> Iterator[None]:
    """Whatever runs inside prints to stderr, C code and child processes too: results alone go to stdout."""
    try:
        sys.stdout.flush()
        kept = os.dup(1)
    except (AttributeError, OSError):  # stdout is closed
        with contextlib.redirect_stdout(sys.stderr):
            yield
        return
    try:
        os.dup2(2, 1)
        with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a subject's warnings are not a result, and errors are one line
            yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
