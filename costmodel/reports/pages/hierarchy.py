"""The page of a machine: what it is at a glance, its levels drawn, and the table of them."""

from __future__ import annotations

from costmodel.ir.hierarchy import Hierarchy
from costmodel.reports.charts.hierarchy import hierarchy
from costmodel.reports.html.parts import Parts, tiles
from costmodel.reports.tables import hierarchy as tables_of
from costmodel.reports.view import View

NOUN = Hierarchy


def parts(machine: Hierarchy, view: View) -> Parts:
    """Units, area and clock; the picture; the table."""
    shown = tables_of.tables(machine, view)
    said = [("multiply-accumulate units", f"{machine.macs:,}", f"{machine.word_bits} bits, {machine.mac_pj:.6g} pJ")]
    if machine.area_um2 is not None:
        said.append(("area", f"{machine.area_um2 / 1e6:,.4g} mm²", f"{machine.area_um2:,.1f} um2"))
    if machine.clock_hz is not None:
        said.append(("clock", f"{machine.clock_hz / 1e6:,.4g} MHz", ""))
    return Parts(shown[0].title, tiles(*said), [hierarchy(machine)], shown)
