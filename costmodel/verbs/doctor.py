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
from costmodel.measuring.control_group import control_group
from costmodel.measuring.enclosure import PROMISES, all_enclosures
from costmodel.measuring.meter import all_meters
from costmodel.measuring.trying import tried
from costmodel.sandbox.probe import probe
from costmodel.sandbox.walls import all_walls


@dataclass(frozen=True)
class Diagnosis:
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


def examine(words: Mapping[str, Any]) -> list[Diagnosis]:
    """Try everything; what is needed first.

    Args:
        words: options of the backends (``timeloop_bin``, ``docker``).
    """
    return [
        *(_package(name) for name in ("torch", "fvcore", "numpy", "pydantic")),
        _cache(),
        *_backends(Run(options=words)),
        *walls_of_this_machine(),
        *_running(),
        _cores(),
    ]


def _diagnosis(name: str, works: bool, seen: str, advice: str, *, needed: bool = False) -> Diagnosis:
    return Diagnosis(name, works, needed, seen, "" if works else advice)


def _package(name: str) -> Diagnosis:
    advice = f"install {name} into the environment of costmodel"
    try:
        return _diagnosis(name, True, metadata.version(name), advice, needed=True)
    except metadata.PackageNotFoundError:
        return _diagnosis(name, False, "not installed", advice, needed=True)


def _cache() -> Diagnosis:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        seen = f"{folder}: {error.strerror or error}"
        return _diagnosis("cache folder", False, seen, "set COSTMODEL_CACHE to a folder that can be written")
    return _diagnosis("cache folder", True, f"{folder} can be written", "")


def _backends(run: Run) -> Iterator[Diagnosis]:
    """What each backend says of itself; the default one is needed."""
    for name in backends.names():
        backend = backends.load(name)
        for seen in backend.examine(run if backend.OPTIONS else replace(run, options={})):
            yield _diagnosis(seen.name, seen.works, seen.seen, seen.advice, needed=name == backends.DEFAULT)


def walls_of_this_machine() -> Iterator[Diagnosis]:
    """Every wall around untrusted code, tried with everything that it must hold against."""
    for wall, status in zip(all_walls(), probe(), strict=True):
        yield _diagnosis(f"wall {wall.name}", status.is_whole, status.summary, wall.advice)


def _running() -> Iterator[Diagnosis]:
    """What ``run`` needs: something around an entry, tried with all it must hold against; control groups; meters."""
    for enclosure in all_enclosures():
        if enclosure.promises:
            status = tried(enclosure)
            whole = not status.why and set(status.keeps) == set(PROMISES)
            yield _diagnosis(f"run behind {enclosure.name}", whole, status.summary, enclosure.advice)
    group = control_group(None, None)
    if group is not None:
        group.close()
    seen = "can be made: what an entry starts is found and ended by it" if group else "this user may make none"
    yield _diagnosis("control group v2", group is not None, seen, "run in a systemd unit or scope with Delegate=yes")
    for meter in all_meters():
        why = meter.missing()
        yield _diagnosis(f"meter {meter.NAME}", not why, why or f"measures {', '.join(meter.QUANTITIES)}", meter.ADVICE)


def _cores() -> Diagnosis:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return _diagnosis("cores", True, str(cores), "")
