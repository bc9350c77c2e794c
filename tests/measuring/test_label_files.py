"""Predictions in arrays and tensors are scored as those in tables are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from costmodel.measuring.scoring import rows_asked_for, score_of

TRUTH = (0, 2, 1, 1)
SAID = (0, 2, 1, 0)
SCORES = np.eye(3, dtype=np.float32)[list(SAID)]
TABLE = "Id,Prediction\n" + "".join(f"{i},{label}\n" for i, label in enumerate(SAID))
FORMS: dict[str, Any] = {
    "predictions.npy": np.array(SAID),
    "scores/predictions.npy": SCORES,
    "predictions.pt": torch.tensor(SAID),
    "scores/predictions.pt": {"logits": torch.tensor(SCORES), "epoch": 3},
    "bfloat16/predictions.pth": torch.tensor(SCORES).bfloat16(),
    "submission.csv": TABLE,
}


def saved(file: Path, value: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(value, str):
        file.write_text(value, encoding="utf-8")
    elif isinstance(value, np.ndarray):
        np.save(file, value)
    else:
        torch.save(value, file)
    return file.parent


@pytest.mark.parametrize("solution", ["table", "named table", "array", "tensor"])
@pytest.mark.parametrize("name", FORMS)
def test_three_of_four_are_right(tmp_path: Path, name: str, solution: str) -> None:
    kept = saved(tmp_path / name, FORMS[name])
    ids = range(4) if solution == "table" or name.endswith("csv") else [f"image_{i}" for i in (7, 3, 5, 1)]
    table = "Id,Solution\n" + "".join(f"{i},{label}\n" for i, label in zip(ids, TRUTH, strict=True))
    given = {"array": ("truth.npy", np.array(TRUTH)), "tensor": ("truth.pt", torch.tensor(TRUTH))}
    file, value = given.get(solution, ("truth.csv", table))
    saved(tmp_path / file, value)
    assert rows_asked_for(tmp_path / file) == 4
    score = score_of(kept, tmp_path / file)
    assert (score.right, score.total, score.missing) == (3, 4, "")


class Evil:
    def __reduce__(self) -> Any:
        return (print, ("RUN",))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("predictions.npy", np.array([0, 1, 2]), "has 3 labels; the solution has 4"),
        ("predictions.npy", np.array([0.0, 1, 2, 1]), r"float64 with shape \(4,\) holds no labels"),
        ("predictions.npy", np.full((4, 3), np.nan), "no numbers"),
        ("predictions.npy", np.array([Evil()] * 4, dtype=object), "no NumPy array"),
        ("predictions.npy", np.array([0, 2, 1, 9]), "label '9' is not one of 0 to 2"),
        ("predictions.pt", {"a": torch.zeros(4), "b": torch.zeros(4)}, "no single tensor"),
        ("predictions.pt", Evil(), "no file that torch reads as weights"),
        ("predictions.pt", "not a tensor", "no file that torch reads as weights"),
    ],
)
def test_what_is_no_set_of_labels_says_so(
    tmp_path: Path, name: str, value: Any, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = saved(tmp_path / name, value)
    score = score_of(kept, saved(tmp_path / "truth.npy", np.array(TRUTH)) / "truth.npy")
    assert score.accuracy_percent is None
    assert re.search(said, score.missing), score.missing
    assert str(tmp_path) not in score.missing
    assert "RUN" not in capfd.readouterr().out
