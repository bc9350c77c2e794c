"""An accelerator's levels as a table, outermost first."""

from __future__ import annotations

from costmodel.ir.hierarchy import Hierarchy, MachineLevel
from costmodel.reports.hierarchy_drawing import fan_out
from costmodel.reports.table import Cell, Table
from costmodel.reports.view import View

NOUN = Hierarchy

_HEADERS = (
    "level",
    "instances",
    "words",
    "an access",
    "bits",
    "read, pJ",
    "write, pJ",
    "keeps (? if the mapping chooses)",
    "feeds",
)


def tables(machine: Hierarchy, view: View) -> list[Table]:  # noqa: ARG001  # there is nothing to choose
    """The levels; below them what the files say and no figure knows of."""
    rows = [_row(level) for level in machine.levels]
    rows.append(["multiply-accumulate", machine.macs, "", "", machine.word_bits, machine.mac_pj, "", "", ""])
    notes = [f"NOT MODELLED: {note}" for note in machine.notes]
    return [Table(f"{machine.name}: {machine.title}", _HEADERS, rows, notes)]


def records(machine: Hierarchy, view: View) -> Table:  # noqa: ARG001
    """One row a level."""
    headers = (
        "level",
        "instances",
        "words",
        "words_per_access",
        "word_bits",
        "read_pj",
        "write_pj",
        "keeps",
        "free",
        "x",
        "y",
    )
    rows: list[list[Cell]] = [
        [o.name, o.instances, o.words, o.words_per_access, o.word_bits, o.read_pj, o.write_pj, " ".join(o.keeps),
         " ".join(o.free), o.fanout_x, o.fanout_y] for o in machine.levels
    ]  # fmt: skip
    return Table("", headers, rows)


def _row(level: MachineLevel) -> list[Cell]:
    words: Cell = "" if not level.stores else "unlimited" if level.words is None else level.words
    keeps = ", ".join([*level.keeps, *(f"{space}?" for space in level.free)])
    energies: list[Cell] = ["" if pj is None else pj for pj in (level.read_pj, level.write_pj)]
    bits: Cell = "" if level.word_bits is None else level.word_bits
    access: Cell = level.words_per_access if level.stores else ""
    return [level.name, level.instances, words, access, bits, *energies, keeps, fan_out(level)]
