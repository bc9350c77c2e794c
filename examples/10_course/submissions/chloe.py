"""Chloe: one convolution with a large stride, and a classifier."""

import torch
from torch import nn

model = nn.Sequential(nn.Conv2d(3, 16, 4, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 64, 10))

if __name__ == "__main__":
    print(model(torch.rand(1, 3, 32, 32)).shape)
