"""The machines as tables: accelerators and GPUs apart; as records, one list with the kind of each."""

from __future__ import annotations

from costmodel.ir.machines import Gpu, Machines
from costmodel.reports.table import Cell, Table
from costmodel.reports.view import View

NOUN = Machines

_RATES = ("FP32, TFLOP/s", "TF32, TFLOP/s", "FP16 tensor, TFLOP/s", "BF16 tensor, TFLOP/s", "bandwidth, GB/s")


def tables(machines: Machines, view: View) -> list[Table]:  # noqa: ARG001  # there is nothing to choose
    """Accelerators, then GPUs."""
    accelerators: list[list[Cell]] = [[a.name, a.title] for a in machines.accelerators]
    gpus: list[list[Cell]] = [[g.name, *_figures(g), _mebibytes(g), g.tdp_watts, g.title] for g in machines.gpus]
    headers = ("GPU", *_RATES, "memory, MiB", "TDP, W", "title")
    return [
        Table("Accelerators, that layers are mapped onto", ("hardware", "title"), accelerators),
        Table("GPUs, that a training step is estimated for (and processors)", headers, gpus),
    ]


def records(machines: Machines, view: View) -> Table:  # noqa: ARG001
    """One row a machine."""
    rows: list[list[Cell]] = []
    for a in machines.accelerators:
        rows.append(["accelerator", a.name, a.title, "", a.macs, *[None] * 5, None, None])
    for g in machines.gpus:
        rows.append([g.kind, g.name, g.title, g.architecture, None, *_figures(g), g.memory_bytes, g.tdp_watts])
    headers = ("kind", "name", "title", "architecture", "multiply-accumulate units", *_RATES, "memory, B", "TDP, W")
    return Table("", headers, rows)


def _figures(gpu: Gpu) -> list[Cell]:
    tensor = (gpu.tf32_tflops, gpu.fp16_tensor_tflops, gpu.bf16_tensor_tflops)
    return [gpu.fp32_tflops, *tensor, gpu.gigabytes_per_second]


def _mebibytes(gpu: Gpu) -> int | None:
    return None if gpu.memory_bytes is None else gpu.memory_bytes // 2**20
