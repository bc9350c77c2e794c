"""Trace → Workload: every loop nest becomes a layer problem with the same multiply-accumulates.

A direct convolution keeps its form; a depthwise one gets the depthwise form; other groups are solved one by one.
What has no form of its own becomes a matrix product over the same points: a convolution's input gradient and a
transposed convolution scatter into overlapping windows (M' = C·R·S columns, then added up), a weight gradient reduces
over all positions (C' = N·P·Q), a 3-D convolution gathers its windows first (C' = C·R·S·T).
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from costmodel.ir.counts import CountRow, Counts, merge_places, merge_uncounted
from costmodel.ir.doubts import Uncounted
from costmodel.ir.loopnest import Access, Dataspace, LoopNest
from costmodel.ir.work import ZERO
from costmodel.ir.workload import Layer, LayerProblem, NotMapped, Place, Workload
from costmodel.ops import traits_of
from costmodel.ops.convention import HAET
from costmodel.passes.summary import layer_name

WORD_BITS = 16
"""The lab's accelerator computes with 16-bit integers, whatever the precision of the training."""

PARTS_OF = {
    "inference": ("forward",),
    "training": ("preprocess", "forward", "loss", "backward", "loss_backward", "recompute", "optimizer"),
}
"""Parts of a step that each phase means."""


def lower(counts: Counts, phase: str = "inference") -> Workload:
    """The layer problems of the forward pass (``inference``) or of a whole step (``training``)."""
    rows = [row for row in counts.rows if row.part in PARTS_OF[phase]]
    places: dict[LayerProblem, dict[tuple[str, str], int]] = {}
    for row in rows:
        for nest, times in row.work.nests if row.work is not None else ():
            problem, copies = problem_of(nest)
            times_at = places.setdefault(problem, {})
            place = (row.part, layer_name(row.scope))
            times_at[place] = times_at.get(place, 0) + times * copies
    layers = tuple(
        layer_of(problem, [Place(part=part, layer=layer, times=times) for (part, layer), times in found.items()])
        for problem, found in places.items()
    )
    return Workload(
        phase=phase,
        layers=layers,
        not_mapped=_not_mapped(rows),
        operations=sum(HAET.number(row.work) for row in rows if row.work is not None),
        bytes_moved=sum(row.bytes_read + row.bytes_written for row in rows),
        uncounted=(*merge_uncounted(rows), *_without_nest(rows)),
        varies=counts.varies,
    )


def layer_of(problem: LayerProblem, places: Iterable[Place]) -> Layer:
    """A problem at its places."""
    return Layer(
        places=tuple(places),
        instance=dict(problem.instance),
        depthwise=problem.depthwise,
        word_bits=problem.word_bits,
        lowered_as=problem.lowered_as,
    )


def problem_of(nest: LoopNest) -> tuple[LayerProblem, int]:
    """The problem of a nest, and how many copies of it the nest is (its groups)."""
    bounds = nest.bounds
    groups = bounds.get("G", 1)
    if "R" not in bounds:
        others = prod(bound for dim, bound in nest.dims if dim not in "NMKG")
        return _product(rows=bounds.get("N", 1) * others, columns=bounds.get("M", 1), depth=bounds.get("K", 1)), groups
    positions = bounds["N"] * _product_of(bounds, "DPQ")
    window = _product_of(bounds, "TRS")
    m, c = bounds["M"], bounds["C"]
    if nest.updated.name == "Inputs":
        return _product(rows=positions, columns=c * window, depth=m), groups
    if nest.updated.name == "Weights":
        return _product(rows=c * window, columns=m, depth=positions), groups
    if "T" in bounds:
        return _product(rows=positions, columns=m, depth=c * window), groups
    if groups > 1 and m == c == 1:
        return _convolution(nest, {"C": groups}, "depthwise"), 1
    return _convolution(nest, {"C": c, "M": m}, "convolution"), groups


def _product_of(bounds: dict[str, int], dims: str) -> int:
    return prod(bounds.get(dim, 1) for dim in dims)


def _product(*, rows: int, columns: int, depth: int) -> LayerProblem:
    return LayerProblem(_instance({"C": depth, "M": columns, "N": rows}, {}), False, "matrix product", WORD_BITS)


def _convolution(nest: LoopNest, channels: dict[str, int], kind: str) -> LayerProblem:
    kept = {dim: bound for dim, bound in nest.dims if dim in "NPQRS"}
    inputs = next(d for d in nest.dataspaces if d.name == "Inputs" and d.access is Access.READ)
    return LayerProblem(_instance(channels | kept, _coefficients(inputs)), kind == "depthwise", kind, WORD_BITS)


def _coefficients(inputs: Dataspace) -> dict[str, int]:
    """Strides and dilations from the coefficients of the input's window ranks."""
    names = {"P": "Wstride", "R": "Wdilation", "Q": "Hstride", "S": "Hdilation"}
    return {names[dim]: c for rank in inputs.projection for c, dim in rank.terms if dim in names}


def _instance(bounds: dict[str, int], coefficients: dict[str, int]) -> tuple[tuple[str, int], ...]:
    dims = ("C", "M", "R", "S", "N", "P", "Q")
    known = {dim: bounds.get(dim, 1) for dim in dims if dim != "M" or "M" in bounds}
    steps = {name: coefficients.get(name, 1) for name in ("Wstride", "Hstride", "Wdilation", "Hdilation")}
    return tuple((known | steps).items())


def _without_nest(rows: list[CountRow]) -> tuple[Uncounted, ...]:
    """Counted work that is heavy and in no nest: a machine would spend more on it than on elementwise work."""
    heavy = (row for row in rows if row.work is not None and traits_of(row.op.rpartition(".")[0]).no_nest)
    return merge_places((row for row in heavy if row.work != ZERO), "nest")


def _not_mapped(rows: list[CountRow]) -> tuple[NotMapped, ...]:
    groups: dict[tuple[str, str], list[CountRow]] = {}
    for row in rows:
        if row.work is None or not row.work.nests:
            groups.setdefault((row.op, row.part), []).append(row)
    found = [
        NotMapped(
            op=op,
            part=part,
            times=len(group),
            operations=sum(HAET.number(row.work) for row in group if row.work is not None),
            bytes_moved=sum(row.bytes_read + row.bytes_written for row in group),
        )
        for (op, part), group in groups.items()
    ]
    return tuple(item for item in found if item.operations or item.bytes_moved)
