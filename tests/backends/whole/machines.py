"""A toy machine whose every figure can be told by hand, as the YAML that a user writes."""

from __future__ import annotations

from pathlib import Path

from costmodel.hardware.machines import load_hardware
from costmodel.hardware.spec import HardwareSpec

TOY = """
name: toy
title: "one multiplier, a buffer that holds nothing of a mapping, DRAM"
timeloop: D
sources: {mine: "made up"}
clock: {value: 2, unit: MHz, source: mine}
compute:
  units: {value: 1, unit: MACs, source: mine}
  word_bits: {value: 8, unit: bits, source: mine}
  energy: {value: 1, unit: pJ, source: mine}
  area: {value: 500000, unit: um2, source: mine}
  leakage: {value: 3, unit: uW, source: mine}
levels:
  - name: buffer
    instances: {value: 2, unit: instances, source: mine}
    capacity: {value: 32, unit: words, source: mine}
    words_per_access: {value: 4, unit: words, source: mine}
    read: {value: 2, unit: pJ, source: mine}
    write: {value: 3, unit: pJ, source: mine}
    read_bandwidth: {value: 1, unit: words/cycle, source: mine}
    area: {value: 1000000, unit: um2, source: mine}
    leakage: {value: 1, unit: uW, source: mine}
  - name: DRAM
    instances: {value: 1, unit: instances, source: mine}
    words_per_access: {value: 8, unit: words, source: mine}
    read: {value: 100, unit: pJ, source: mine}
    write: {value: 110, unit: pJ, source: mine}
    area: {value: 0, unit: um2, source: mine}
    keep: [Weights, Inputs, Outputs]
vector:
  level: buffer
  word_bits: {value: 8, unit: bits, source: mine}
  lanes: {value: 3, unit: operations/cycle, source: mine}
  add: {value: 1, unit: pJ, source: mine}
  compare: {value: 0.5, unit: pJ, source: mine}
  multiply: {value: 2, unit: pJ, source: mine}
  divide: {value: 7, unit: pJ, source: mine}
"""


def toy_file(folder: Path, old: str = "", new: str = "") -> Path:
    """The machine as a file, with something else in the place of some words."""
    assert old in TOY
    file = folder / "toy.yaml"
    file.write_text(TOY.replace(old, new) if old else TOY, encoding="utf-8")
    return file


def toy(folder: Path, old: str = "", new: str = "") -> HardwareSpec:
    return load_hardware(str(toy_file(folder, old, new)))
