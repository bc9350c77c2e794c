"""(workload, machine) → cost report: one backend per module or folder, found by existing; see :mod:`.backend`."""

from __future__ import annotations

import importlib
from typing import cast

from costmodel.backends.backend import Backend, Exporter, Solver, Verifier
from costmodel.errors import UnknownNameError
from costmodel.files.varieties import names_in

DEFAULT = "analytical"
"""The backend of whoever names none."""

_SHARED = ("backend", "gpu", "totals", "trial", "whole")
"""Modules of this folder that are not backends."""


def names() -> list[str]:
    """Every backend, the default one first."""
    known = [name for name in names_in(__path__) if name not in _SHARED]
    return sorted(known, key=lambda name: name != DEFAULT)


def load(name: str = DEFAULT) -> Backend:
    """A backend by name.

    Raises:
        UnknownNameError: no such backend.
    """
    if name not in names():
        raise UnknownNameError("backend", name, names())
    return cast(Backend, importlib.import_module(f"{__name__}.{name}"))


def solvers() -> dict[str, Solver]:
    """The backends that solve single layer problems."""
    return {name: backend for name in names() if isinstance(backend := load(name), Solver)}


def verifiers() -> dict[str, Verifier]:
    """The backends that evaluate the mappings of another one."""
    return {name: backend for name in names() if isinstance(backend := load(name), Verifier)}


def exporters() -> dict[str, Exporter]:
    """The backends whose tool's own files can be written."""
    return {name: backend for name in names() if isinstance(backend := load(name), Exporter)}


def exporter(name: str) -> Exporter:
    """The backend whose files are asked for.

    Raises:
        UnknownNameError: no such backend, or it has no files.
    """
    known = exporters()
    if name not in known:
        raise UnknownNameError("target for --to", name, known)
    return known[name]


def solver() -> Solver:
    """The first backend that solves single layer problems."""
    return next(iter(solvers().values()))


def verifier() -> Verifier:
    """The first backend that evaluates the mappings of another one."""
    return next(iter(verifiers().values()))
