"""The network of the first trace: it has a layer of each kind that most networks have."""

from torch import nn


class Net(nn.Sequential):
    def __init__(self) -> None:
        layers = [nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout()]
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))
