"""The part of this machine that a child has to see: Python, torch, costmodel, and the system's libraries."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from functools import cache
from pathlib import Path

SYSTEM = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/nix/store",
    "/System/Library",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/sys/devices/system/cpu",
)
"""Where libraries are; torch's cpuinfo reads the last one."""

PACKAGE = Path(__file__).parents[1]
"""costmodel itself."""


@cache
def needed() -> tuple[str, ...]:
    """Folders outside :data:`SYSTEM` without which the child does not start, outer ones before inner ones."""
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    libraries = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    wanted = {*prefixes, *libraries, *_package_folders(), str(PACKAGE)}
    wanted |= {str(Path(sys.executable).parent), str(Path(sys.executable).resolve().parent)}
    wanted |= {str(Path(place).resolve()) for place in wanted}
    known = [*SYSTEM]
    for place in sorted(wanted, key=lambda p: (len(Path(p).parts), p)):
        if not any(Path(place).is_relative_to(folder) for folder in known) and Path(place).exists():
            known.append(place)
    return tuple(known[len(SYSTEM) :])


@cache
def import_paths() -> tuple[str, ...]:
    """Folders in which the child finds torch, where Python's own start does not name them."""
    return tuple(sorted(_package_folders()))


def _package_folders() -> set[str]:
    found = (importlib.util.find_spec(name) for name in ("torch", "pydantic", "yaml"))
    return {str(Path(spec.origin).parents[1]) for spec in found if spec is not None and spec.origin}


def opened_at(place: Path) -> str:
    """The folder that every child sees and in which a place lies, "" for none."""
    ends = {place.absolute(), place.resolve()}
    folders = (*SYSTEM, *needed())
    seen = {folder: {Path(folder), Path(folder).resolve()} for folder in folders}
    return next((f for f, roots in seen.items() if any(e.is_relative_to(r) for e in ends for r in roots)), "")
