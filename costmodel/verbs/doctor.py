"""Doctor: what of costmodel works on this machine, what is missing, and what to do."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any

from costmodel import backends
from costmodel.backends.backend import Run
from costmodel.files.cache import cache_folder
from costmodel.sandbox.probe import probe


@dataclass(frozen=True)
class Finding:
    """One thing that was tried.

    Attributes:
        needed: whether the default backends need it.
        seen: version, place, or what went wrong.
        advice: what to do if it is missing; "" if it works.
    """

    name: str
    works: bool
    needed: bool
    seen: str
    advice: str


def examine(words: Mapping[str, Any]) -> list[Finding]:
    """Try everything; what is needed first.

    Args:
        words: options of the backends (``timeloop_bin``, ``docker``).
    """
    return [
        *(_package(name) for name in ("torch", "fvcore", "numpy", "pydantic")),
        _cache(),
        *_backends(Run(options=words)),
        *_walls(),
    ]


def _finding(name: str, works: bool, seen: str, advice: str, *, needed: bool = False) -> Finding:
    return Finding(name, works, needed, seen, "" if works else advice)


def _package(name: str) -> Finding:
    advice = f"install {name} into the environment of costmodel"
    try:
        return _finding(name, True, metadata.version(name), advice, needed=True)
    except metadata.PackageNotFoundError:
        return _finding(name, False, "not installed", advice, needed=True)


def _cache() -> Finding:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        seen = f"{folder}: {error.strerror or error}"
        return _finding("cache folder", False, seen, "set COSTMODEL_CACHE to a folder that can be written")
    return _finding("cache folder", True, f"{folder} can be written", "")


def _backends(run: Run) -> Iterator[Finding]:
    """What each backend says of itself; the default one is needed."""
    for name in backends.names():
        backend = backends.load(name)
        for tried in backend.examine(run if backend.OPTIONS else replace(run, options={})):
            yield _finding(tried.name, tried.works, tried.seen, tried.advice, needed=name == backends.DEFAULT)


def _walls() -> Iterator[Finding]:
    """Every wall around submissions, tried with everything that it must hold against."""
    advice = {
        "bubblewrap": "install bubblewrap to grade untrusted submissions behind it",
        "namespaces": "ask the administrator to allow unprivileged user namespaces",
        "landlock": "a Linux kernel of 5.13 or later with Landlock enabled has it",
        "limits": "it is the weakest wall: use one of the others for submissions that may be hostile",
    }
    for standing in probe():
        seen = str(standing).partition(": ")[2]
        yield _finding(f"wall {standing.wall}", standing.is_whole, seen, advice[standing.wall])
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield _finding("cores", True, str(cores), "")
