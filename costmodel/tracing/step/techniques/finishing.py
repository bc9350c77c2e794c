"""Work after an update, seen as an optimizer's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch


class Finishing(torch.optim.Optimizer):
    """Work that follows an update. It is one of torch's optimizers so that its ops are seen as part of the update.

    Args:
        kept: tensors that it keeps from step to step.
        work: what it does.
    """

    def __init__(self, kept: Sequence[torch.Tensor], work: Callable[[], None]) -> None:
        super().__init__([torch.zeros(())], {})
        self.kept = list(kept)
        self._work = work

    def step(self, closure: Any = None) -> Any:
        """Do it; there is nothing for a closure to evaluate."""
        del closure
        self._work()
