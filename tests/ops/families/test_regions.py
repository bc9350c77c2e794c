"""Regions of feature maps against samples of ``F.grid_sample`` and autograd: torch itself has no such ops."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from costmodel.ir.tensor import TensorMeta
from costmodel.ops.families.regions import nms, ps_roi_align, roi_align, roi_align_backward
from tests.ops.executed import counted, run, same
from tests.ops.strategies import tensor

ROIS = torch.tensor([[0, 1.0, 2.0, 9.0, 8.0], [1, 2.0, 1.0, 5.0, 5.5], [0, 6.0, 3.0, 9.2, 10.1]]).double()
"""Inside the image, where samples are those of a clamped ``grid_sample``."""


def reference(image: torch.Tensor, call: dict[str, Any]) -> torch.Tensor:
    """Each place sampled apart, then the mean of each bin."""
    h, w = image.shape[2:]
    ph, pw, ratio = call["pooled_height"], call["pooled_width"], call["sampling_ratio"]
    results = []
    for roi in call["rois"]:
        x1, y1, x2, y2 = roi[1:] * call["spatial_scale"] - (0.5 if call["aligned"] else 0.0)
        width, height = x2 - x1, y2 - y1
        if not call["aligned"]:
            width, height = width.clamp(1), height.clamp(1)
        ys = y1 + (torch.arange(ph * ratio).double() + 0.5) * height / ph / ratio
        xs = x1 + (torch.arange(pw * ratio).double() + 0.5) * width / pw / ratio
        grid = torch.stack(torch.meshgrid((ys + 0.5) * 2 / h - 1, (xs + 0.5) * 2 / w - 1, indexing="ij")[::-1], -1)
        one = image[int(roi[0])][None]
        sampled = F.grid_sample(one, grid[None], padding_mode="border", align_corners=False)
        results.append(F.avg_pool2d(sampled, ratio)[0])
    return torch.stack(results)


@pytest.mark.parametrize("ratio", [1, 2, 3])
@pytest.mark.parametrize("aligned", [True, False])
def test_formulas_are_their_programs_and_the_programs_are_the_pooling(ratio: int, aligned: bool) -> None:
    image = tensor(2, 2, 6, 5).requires_grad_()
    call = {"rois": ROIS, "spatial_scale": 0.5, "pooled_height": 2, "pooled_width": 3}
    call |= {"sampling_ratio": ratio, "aligned": aligned}
    expected = reference(image, call)
    result, tally, _ = run(roi_align, {"input": image, **call})
    same(result, expected)
    assert counted(roi_align, {"input": image, **call}, expected).scalar_ops == tally.scalar_ops()
    both = (expected, expected)
    of_bins = ps_roi_align.work(_meta(image), _meta(ROIS), 2, 3, ratio, tuple(map(_meta, both))).scalar_ops
    assert of_bins == counted(roi_align, {"input": image, **call, "aligned": True}, expected).scalar_ops
    grad = tensor(*expected.shape, seed=1)
    (wanted,) = torch.autograd.grad(expected, image, grad)
    arguments = {"grad": grad, **call, "batch_size": 2, "channels": 2, "height": 6, "width": 5}
    result, tally, _ = run(roi_align_backward, arguments)
    same(result, wanted)
    known, executed = counted(roi_align_backward, arguments).scalar_ops, tally.scalar_ops()
    assert (known.multiply, known.divide, known.compare) == (executed.multiply, executed.divide, executed.compare)
    assert known.add >= executed.add  # which samples meet is data


def _meta(x: torch.Tensor) -> TensorMeta:
    return TensorMeta(tuple(x.shape))


def test_without_a_ratio_a_region_is_at_most_as_large_as_the_map() -> None:
    x, rois, y = TensorMeta((1, 3, 8, 6)), TensorMeta((5, 5)), TensorMeta((5, 3, 2, 2))
    known = roi_align.work(x, rois, 2, 2, 4, True, y).scalar_ops.total  # 4 · 4 places of each bin
    at_most = roi_align.work(x, rois, 2, 2, -1, True, y).scalar_ops.total  # 4 · 3
    assert at_most < known
    assert at_most == 5 * (12 + 2 * 4 + 9 * (8 + 6) + 4 * 4 * 12) + y.numel * (12 * 7 + 11 + 1)
    assert roi_align.traits.assumes


def test_boxes_that_overlap_more_go() -> None:
    boxes = torch.tensor([[0, 0, 2, 2], [0, 0, 2, 1.5], [5, 5, 6, 6], [1, 1, 3, 3.0]]).double()
    scores = torch.tensor([0.5, 0.9, 0.1, 0.8]).double()
    result, tally, _ = run(nms, {"dets": boxes, "scores": scores, "iou_threshold": 0.5})
    assert result.tolist() == [1, 3, 2]  # 3 of 4 of the first lie in the second; the fourth shares an eighth at most
    known = counted(nms, {"dets": boxes}).scalar_ops.total
    assert tally.scalar_ops().total <= known == 5 + 4 * 3 + 6 * 13
    apart, tally, _ = run(nms, {"dets": boxes[[0, 2]], "scores": scores[[0, 2]], "iou_threshold": 0.5})
    assert apart.tolist() == [0, 1]
    assert tally.scalar_ops().total == counted(nms, {"dets": boxes[:2]}).scalar_ops.total == 1 + 2 * 3 + 13
