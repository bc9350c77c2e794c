"""Where a stage runs: its folders, its cores and its environment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from costmodel.measuring.budget import Budget
from costmodel.measuring.inside import gpu_cap
from costmodel.measuring.own_python import OwnPython

PRINTED_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a stage runs.

    Attributes:
        folder: the entry's own, its working directory.
        data: the data set, None for none.
        logs: where what it prints goes.
        hidden: what it does not see, where the enclosure can hide it.
        environment: variables beside ours.
        python: its own environment, None for the present one.
    """

    folder: Path
    logs: Path
    data: Path | None = None
    hidden: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    python: OwnPython | None = None
    printed_bytes: int = PRINTED_BYTES


def cores_of(budget: Budget) -> tuple[int, ...]:
    """The cores that a stage may run on: the first ones of ours."""
    allowed = sorted(os.sched_getaffinity(0))
    return tuple(allowed) if budget.cpus is None else tuple(allowed[: budget.cpus])


def environment_of(place: Place, budget: Budget) -> dict[str, str]:
    """What the entry's environment holds: of ours, where programs, libraries and GPUs are, and no more."""
    kept = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ", "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "VIRTUAL_ENV")
    temporary = place.folder / ".tmp"
    temporary.mkdir(exist_ok=True)
    cores = str(len(cores_of(budget)))
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(place.folder),
        "TMPDIR": str(temporary),
        "OMP_NUM_THREADS": cores,
        "MKL_NUM_THREADS": cores,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **({} if place.data is None else {"COSTMODEL_DATA": str(place.data)}),
        **_gpu_cap(place, budget),
        **_own_python(place),
        **place.environment,
    }


def _own_python(place: Place) -> dict[str, str]:
    if place.python is None:
        return {}
    programs = os.pathsep.join((str(place.python.programs), os.environ.get("PATH", os.defpath)))
    return {"PATH": programs, "VIRTUAL_ENV": str(place.python.folder)}


def _gpu_cap(place: Place, budget: Budget) -> dict[str, str]:
    """Torch's allocator keeps to the limit by itself, in every Python that the entry starts."""
    if budget.gpu_memory is None:
        return {}
    folder = place.folder / ".gpu-cap"
    folder.mkdir(exist_ok=True)
    shutil.copyfile(gpu_cap.__file__, folder / "sitecustomize.py")
    return {"PYTHONPATH": str(folder), gpu_cap.LIMIT: str(budget.gpu_memory)}
