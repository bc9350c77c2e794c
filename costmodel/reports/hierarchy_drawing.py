"""A machine's hierarchy drawn with characters: memories below each other, fan-outs as branches that lead further in."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.files.quoting import printable, safe_text
from costmodel.ir.hierarchy import Hierarchy, MachineLevel


def draw_hierarchy(machine: Hierarchy) -> str:
    """The drawing; names may be a stranger's.

    ::

        DRAM: unlimited, words of 16 bits; read 512 pJ, write 512 pJ for 4 words [Weights Inputs Outputs]
        │
        buffer: 65,536 words of 16 bits; read 74.1 pJ, write 75.2 pJ for 4 words [Weights? Inputs? Outputs?]
        └─ 16 along X, 16 along Y
           │
           spad: 256 × …
    """
    lines = [f"{safe_text(machine.name)}: {safe_text(machine.title)}", ""]
    depth = 0
    for level in machine.levels:
        margin = "   " * depth
        if level.stores:
            lines += [margin + words_of(level), f"{margin}│"]
        fan = fan_out(level)
        if fan:
            if level.stores:
                lines.pop()
            name = "" if level.stores else f"{safe_text(level.name)}: "
            lines += [f"{margin}└─ {name}{fan}", f"{margin}   │"]
            depth += 1
    unit = f"{machine.macs:,} × multiply-accumulate, {machine.word_bits} bits, {machine.mac_pj:.6g} pJ"
    lines.append("   " * depth + unit)
    return printable("\n".join([*lines, *_below(machine)])) + "\n"


def words_of(level: MachineLevel) -> str:
    """A memory in a line."""
    size = "unlimited" if level.words is None else f"{level.words:,} words"
    bits = "" if level.word_bits is None else f" of {level.word_bits} bits"
    if level.words is None:
        bits = f", words{bits}"
    elif level.words == 1:
        size = "1 word"
    kept = " ".join([*level.keeps, *(f"{space}?" for space in level.free)])
    energy = "" if level.read_pj is None else f"; read {level.read_pj:.6g} pJ, write {level.write_pj or 0:.6g} pJ"
    if energy and level.words_per_access > 1:
        energy += f" for {level.words_per_access} words"
    many = f"{level.instances:,} × " if level.instances > 1 else ""
    return f"{safe_text(level.name)}: {many}{size}{bits}{energy} [{safe_text(kept)}]"


def fan_out(level: MachineLevel) -> str:
    """What an instance feeds, in words; "" where it is one of the next level."""
    along = [f"{n} along {axis}" for axis, n in (("X", level.fanout_x), ("Y", level.fanout_y)) if n > 1]
    return ", ".join(along)


def _below(machine: Hierarchy) -> Iterator[str]:
    said = []
    if machine.area_um2 is not None:
        said.append(f"area {machine.area_um2:,.1f} um2")
    if machine.clock_hz is not None:
        said.append(f"clock {machine.clock_hz / 1e6:,.6g} MHz")
    if machine.leakage_watts is not None:
        said.append(f"leakage {machine.leakage_watts * 1e3:,.4g} mW")
    if said:
        yield from ("", ", ".join(said))
    if machine.notes:
        yield ""
        yield from (f"not modelled: {safe_text(note)}" for note in machine.notes)
