"""Train a small network for at most ten minutes; the newest weights are saved after every epoch."""

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

SECONDS = 580


class Net(nn.Module):
    """Three convolutions and a classifier."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(2 * width, 4 * width, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
        )  # fmt: skip
        self.head = nn.Linear(4 * width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.features(x).flatten(1))
        return logits


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--net_sav", default="./checkpoint/ckpt.pth")
    parser.add_argument("--data", default="./train.pt")
    args = parser.parse_args()
    start = time.monotonic()
    images, labels = torch.load(args.data)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), args.lr, momentum=0.9)
    Path(args.net_sav).parent.mkdir(exist_ok=True)
    while time.monotonic() - start < SECONDS:
        for batch in torch.randperm(len(images)).split(128):
            optimizer.zero_grad()
            F.cross_entropy(net(images[batch]), labels[batch]).backward()
            optimizer.step()
        torch.save({"net": net.state_dict()}, args.net_sav)


if __name__ == "__main__":
    main()
