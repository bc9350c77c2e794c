"""The layers that one submission has to pay for, solved within its time: the inside of a limited child."""

from __future__ import annotations

import pickle
import time
from dataclasses import dataclass

from costmodel import backends
from costmodel.backends.backend import Run, Search
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.codec import dumps
from costmodel.ir.cost import LayerCost
from costmodel.ir.workload import Layer, Workload

SOLVED = "costmodel.solved-share/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Layers to solve on a machine."""

    layers: tuple[Layer, ...]
    hardware: HardwareSpec
    search: str
    cache: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """The layers of a share, in their order, and the time that they took."""

    layers: tuple[LayerCost, ...]
    cpu_seconds: float


def warm() -> None:
    """The engine is loaded before the first fork."""
    backends.solver().version()


def solved_before(data: bytes) -> bytes:
    """:class:`Share`, our own pickle → :class:`Solved`, with the layers that are in the cache."""
    share: Share = pickle.loads(data)
    found = backends.solver().solved_before(share.layers, share.hardware, Search(search=share.search))
    return dumps(Solved(layers=found, cpu_seconds=0.0), SOLVED).encode()


def solve(data: bytes) -> bytes:
    """:class:`Share`, our own pickle → :class:`Solved`."""
    share: Share = pickle.loads(data)
    begun = time.process_time()
    layers = Workload(phase="", layers=share.layers, not_mapped=(), operations=1, bytes_moved=0)
    report = backends.load().estimate(layers, share.hardware, Search(search=share.search), Run(cache=share.cache))
    return dumps(Solved(layers=report.layers, cpu_seconds=time.process_time() - begun), SOLVED).encode()
