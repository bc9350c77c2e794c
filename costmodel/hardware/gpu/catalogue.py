"""The catalogue of machines: every accelerator and every GPU that comes with costmodel, a line each."""

from __future__ import annotations

from costmodel.hardware.gpu.cards import load_gpu
from costmodel.hardware.gpu.spec import GpuSpec, Precision
from costmodel.hardware.machines import gpu_names, hardware_names, load_hardware
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.machines import Accelerator, Gpu, Machines


def machines() -> Machines:
    """The machines that come with costmodel, by kind and name."""
    return Machines(
        accelerators=tuple(_accelerator(load_hardware(name)) for name in hardware_names()),
        gpus=tuple(_gpu(load_gpu(name)) for name in gpu_names()),
    )


def _accelerator(spec: HardwareSpec) -> Accelerator:
    levels = tuple(level.name for level in spec.levels if level.stores)
    return Accelerator(name=spec.name, title=spec.title, macs=int(spec.compute.units.value), levels=levels)


def _gpu(spec: GpuSpec) -> Gpu:
    def peak(precision: Precision) -> float | None:
        found = getattr(spec.peaks, precision)
        return None if found is None else float(found.value)

    return Gpu(
        name=spec.name,
        title=spec.title,
        kind=spec.kind,
        architecture=spec.architecture,
        fp32_tflops=float(spec.peaks.fp32.value),
        tf32_tflops=peak("tf32"),
        fp16_tensor_tflops=peak("fp16_tensor"),
        bf16_tensor_tflops=peak("bf16_tensor"),
        gigabytes_per_second=float(spec.bandwidth.value),
        memory_bytes=spec.memory_bytes,
        tdp_watts=float(spec.tdp.value),
    )
