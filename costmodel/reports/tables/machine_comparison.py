"""Two accelerators as tables: figures, levels side by side from the outermost in, and the same model on both."""

from __future__ import annotations

from itertools import zip_longest

from costmodel.ir.hierarchy import MachineComparison, MachineLevel
from costmodel.reports.table import Cell, Table
from costmodel.reports.tables import comparison
from costmodel.reports.view import View

NOUN = MachineComparison


def tables(found: MachineComparison, view: View) -> list[Table]:
    """The machines, their memories, the model."""
    notes = [f"NOT ALIKE: {warning}" for warning in found.warnings]
    title = f"{found.before.name} → {found.after.name}"
    figures = Table(title, comparison.HEADERS, [comparison.row(delta) for delta in found.figures], notes)
    on = [] if found.on is None else comparison.tables(found.on, view)
    return [figures, _levels(found), *on]


def records(found: MachineComparison, view: View) -> Table:
    """One row per figure of the machines, of the whole model and of every layer."""
    headers = ("about", "layer", "figure", "unit", "before", "after", "change")
    rows: list[list[Cell]] = [
        ["machine", d.layer, d.figure, d.unit, d.before, d.after, d.change] for d in found.figures
    ]
    if found.on is not None:
        rows += [["model", *row] for row in comparison.records(found.on, view).rows]
    return Table("", headers, rows)


def _levels(found: MachineComparison) -> Table:
    sides = [[level for level in machine.levels if level.stores] for machine in (found.before, found.after)]
    rows: list[list[Cell]] = [[*_side(one), *_side(other)] for one, other in zip_longest(*sides)]
    half = ("instances", "words", "bits", "read, pJ/bit")
    headers = (found.before.name, *half, found.after.name, *half)
    return Table("Memories, outermost first", headers, rows)


def _side(level: MachineLevel | None) -> list[Cell]:
    if level is None:
        return ["", None, None, None, None]
    words: Cell = "unlimited" if level.words is None else level.words
    bits: Cell = "" if level.word_bits is None else level.word_bits
    return [level.name, level.instances, words, bits, _rounded(level.read_pj_a_bit)]


def _rounded(energy: float | None) -> Cell:
    """Four digits: both machines fit beside each other, and the exact energies are those of each machine."""
    return None if energy is None else float(f"{energy:.4g}")
