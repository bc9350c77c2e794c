"""Calls of the loss family on small real tensors."""

from __future__ import annotations

import torch

from tests.conformance.case import case, numbers, positive

aten = torch.ops.aten
x, y, w = positive(3, 4), positive(3, 4, seed=1), positive(3, 4, seed=2)
scores, image = numbers(3, 5), numbers(2, 5, 2, 3)
classes = torch.tensor([1, 4, 0])
pixels = torch.tensor([[[0, 1, 2], [3, 4, 0]], [[4, 4, 1], [2, 0, 3]]])
weights = positive(5)
one, three = numbers(), numbers(3)
grad = numbers(3, 4, seed=5)
total = torch.tensor(3.0, dtype=torch.float64)

CASES = [
    *(case(packet, x, y, reduction) for packet in (aten.mse_loss, aten.smooth_l1_loss) for reduction in (0, 1, 2)),
    case(aten.smooth_l1_loss, 3 * x, y, 1, 0.5),
    case(aten.huber_loss, 3 * x, y, 1, 0.5),
    case(aten.huber_loss, x, y),
    case(aten.binary_cross_entropy, x, y),
    case(aten.binary_cross_entropy, x, y, w, 2),
    case(aten.binary_cross_entropy_with_logits, scores, positive(3, 5)),
    case(aten.binary_cross_entropy_with_logits, scores, positive(3, 5), weights, weights),
    case(aten.soft_margin_loss, x, y),
    case(aten.mse_loss_backward, one, x, y, 1),
    case(aten.mse_loss_backward, grad, x, y, 0),
    case(aten.smooth_l1_loss_backward, one, 3 * x, y, 1, 1.0),
    case(aten.smooth_l1_loss_backward, one, 3 * x, y, 2, 0.5),
    case(aten.huber_loss_backward, one, 3 * x, y, 1, 1.0),
    case(aten.huber_loss_backward, grad, 3 * x, y, 0, 0.5),
    case(aten.binary_cross_entropy_backward, one, x, y),
    case(aten.binary_cross_entropy_backward, grad, x, y, w, 0),
    case(aten.soft_margin_loss_backward, one, x, y, 1),
    *(case(aten.nll_loss_forward, scores, classes, None, reduction, -100) for reduction in (0, 1, 2)),
    *(case(aten.nll_loss_forward, scores, classes, weights, reduction, -100) for reduction in (0, 1, 2)),
    case(aten.nll_loss2d_forward, image, pixels, None, 1, -100),
    case(aten.nll_loss_backward, one, scores, classes, None, 1, -100, total),
    case(aten.nll_loss_backward, one, scores, classes, weights, 2, -100, total),
    case(aten.nll_loss_backward, three, scores, classes, None, 0, -100, total),
    case(aten.nll_loss2d_backward, one, image, pixels, None, 1, -100, 4 * total),
    *(case(aten.multi_margin_loss, scores, classes, p, 1.0, None, 1) for p in (1, 2)),
    case(aten.multi_margin_loss, scores, classes, 1, 1.0, weights, 0),
    *(case(aten.multi_margin_loss_backward, one, scores, classes, p, 1.0, None, 1) for p in (1, 2)),
    case(aten.multi_margin_loss_backward, three, scores, classes, 1, 1.0, weights, 0),
]
