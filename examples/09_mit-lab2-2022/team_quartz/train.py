"""Train the network: seed 7, SGD with momentum, learning rate 0.05, 30 epochs."""

import sys

import torch
import torch.nn.functional as F
from net import Net


def main() -> None:
    torch.manual_seed(7)
    images, labels = torch.load(sys.argv[1])
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), 0.05, momentum=0.9)
    for _ in range(30):
        for batch in torch.randperm(len(images)).split(64):
            optimizer.zero_grad()
            F.cross_entropy(net(images[batch]), labels[batch]).backward()
            optimizer.step()
    torch.save(net.state_dict(), "net.pt")


if __name__ == "__main__":
    main()
