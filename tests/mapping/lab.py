"""The lab's accelerator, ``simple_weight_stationary``, as a value.

Figures: the energy table of the course's docker of February 2022 (Accelergy of August 2021, Aladdin and CACTI
plug-ins at 45 nm) and the design's architecture and constraint files.
"""

from __future__ import annotations

from costmodel.mapping.machine import Behaviour, Constraints, LoopConstraint, Machine, StorageLevel
from costmodel.mapping.problem import DATASPACES

# The class reg_storage offers only the action "access"; Timeloop finds neither read nor write there and silently
# keeps its own PAT model, E = ((5/99.5)·(KB − 0.5) + 1)·width/16, whose KB is depth·width/8192.
REGISTER_PJ = (5 / 99.5) * (16 / 8192 - 0.5) + 1


def simple_weight_stationary(behaviour: Behaviour = "D") -> Machine:
    """16 × 16 PEs with three one-word registers and a 192-word weight scratchpad each, a 128 KiB buffer, DRAM."""
    return Machine(
        name="simple_weight_stationary",
        levels=(
            _register("output_activation_reg"),
            _register("input_activation_reg"),
            _register("weight_reg"),
            StorageLevel(name="pe_spad", entries=192, read_pj=1.58552, write_pj=1.58552),
            StorageLevel(
                name="shared_glb",
                entries=65536,
                words_per_access=4,
                read_pj=74.1442,
                write_pj=75.2148,
                read_bandwidth=16,
                write_bandwidth=16,
                fanout_x=16,
                fanout_y=16,
            ),
            StorageLevel(name="DRAM", entries=None, words_per_access=4, read_pj=512, write_pj=512),
        ),
        mac_pj=2.20035,
        mac_units=256,
        behaviour=behaviour,
        constraints=_convolution(),
        depthwise_constraints=_depthwise(),
    )


def _register(name: str) -> StorageLevel:
    return StorageLevel(name=name, entries=1, read_pj=REGISTER_PJ, write_pj=REGISTER_PJ)


def _ones(dims: str) -> tuple[tuple[str, int], ...]:
    return tuple((dim, 1) for dim in dims)


def _only(name: str, kept: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]]]:
    return (name, kept), (name, tuple(v for v in DATASPACES if v not in kept))


_STORED = (
    _only("output_activation_reg", ("Outputs",)),
    _only("input_activation_reg", ("Inputs",)),
    _only("weight_reg", ("Weights",)),
    _only("pe_spad", ("Weights",)),
    _only("DRAM", DATASPACES),
)
"""Everywhere but in the global buffer the architecture says what is kept."""


def _constraints(loops: tuple[LoopConstraint, ...]) -> Constraints:
    return Constraints(loops=loops, keep=tuple(k for k, _ in _STORED), bypass=tuple(b for _, b in _STORED))


def _convolution() -> Constraints:
    return _constraints(
        (
            LoopConstraint(target="output_activation_reg", factors=_ones("MNPQRS")),
            LoopConstraint(target="input_activation_reg", factors=_ones("CNPQ")),
            LoopConstraint(target="weight_reg", factors=_ones("CMRS")),
            LoopConstraint(target="pe_spad", permutation=tuple("PQRS")),
            LoopConstraint(
                target="shared_glb",
                spatial=True,
                factors=(*_ones("PQRS"), ("C", 16), ("M", 16)),
                permutation=("C", "M"),
                split=1,
            ),
            LoopConstraint(target="shared_glb", factors=_ones("RS")),
            LoopConstraint(target="DRAM", factors=_ones("RS")),
        )
    )


def _depthwise() -> Constraints:
    return _constraints(
        (
            LoopConstraint(target="output_activation_reg", factors=_ones("NPQRS")),
            LoopConstraint(target="input_activation_reg", factors=_ones("CNPQ")),
            LoopConstraint(target="weight_reg", factors=_ones("CRS")),
            LoopConstraint(target="pe_spad", permutation=tuple("PQRS")),
            LoopConstraint(target="shared_glb", factors=_ones("RS")),
            LoopConstraint(target="DRAM", factors=_ones("RS")),
        )
    )
