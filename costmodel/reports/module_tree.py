"""The module tree as a table, down to a depth: what is deeper counts for the module that it is in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from costmodel.ir.analysis import Analysis, LayerRow
from costmodel.reports.table import Bytes, Cell, Table

_HEADERS = ("module", "type", "shapes", "parameters", "operations", "% of step", "activation out, bytes")
_BRANCH = "  "
_NOTES = (
    "a module's figures include those of the modules in it; (model) is what the model computes outside of all of them",
)


def module_tree(analysis: Analysis, depth: int) -> Table:
    """Every module down to ``depth`` levels (0: all), each with what it holds itself and all that is within it."""
    whole = analysis.totals.operations.step or 1
    rows = [_row(path, analysis.layers, whole) for path in _paths([row.layer for row in analysis.layers], depth)]
    title = "Modules" if not depth else f"Modules, down to level {depth}"
    return Table(title, _HEADERS, rows, _NOTES)


def _paths(layers: Sequence[str], depth: int) -> Iterator[str]:
    """Modules in the order of the layers, those around them first."""
    seen: set[str] = set()
    for layer in layers:
        parts = layer.split(".")
        for count in range(1, len(parts) + 1 if not depth else min(len(parts), depth) + 1):
            path = ".".join(parts[:count])
            if path not in seen:
                seen.add(path)
                yield path


def _row(path: str, layers: Sequence[LayerRow], whole: int) -> list[Cell]:
    inside = [row for row in layers if row.layer == path or row.layer.startswith(f"{path}.")]
    own = next((row for row in inside if row.layer == path), None)
    operations = sum(row.operations.step for row in inside)
    return [
        _BRANCH * path.count(".") + path.rpartition(".")[2],
        own.type if own is not None else "",
        own.shapes if own is not None else "",
        sum(row.parameters for row in inside),
        operations,
        round(100 * operations / whole, 1),
        Bytes(sum(row.output_bytes for row in inside)),
    ]
