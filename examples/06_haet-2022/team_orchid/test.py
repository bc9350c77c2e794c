"""Load the saved weights and print the accuracy on the test images."""

import argparse

import torch
from training import Net


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--net_sav", default="./checkpoint/ckpt.pth")
    parser.add_argument("--data", default="./test.pt")
    args = parser.parse_args()
    net = Net()
    net.load_state_dict(torch.load(args.net_sav)["net"])
    images, labels = torch.load(args.data)
    with torch.no_grad():
        right = (net.eval()(images).argmax(1) == labels).sum().item()
    print(f"{100 * right / len(labels):.2f} %")


if __name__ == "__main__":
    main()
