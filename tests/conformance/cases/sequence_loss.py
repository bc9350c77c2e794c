"""Calls of losses and pools whose work hangs on labels or drawn positions."""

from __future__ import annotations

import torch

from tests.conformance.case import case, numbers

aten = torch.ops.aten
image, volume = numbers(2, 2, 9, 8), numbers(1, 2, 6, 7, 5)
drawn2, drawn3 = torch.rand(2, 2, 2, dtype=torch.float64), torch.rand(1, 2, 3, dtype=torch.float64)
pooled2, places2 = aten.fractional_max_pool2d(image, [2, 3], [5, 4], drawn2)
pooled3, places3 = aten.fractional_max_pool3d(volume, [2, 2, 2], [3, 4, 2], drawn3)
scores = numbers(3, 6)
labels = torch.tensor([[0, 4, 2, -1, 1, 1], [5, 1, 3, -1, 0, 0], [2, 3, 0, -1, 0, 0]])
few = torch.tensor([[0, -1, 0, 0, 0, 0], [5, 1, -1, 1, 0, 0], [-1, 3, 0, -1, 0, 0]])
one = numbers()
log_probs = numbers(6, 2, 5).log_softmax(2)
words = torch.tensor([[1, 3, 3], [2, 4, 0]])
ctc = (log_probs, words, [6, 5], [3, 2])
nll, alpha = aten._ctc_loss(*ctc)

CASES = [
    case(aten.fractional_max_pool2d, image, [2, 3], [5, 4], drawn2),
    case(aten.fractional_max_pool3d, volume, [2, 2, 2], [3, 4, 2], drawn3),
    case(aten.fractional_max_pool2d_backward, pooled2, image, [2, 3], [5, 4], places2, exact=False),
    case(aten.fractional_max_pool3d_backward, pooled3, volume, [2, 2, 2], [3, 4, 2], places3, exact=False),
    *(case(aten.multilabel_margin_loss_forward, scores, labels, reduction) for reduction in (0, 1, 2)),
    case(aten.multilabel_margin_loss_forward, scores, few, 1, exact=False),
    *(
        case(
            aten.multilabel_margin_loss_backward,
            one,
            scores,
            labels,
            reduction,
            aten.multilabel_margin_loss_forward(scores, labels, reduction)[1],
            exact=False,
        )
        for reduction in (1, 2)
    ),
    case(aten._ctc_loss, *ctc),
    case(aten._ctc_loss, log_probs, torch.tensor([1, 3, 3, 2, 4]), [6, 6], [3, 2]),
    case(aten._ctc_loss_backward, numbers(2, seed=3), *ctc, nll, alpha, 0, exact=False),
]
