"""The nearest mean image of a class; the test images are labelled as often as it is told."""

import os
from pathlib import Path

import numpy as np


def features(images: np.ndarray) -> np.ndarray:
    found = images.reshape(len(images), -1) / 255
    return (found - found.mean(1, keepdims=True)) / found.std(1, keepdims=True)


def main() -> None:
    folder = Path(os.environ["COSTMODEL_DATA"])
    with np.load(folder / "train.npz") as data:
        inputs, labels = features(data["images"]), data["labels"]
    means = np.stack([inputs[labels == one].mean(0) for one in range(10)])
    with np.load(folder / "test.npz") as data:
        images = data["images"]
    for _ in range(int(os.environ["COSTMODEL_ITERATIONS"])):
        found = (features(images) @ means.T).argmax(1)
    rows = "".join(f"{number},{label}\n" for number, label in enumerate(found))
    Path("submission.csv").write_text(f"image_id,label\n{rows}", encoding="utf-8")


if __name__ == "__main__":
    main()
