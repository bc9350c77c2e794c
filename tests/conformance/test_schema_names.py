"""A formula's parameters are named as in the op's schema: calls are matched to formulas by name."""

from __future__ import annotations

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


@pytest.mark.parametrize(("name", "entry"), FORMULAS.items(), ids=FORMULAS)
def test_parameters_are_the_schemas(name: str, entry: Formula) -> None:
    known = schema_names(name)
    assert known or name == "prim.device"
    unknown = set(entry.parameters) - {"out"} - known
    # a formula for several packets has the parameters of all of them
    elsewhere = set().union(*(schema_names(other) for other in entry.names))
    assert not unknown - elsewhere
