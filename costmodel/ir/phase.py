"""The part of a training step that something belongs to."""

from __future__ import annotations

from enum import Enum


class Phase(str, Enum):
    """The part of the training step that a call belongs to."""

    PREPROCESS = "preprocess"
    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    RECOMPUTE = "recompute"
    OPTIMIZER = "optimizer"
