"""Ten classes of 32x32 images, drawn from a seed: FOLDER/data/train.npz, FOLDER/data/test.npz, FOLDER/solution.csv.

A class is a grating of one direction and width; its phase, colour and noise differ from image to image, so that single
pixels say little and the spectrum says all.
"""

import sys
from pathlib import Path

import numpy as np

TRAIN, TEST = 60, 20


def images(count: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """So many of each class, in a random order: [n, 3, 32, 32] of bytes, and [n] labels."""
    labels = draw.permutation(np.repeat(np.arange(10), count))
    y, x = np.mgrid[:32, :32]
    angle, width = np.pi * (labels % 5) / 5, np.where(labels < 5, 4.0, 8.0)
    along = np.cos(angle)[:, None, None] * x + np.sin(angle)[:, None, None] * y
    wave = np.sin(2 * np.pi * along / width[:, None, None] + draw.uniform(0, 2 * np.pi, len(labels))[:, None, None])
    colour = draw.uniform(0.3, 1, (len(labels), 3, 1, 1))
    noisy = 0.5 + 0.25 * colour * wave[:, None] + draw.normal(0, 0.15, (len(labels), 3, 32, 32))
    return (255 * noisy.clip(0, 1)).astype(np.uint8), labels


def main() -> None:
    folder = Path(sys.argv[1])
    (folder / "data").mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(2022)
    train, train_labels = images(TRAIN, draw)
    test, test_labels = images(TEST, draw)
    np.savez(folder / "data" / "train.npz", images=train, labels=train_labels)
    np.savez(folder / "data" / "test.npz", images=test)
    rows = "".join(f"{number},{label}\n" for number, label in enumerate(test_labels))
    (folder / "solution.csv").write_text(f"image_id,label\n{rows}", encoding="utf-8")


if __name__ == "__main__":
    main()
