"""How large a submission's layers may be, each bound from both sides."""

from __future__ import annotations

import pytest

from costmodel.grading import mappable
from costmodel.grading.mappable import too_large
from costmodel.ir.workload import Layer, Place, Workload


def layer(name: str = "conv", depthwise: bool = False, **bounds: int) -> Layer:
    places = (Place(part="forward", layer=name, times=1),)
    return Layer(places=places, instance=bounds, depthwise=depthwise, word_bits=16, lowered_as="")


def workload(*layers: Layer) -> Workload:
    return Workload(phase="inference", layers=layers, not_mapped=(), operations=1, bytes_moved=0)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (layer(C=10**6, M=10**6), ""),
        (layer(C=10**6, M=10**6 + 1), "layer conv is too large to be mapped: 1,000,001,000,000 multiply-accumulates, "
         "more than 1,000,000,000,000"),
        (layer(C=2**31 - 1), ""),
        (layer("", C=2**31), "layer the model itself is too large to be mapped: a dimension of 2,147,483,648"),
        # 84^4 × 4 ways are few enough, 84^5 × 4 are not
        (layer(depthwise=True, C=64, P=64, Q=64, R=64, N=2), ""),
        (layer(depthwise=True, C=64, P=64, Q=64, R=64, N=64, S=2), "layer conv is too large to be mapped: a depthwise "
         "convolution with more ways to split it than can be searched"),
        (layer(C=64, P=64, Q=64, R=64, N=64, S=2), ""),
    ],
)  # fmt: skip
def test_one_layer(one: Layer, said: str) -> None:
    assert too_large(workload(one)) == said
    assert too_large(workload(layer(C=1), one)) == said


def test_how_many_layers() -> None:
    assert too_large(workload(*(layer(C=n + 1) for n in range(256)))) == ""
    assert too_large(workload(*(layer(C=n + 1) for n in range(257)))) == (
        "257 different layer problems are too many to be mapped: more than 256"
    )
    assert too_large(workload()) == ""


@pytest.mark.parametrize(
    ("bound", "ways"),
    [(1, 1), (2, 4), (3, 4), (4, 10), (6, 16), (8, 20), (9, 10), (12, 40), (64, 84), (97, 4), (210, 256)],
)
def test_ordered_factorizations_into_four(bound: int, ways: int) -> None:
    assert mappable._splits(bound) == ways


def test_the_bound_on_the_ways_to_split_a_depthwise_layer() -> None:
    assert mappable._MOST_DEPTHWISE_CHOICES == 10_000_000_000
    # 4^16 = 4,294,967,296 ways, and 4^17 = 17,179,869,184
    four = 2 * 3 * 5 * 7
    assert too_large(workload(layer(depthwise=True, C=four, P=four, Q=four, R=four))) == ""
    assert "more ways" in too_large(workload(layer(depthwise=True, N=2, C=four, P=four, Q=four, R=four)))
