"""A formula's parameters, and those that its traits name, are the op's in the schema of the torch at hand."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

import pytest
import torch

from costmodel.ops import formulas
from costmodel.ops.formula import Formula

FORMULAS = formulas()


def schema_names(name: str) -> set[str]:
    """Parameter names over all overloads of a packet, and of its in-place form."""
    namespace, _, op = name.partition(".")
    names: set[str] = set()
    for form in (op, op + "_"):
        packet: Any = getattr(getattr(torch.ops, namespace), form, None)
        if packet is not None:
            names |= {a.name for o in packet.overloads() for a in getattr(packet, o)._schema.arguments}
    return names


ELSEWHERE = ("torchvision",)
"""Ops of packages that need not be here: they are compared where the package is."""
NOT_EVERYWHERE = frozenset(
    {"aten.batch_norm_backward", "aten.cholesky", "aten._foreach_clone", "aten._fused_rms_norm",
     "aten._fused_rms_norm_backward", "aten._grouped_mm"}
)  # fmt: skip
"""Ops that are new, or gone, in some torch: no call of them is ever recorded there."""

for package in ELSEWHERE:
    with suppress(ImportError):
        import_module(package)


@pytest.mark.parametrize(("name", "entry"), FORMULAS.items(), ids=FORMULAS)
def test_parameters_are_the_schemas(name: str, entry: Formula) -> None:
    known = schema_names(name)
    if not known and (name == "prim.device" or name.partition(".")[0] in ELSEWHERE or name in NOT_EVERYWHERE):
        return
    assert known, "torch has no such op"
    # a formula for several packets has the parameters of all of them
    known = known.union(*(schema_names(other) for other in entry.names))
    ours = {entry.renamed.get(theirs, theirs) for theirs in known}
    traits = entry.traits
    named = {*traits.weights, *(traits.mixes or ()), traits.looks_up, traits.samples, traits.channel_groups} - {""}
    assert (set(entry.parameters) | named) - {"out"} <= ours


def test_every_op_that_a_formula_is_for_exists_here_or_is_named_as_one_that_need_not() -> None:
    lacking = {name for name in FORMULAS if not schema_names(name) and name.partition(".")[0] not in ELSEWHERE}
    assert lacking <= {"prim.device", *NOT_EVERYWHERE}
