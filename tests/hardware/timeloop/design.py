"""The lab's design as a Timeloop v0.3 folder, written by us from the same figures as hw_specs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ARCH = """\
architecture:
  version: 0.3
  subtree:
    - name: board
      local:
        - name: DRAM
          class: DRAM
          attributes: {type: LPDDR4, width: 64, block-size: 4, word-bits: 16}
      subtree:
        - name: chip
          attributes: {technology: 45nm}
          local:
            - name: shared_glb
              class: smartbuffer_SRAM
              attributes:
                {memory_depth: 16384, memory_width: 64, n_banks: 32, block-size: 4, word-bits: 16,
                 read_bandwidth: 16, write_bandwidth: 16}
          subtree:
            - name: PE[0..255]
              local:
                - name: pe_spad
                  class: smartbuffer_RF
                  attributes: {memory_depth: 192, memory_width: 16, block-size: 1, word-bits: 16, meshX: 16}
                - name: mac
                  class: intmac
                  attributes: {datawidth: 16, meshX: 16}
                - {name: weight_reg, class: reg_storage, attributes: {depth: 1, width: 16, meshX: 16}}
                - {name: input_activation_reg, class: reg_storage, attributes: {depth: 1, width: 16, meshX: 16}}
                - {name: output_activation_reg, class: reg_storage, attributes: {depth: 1, width: 16, meshX: 16}}
"""

COMPONENTS = """\
compound_components:
  version: 0.3
  classes:
    - name: reg_storage
      attributes: {technology: 45nm, width: 16, depth: 1}
      subcomponents: [{name: storage, class: reg}]
      actions: [{name: access}]
    - name: smartbuffer_RF
      attributes: {technology: 45nm}
      subcomponents: [{name: storage, class: regfile}, {name: "address_generators[0..1]", class: intadder}]
      actions: [{name: read}, {name: write}, {name: idle}]
    - name: smartbuffer_SRAM
      attributes: {technology: 45nm}
      subcomponents: [{name: storage, class: SRAM}, {name: "address_generators[0..1]", class: intadder}]
      actions: [{name: read}, {name: write}, {name: idle}]
"""

KEPT = """\
    - {target: pe_spad, type: bypass, keep: [Weights], bypass: [Inputs, Outputs]}
    - {target: weight_reg, type: bypass, keep: [Weights], bypass: [Inputs, Outputs]}
    - {target: input_activation_reg, type: datatype, keep: [Inputs], bypass: [Weights, Outputs]}
    - {target: output_activation_reg, type: bypass, keep: [Outputs], bypass: [Weights, Inputs]}
    - {target: pe_spad, type: temporal, permutation: PQRS}
"""

CONSTRAINTS = f"""\
architecture_constraints:
  targets:
{KEPT}
    - {{target: weight_reg, type: temporal, factors: R=1 S=1 M=1 C=1}}
    - {{target: input_activation_reg, type: temporal, factors: P=1 Q=1 C=1 N=1}}
    - {{target: output_activation_reg, type: temporal, factors: P=1 Q=1 M=1 N=1}}
    - {{target: shared_glb, type: spatial, permutation: CM, split: 1, factors: R=1 S=1 P=1 Q=1}}
"""

MAPSPACE = """\
mapspace_constraints:
  targets:
    - {target: shared_glb, type: spatial, factors: M=16 C=16}
    - {target: shared_glb, type: temporal, factors: R=1 S=1}
    - {target: DRAM, type: temporal, factors: R=1 S=1}
    - {target: output_activation_reg, type: temporal, factors: R=1 S=1}
"""

DEPTHWISE = f"""\
mapspace_constraints:
  targets:
{KEPT}
    - {{target: weight_reg, type: temporal, factors: R=1 S=1 C=1}}
    - {{target: input_activation_reg, type: temporal, factors: P=1 Q=1 C=1 N=1}}
    - {{target: output_activation_reg, type: temporal, factors: P=1 Q=1 N=1 R=1 S=1}}
    - {{target: shared_glb, type: temporal, factors: R=1 S=1}}
    - {{target: DRAM, type: temporal, factors: R=1 S=1}}
"""

MAPPER = """\
mapper:
  optimization-metrics: [delay, energy]
  live-status: False
  num-threads: 8
  timeout: 200
  victory-condition: 200
  algorithm: random-pruned
  max-permutations-per-if-visit: 8
"""

FILES = {
    "arch/simple_weight_stationary.yaml": ARCH,
    "arch/components/all.yaml": COMPONENTS,
    "constraints/arch.yaml": CONSTRAINTS,
    "constraints/map.yaml": MAPSPACE,
    "constraints_dw/all.yaml": DEPTHWISE,
    "mapper/mapper.yaml": MAPPER,
}

ERT = """\
ERT:
  version: 0.3
  tables:
    - name: board.chip.PE[0..255].mac
      actions: [{name: mac_random, energy: 3}, {name: mac_gated, energy: 0.1}]
    - name: board.DRAM
      actions: [{name: read, energy: 100}, {name: write, energy: 101}]
    - name: board.chip.shared_glb
      actions:
        - {name: read, arguments: {data_delta: 0}, energy: 5}
        - {name: read, arguments: {data_delta: 1}, energy: 7.5}
        - {name: write, arguments: {data_delta: 1}, energy: 8}
    - {name: "board.chip.PE[0..255].pe_spad", actions: [{name: read, energy: 1}, {name: write, energy: 2}]}
    - {name: "board.chip.PE[0..255].weight_reg", actions: [{name: access, energy: 0.009}]}
    - {name: "board.chip.PE[0..255].input_activation_reg", actions: [{name: access, energy: 0.009}]}
    - {name: "board.chip.PE[0..255].output_activation_reg", actions: [{name: access, energy: 0.009}]}
"""


def write(folder: Path, changes: Mapping[str, str | None] | None = None) -> Path:
    """Write the design's files; a change of None leaves one out."""
    for name, text in {**FILES, **(changes or {})}.items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    return folder
