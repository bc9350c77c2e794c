"""Layer problems: names in, names out, and what is refused."""

from __future__ import annotations

import pytest

from costmodel.errors import FormatError
from costmodel.mapping.problem import Problem


def test_an_instance_survives_the_round_trip() -> None:
    instance = {"C": 3, "M": 6, "R": 5, "S": 5, "N": 2, "P": 28, "Q": 27, "Wstride": 2, "Hstride": 3}
    instance |= {"Wdilation": 4, "Hdilation": 5}
    assert Problem.from_instance(instance).to_instance() == instance


def test_a_depthwise_layer_has_no_m() -> None:
    assert Problem.from_instance({"C": 8, "P": 4}, depthwise=True).dims == ("C", "R", "S", "N", "P", "Q")
    with pytest.raises(FormatError, match="unknown dim 'M'; a depthwise layer has C, R"):
        Problem.from_instance({"C": 8, "M": 8}, depthwise=True)
    with pytest.raises(FormatError, match="M is 4, but a depthwise layer has no M"):
        Problem(C=4, M=4, depthwise=True)


@pytest.mark.parametrize("value", [0, -3, 1.5, True, "4", None])
def test_a_dim_is_a_positive_whole_number(value: object) -> None:
    with pytest.raises(FormatError, match=r"problem: C is .*; a dimension is a whole number of at least 1"):
        Problem.from_instance({"C": value})  # type: ignore[dict-item]
    with pytest.raises(FormatError, match=r"problem: Wstride is"):
        Problem.from_instance({"C": 4, "Wstride": value})  # type: ignore[dict-item]


def test_an_unknown_dim_lists_the_known() -> None:
    with pytest.raises(FormatError, match=r"unknown dim 'K'; a convolution has C, M, R, S, N, P, Q, Wstride"):
        Problem.from_instance({"K": 4})
