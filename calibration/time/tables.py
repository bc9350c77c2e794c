"""The measurements beside this file, as a fit needs them: groups of cases that run alike."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from costmodel.backends.gpu.time.kernel_table import Floats, Integers, KernelTable, columns_of
from costmodel.backends.gpu.time.options import Running
from costmodel.ir.kernel import Kernel, KernelKind, Product
from costmodel.ir.phase import Phase

FOLDER = Path(__file__).parent
Networks: TypeAlias = "dict[str, list[tuple[Kernel, int]]]"
"""Distinct kernels of each network's step, and how often each runs."""
_DTYPE = {"fp32": "float32", "half": "float16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A measured step (or inference).

    Attributes:
        source: who measured.
        network, family: its kernels' name in networks.jsonl.gz, and the networks that are like it.
        card: of hw_specs/gpu.
        host: steps with one name ran on one host.
        update: how the optimizer runs: ``loop`` (a kernel per tensor), ``none``.
        copied_bytes: of the batch, where the measured time holds its way to the card.
    """

    source: str
    network: str
    family: str
    card: str
    running: Running
    host: str
    update: str
    copied_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Cases of one card, layout and precision: distinct kernels once, and which case runs which how often."""

    card: str
    running: Running
    table: KernelTable
    steps: tuple[Step, ...]
    row: Integers
    case: Integers
    count: Floats
    kernels: Floats
    views: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Singles:
    """Single kernels of one source and card, each measured alone."""

    source: str
    card: str
    running: Running
    table: KernelTable
    seconds: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How much faster one card was than another, in the median over many networks, some of which are in the tables.

    Attributes:
        faster, slower: cards of hw_specs/gpu.
        of, layout: source and layout of the steps whose estimated ratio is compared.
        ratio: the published one.
    """

    faster: str
    slower: str
    of: str
    layout: str
    ratio: float


def read_ratios() -> list[Ratio]:
    """ratios.csv."""
    with (FOLDER / "ratios.csv").open(newline="", encoding="utf-8") as file:
        return [
            Ratio(
                faster=row["faster"],
                slower=row["slower"],
                of=row["of"],
                layout=row["layout"],
                ratio=float(row["ratio"]),
            )
            for row in csv.DictReader(file)
        ]


def read_steps() -> list[Step]:
    """steps.csv."""
    with (FOLDER / "steps.csv").open(newline="", encoding="utf-8") as file:
        return [
            Step(
                source=row["source"],
                network=row["network"],
                family=row["family"],
                card=row["card"],
                running=Running(precision=_precision(row["precision"]), layout=row["layout"]),
                host=row["host"],
                update=row["update"],
                copied_bytes=int(row["copied_bytes"]),
                seconds=float(row["seconds"]),
            )
            for row in csv.DictReader(file)
        ]


def _precision(word: str) -> str | None:
    return {"default": None, "half": "fp32"}.get(word, word)


def read_networks() -> Networks:
    """networks.jsonl.gz: distinct kernels of each network's step, and how often each runs."""
    found = {}
    with gzip.open(FOLDER / "networks.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            found[record["network"]] = [kernel_of(row) for row in record["kernels"]]
    return found


def kernel_of(row: list[Any]) -> tuple[Kernel, int]:
    """A kernel from its row in networks.jsonl.gz; the order is that of :func:`row_of` in networks.py."""
    kind, op, phase, dtype, macs, nbytes, tensors, steps = row[:8]
    times, rows, columns, depth, role, taps, stride, high, wide, n = row[8:]
    product = Product(
        times=times, rows=rows, columns=columns, depth=depth, role=role or "forward", taps=taps, stride=stride,
        image=(high, wide),
    )  # fmt: skip
    kernel = Kernel(
        kind=KernelKind(kind), op=f"aten.{op}", scope="", phase=Phase(phase), dtype=dtype, macs=macs, scalar_ops=0,
        nbytes=nbytes, product=product if times else None, tensors=tensors, steps=steps,
    )  # fmt: skip
    return kernel, n


def groups(steps: Iterable[Step], networks: Networks) -> list[Group]:
    """The cases, by how they run."""
    alike: dict[tuple[str, Running], list[Step]] = {}
    for step in steps:
        alike.setdefault((step.card, step.running), []).append(step)
    return [_group(card, running, cases, networks) for (card, running), cases in alike.items()]


def _group(card: str, running: Running, cases: list[Step], networks: Networks) -> Group:
    rows: dict[Kernel, int] = {}
    entries = [
        (rows.setdefault(kernel, len(rows)), case, count)
        for case, step in enumerate(cases)
        for kernel, count in networks[step.network]
    ]
    row, case, times = (np.array(column, dtype=np.int64) for column in zip(*entries, strict=True))
    count: Floats = times.astype(np.float64)
    none = np.array([kernel.kind is KernelKind.NONE for kernel in rows])[row]
    return Group(
        card=card,
        running=running,
        table=columns_of(rows, [1] * len(rows)),
        steps=tuple(cases),
        row=row,
        case=case,
        count=count,
        kernels=np.bincount(case[~none], count[~none], minlength=len(cases)).astype(np.float64),
        views=np.bincount(case[none], count[none], minlength=len(cases)).astype(np.float64),
    )


def read_singles() -> list[Singles]:
    """single_kernels.csv, by source, card and precision."""
    alike: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    with (FOLDER / "single_kernels.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            alike.setdefault((row["source"], row["card"], row["precision"]), []).append(row)
    return [
        Singles(
            source=source if precision == "fp32" else f"{source}-{precision}",
            card=card,
            running=Running(precision="fp32"),
            table=columns_of([_single(row, precision) for row in rows], [1] * len(rows)),
            seconds=np.array([float(row["seconds"]) for row in rows]),
        )
        for (source, card, precision), rows in alike.items()
    ]


def _single(row: dict[str, str], precision: str) -> Kernel:
    times, rows, columns, depth, taps, stride, height, width = (
        int(row[name]) for name in ("times", "rows", "columns", "depth", "taps", "stride", "height", "width")
    )
    product = Product(
        times=times, rows=rows, columns=columns, depth=depth, role=row["role"], taps=taps, stride=stride,
        image=(height, width),
    )  # fmt: skip
    return Kernel(
        kind=KernelKind(row["kind"]), op=f"aten.{row['kind']}", scope="", phase=Phase(row["phase"]),
        dtype=_DTYPE[precision], macs=times * rows * columns * depth, scalar_ops=0, nbytes=int(row["nbytes"]),
        product=product if times else None,
    )  # fmt: skip
