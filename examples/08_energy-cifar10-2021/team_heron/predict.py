"""A classifier of CIFAR-10 images: `predict(X)` and `device`, as the meter's script asks for."""

import torch
from torch import nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
_net = nn.Sequential(
    nn.Conv2d(3, 64, 3, 2, 1), nn.ReLU(), nn.Conv2d(64, 128, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
    nn.Flatten(), nn.Linear(128, 10),
).to(device)  # fmt: skip


def predict(X: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return _net.eval()(X.to(device)).argmax(1)
