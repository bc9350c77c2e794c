"""Labels in tables, NumPy arrays and tensors: each as the table that scores are computed from.

An array has a label for each row of the solution, in its order; or scores [rows, classes], of which the largest is it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from costmodel.errors import FormatError
from costmodel.facts.source import Source, open_source
from costmodel.files.quoting import escaped

ARRAYS = (".npy", ".pt", ".pth")


def is_array(path: Path) -> bool:
    """Whether a file holds an array, by its suffix."""
    return path.suffix.lower() in ARRAYS


def table_of(path: Path, ids: Sequence[str] | None = None) -> Source:
    """The table of a file of labels.

    Args:
        path: a table, or an array.
        ids: of an array's rows; None numbers them from 0.

    Raises:
        FormatError: it cannot be read, or an array has another number of rows than there are ids.
    """
    if not is_array(path):
        return open_source(path)
    labels = _labels(path)
    rows = list(map(str, range(len(labels)))) if ids is None else list(ids)
    if len(rows) != len(labels):
        raise FormatError(f"{escaped(str(path))}: has {len(labels):,} labels; the solution has {len(rows):,}")
    text = "".join(f"{row},{label}\n" for row, label in zip(rows, labels, strict=True))
    return Source(escaped(path.name), escaped(str(path)), f"Id,Prediction\n{text}")


def _labels(path: Path) -> list[int]:
    array = _array(path)
    shown = f"{escaped(str(path))}: an array of {array.dtype} with shape {tuple(array.shape)}"
    if array.ndim == 1 and array.dtype.kind in "iu":
        return [int(label) for label in array]
    if array.ndim == 2 and array.dtype.kind in "iuf" and array.shape[1] > 1:
        if array.dtype.kind == "f" and np.isnan(array).any():
            raise FormatError(f"{shown} has scores that are no numbers (NaN)")
        return [int(label) for label in array.argmax(axis=1)]
    raise FormatError(f"{shown} holds no labels: whole numbers [rows] or scores [rows, classes] are expected")


def _array(path: Path) -> Any:
    if path.suffix.lower() != ".npy":
        from costmodel.tracing.saved_tensor import saved_tensor  # it imports torch, which takes seconds

        return saved_tensor(path)
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError):
        raise FormatError(f"{escaped(str(path))}: no NumPy array (without objects) can be read from it") from None
