"""A linear classifier of pixels, for ten epochs; saved at the end."""

import argparse
import os
from pathlib import Path

import numpy as np


def features(images: np.ndarray) -> np.ndarray:
    """Pixels, of mean 0 and spread 1."""
    found = images.reshape(len(images), -1) / 255
    return (found - found.mean(1, keepdims=True)) / found.std(1, keepdims=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--net_sav", default="./checkpoint/ckpt.pth")
    words = parser.parse_args()
    with np.load(Path(os.environ["COSTMODEL_DATA"]) / "train.npz") as data:
        inputs, labels = features(data["images"]), data["labels"]
    weights = np.zeros((inputs.shape[1], 10))
    draw = np.random.default_rng(int(os.environ["COSTMODEL_SEED"]))
    for _ in range(10):
        for batch in np.array_split(draw.permutation(len(inputs)), 20):
            scores = inputs[batch] @ weights
            shares = np.exp(scores - scores.max(1, keepdims=True))
            shares /= shares.sum(1, keepdims=True)
            shares[np.arange(len(batch)), labels[batch]] -= 1
            weights -= words.lr * inputs[batch].T @ shares / len(batch)
    Path(words.net_sav).parent.mkdir(exist_ok=True)
    with Path(words.net_sav).open("wb") as file:
        np.savez(file, weights=weights)


if __name__ == "__main__":
    main()
