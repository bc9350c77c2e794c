"""A small layer on the lab's machine, to see whether a backend works at all."""

from __future__ import annotations

from costmodel.hardware.machines import load_hardware
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.workload import Layer, Place, Workload

_MACHINE = "simple_weight_stationary"


def trial_machine() -> HardwareSpec:
    """The machine of the trial."""
    return load_hardware(_MACHINE)


def trial_workload() -> Workload:
    """One convolution with enough channels for the array to be used."""
    layer = Layer(
        places=(Place(part="forward", layer="trial", times=1),),
        instance={"C": 16, "M": 16, "R": 3, "S": 3, "P": 4, "Q": 4},
        depthwise=False,
        word_bits=16,
        lowered_as="convolution",
    )
    return Workload(phase="inference", layers=(layer,), not_mapped=(), operations=layer.macs, bytes_moved=0)
