"""For people with their own training step: the file says it itself, in the form known from Lightning.

costmodel analyze examples/03_own_step.py:Net --samples 50000 --epochs 30 --batch 64
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

Batch = tuple[torch.Tensor, torch.Tensor]


class Net(nn.Module):
    """A small convolutional network."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
        )
        self.head = nn.Linear(2 * width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.features(x).flatten(1))
        return logits


def example_batch(size: int) -> Batch:
    """What the data loader would give."""
    return torch.rand(size, 3, 32, 32), torch.zeros(size, dtype=torch.int64)


def preprocess(batch: Batch) -> Batch:
    """Normalisation on the device: counted as its own part of the step."""
    images, labels = batch
    return (images - 0.45) / 0.25, labels


def training_step(model: nn.Module, batch: Batch) -> torch.Tensor:
    """Label smoothing, and the loss that is minimised."""
    images, labels = batch
    return F.cross_entropy(model(images), labels, label_smoothing=0.1)


def configure_optimizers(model: nn.Module) -> torch.optim.Optimizer:
    """AdamW with its usual options."""
    return torch.optim.AdamW(model.parameters(), lr=1e-3)
