"""Load what training saved, and label the test images in submission.csv."""

import argparse
import os
from pathlib import Path

import numpy as np
from training import features


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--net_sav", default="./checkpoint/ckpt.pth")
    with (
        np.load(parser.parse_args().net_sav) as saved,
        np.load(Path(os.environ["COSTMODEL_DATA"]) / "test.npz") as data,
    ):
        labels = (features(data["images"]) @ saved["weights"]).argmax(1)
    rows = "".join(f"{number},{label}\n" for number, label in enumerate(labels))
    Path("submission.csv").write_text(f"image_id,label\n{rows}", encoding="utf-8")


if __name__ == "__main__":
    main()
