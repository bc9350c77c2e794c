"""Remarks on work out of sight: honest networks get none; the hostile corpus has what hides its work."""

from __future__ import annotations

import pytest

from costmodel.grading.mappable import too_large
from costmodel.grading.scrutiny.evasions import evasions
from costmodel.grading.scrutiny.remarks import remarks
from costmodel.ir.workload import Layer, Place, Workload
from costmodel.passes.lower import lower
from costmodel.passes.work import count
from costmodel.tracing.training import plan_training, trace_inference, trace_training
from examples.zoo.catalogue import ZOO, Entry

KNOWN = {"GRU classifier": ["out of sight"]}
"""All gates of all steps are one product inside the layer: it does hold more than the layer's input and output."""


@pytest.mark.slow
@pytest.mark.parametrize("entry", ZOO, ids=lambda e: e.name)
def test_an_honest_network_gets_no_remark(entry: Entry) -> None:
    plan = plan_training(entry.reference, {}, {"input": entry.input, "batch": 2})
    training, inference = trace_training(plan), trace_inference(plan)
    found = (*remarks(training, inference), *evasions(training, inference))
    assert [notice.kind.value for notice in found] == KNOWN.get(entry.name, []), found
    assert too_large(lower(count(inference))) == ""


def layer(depthwise: bool = False, **bounds: int) -> Workload:
    places = (Place(part="forward", layer="conv", times=1),)
    one = Layer(places=places, instance=bounds, depthwise=depthwise, word_bits=16, lowered_as="")
    return Workload(phase="inference", layers=(one,), not_mapped=(), operations=1, bytes_moved=0)


@pytest.mark.parametrize(
    ("workload", "said"),
    [
        (layer(C=4096, M=50257, N=1024), ""),
        (layer(C=963_761_198_400), "layer conv is too large to be mapped: a dimension of 963,761,198,400"),
        (layer(C=720720, M=720720, N=55), "28,569,052,512,000 multiply-accumulates, more than 1,000,000,000,000"),
        (layer(depthwise=True, C=960, P=14, Q=14, R=5, S=5), ""),
        (layer(depthwise=True, C=720, P=240, Q=240, R=12, S=12), "more ways to split it than can be searched"),
    ],
)
def test_what_cannot_be_mapped_while_a_class_waits(workload: Workload, said: str) -> None:
    assert said in too_large(workload)
    assert bool(said) == bool(too_large(workload))
