"""Arguments of a constructor that hold sizes, and the same with another one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from costmodel.tracing.finding.arguments import resizings, sized
from costmodel.tracing.finding.choice import Known, choose

LONG = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (58, [("w=58 → 64", 64)]),
        (57, []),
        (True, []),
        ([58, "M"], [("w=[58, 'M'] → [64, 'M']", [64, "M"])]),
        (((1, 58), 2), [("w=((1, 58), 2) → ((1, 64), 2)", ((1, 64), 2))]),
        ({"a": 58}, []),
    ],
)
def test_a_number_inside_an_argument(value: Any, wanted: list[tuple[str, Any]]) -> None:
    assert list(resizings("w", value, 58, 64)) == wanted


def test_what_is_too_long_to_be_shown_is_named_by_its_place() -> None:
    one, two, both = resizings("cfg", LONG, 128, 96)
    assert (one[0], two[0], both[0]) == ("cfg[3]=128 → 96", "cfg[4]=128 → 96", "cfg[3]=128 → 96, cfg[4]=128 → 96")
    assert both[1] == [*LONG[:3], 96, 96, *LONG[5:]]
    assert LONG[3] == 128


def test_arguments_with_sizes_are_those_given_and_the_defaults() -> None:
    def build(width: int = 8, channels: Any = (1, 2), name: str = "x", bias: bool = True, rest: Any = ("M",)) -> None:
        """Nothing."""

    assert sized(build, {"width": 4}) == {"width": 4, "channels": (1, 2)}
    assert sized(min, {}) == {}


@pytest.mark.parametrize(
    ("makes", "arguments"),
    [
        ("    return Net(width, depth=2)\n", "width=8, depth=2"),
        ("    net = Net(width)\n    return nn.Sequential(net) if width > 9 else net\n", "by get_model(width=8)"),
    ],
)
def test_a_function_shows_what_it_hands_to_the_class(makes: str, arguments: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "from torch import nn\nclass Net(nn.Linear):\n    def __init__(self, width=4, depth=1):\n"
        f"        super().__init__(4, width)\ndef get_model(width=8):\n{makes}",
        encoding="utf-8",
    )
    known = Known(settings={"input": "4"}, defaults={})
    assert choose(tmp_path, known).plan.subject.arguments == arguments
