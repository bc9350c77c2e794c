"""The noun Mapping: canonical text, JSON in and out."""

from __future__ import annotations

from typing import Any

import pytest

from costmodel.errors import FormatError
from costmodel.mapping.mapping import Mapping

LEVELS: list[dict[str, Any]] = [
    {"target": "DRAM", "keep": ["Weights", "Inputs", "Outputs"], "loops": [{"dim": "Q", "bound": 14, "spatial": None}]},
    {
        "target": "shared_glb",
        "keep": ["Outputs", "Inputs"],
        "loops": [
            {"dim": "C", "bound": 3, "spatial": "X"},
            {"dim": "P", "bound": 2, "spatial": None},
            {"dim": "R", "bound": 1, "spatial": None},
            {"dim": "M", "bound": 6, "spatial": "Y"},
        ],
    },
]


def test_the_text_is_canonical() -> None:
    assert str(Mapping.from_json(LEVELS)) == "DRAM[WIO] Q14 - shared_glb[IO] P2 M6Y C3X"


def test_json_survives_the_round_trip() -> None:
    written = Mapping.from_json(LEVELS).to_json()
    assert Mapping.from_json(written).to_json() == written
    assert [loop["dim"] for loop in written[1]["loops"]] == ["P", "M", "C"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": 3}, r"mapping\[0\].target is 3; it should be a str"),
        ({"keep": ["Weight"]}, r"mapping\[0\].keep: unknown data space 'Weight'; known: Weights, Inputs, Outputs"),
        ({"loops": [{"dim": "Q"}]}, r"mapping\[0\].loops\[0\].bound is missing"),
        ({"loops": [{"dim": "Q", "bound": 2, "spatial": "Z"}]}, r"loops\[0\].spatial is 'Z'; it is X, Y or null"),
        ({"loops": ["Q14"]}, r"mapping\[0\].loops\[0\].dim is missing"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        Mapping.from_json([LEVELS[0] | change])
