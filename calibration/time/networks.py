"""Make the rows of networks.jsonl.gz anew: ``python -m calibration.time.networks NAME…`` (timm, torchvision installed).

A name says what was measured: ``train/MODEL/SIZE/BATCH`` and ``infer/…`` are timm's models under autocast,
``tv/MODEL/MODE/PRECISION`` torchvision's at batch 12, ``rn50/OPTIMIZER/BATCH/PRECISION`` and
``pub/MODEL/BATCH/PRECISION`` torchvision's in training, ``v1/MODEL/BATCH/fp32`` ResNets whose first convolution of a
block has the stride (TensorFlow's), ``run/MODEL/MODE/BATCH/PRECISION`` forward and backward without an update,
``bert/BATCH/LENGTH/PRECISION`` pretraining of BERT base, ``shuf/OPTIMIZER/BATCH/fp32`` ShuffleNetV2 for images of
32 × 32. timm measured its trainings when it had no fused attention: set ``TIMM_FUSED_ATTN=0`` for these, 1 for
inference. Each row is printed as a line of JSON; ``--compare`` says instead whether it equals the one in the file
(another timm or torch may trace another graph). The rows in the file are of timm 1.0.31 and torch 2.14.1.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections import Counter
from typing import Any

import torch
from torch import nn

import costmodel
from calibration.time.tables import kernel_of, read_networks
from costmodel.ir.kernel import Kernel
from costmodel.passes.kernels import kernels
from costmodel.passes.work import count

_SGD: dict[str, Any] = {"optimizer": "sgd", "optimizer_options": {"lr": 0.1, "momentum": 0.9}}


class Cast(nn.Module):
    """A model under autocast."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> Any:
        """The model's output."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.inner(x)


def torchvision_model(name: str) -> nn.Module:
    """A model of torchvision without auxiliary heads."""
    models = importlib.import_module("torchvision.models")
    heads = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model: nn.Module = getattr(models, name)(**heads)
    return model


def _image_of(model: str) -> str:
    return "3x299x299" if "inception" in model else "3x224x224"


def strided_first(model: nn.Module) -> nn.Module:
    """A ResNet of torchvision with each block's stride in its first convolution, as in the paper (v1)."""
    for block in model.modules():
        if type(block).__name__ == "Bottleneck" and block.stride != 1:
            first, second = block.conv1, block.conv2
            assert isinstance(first, nn.Conv2d)
            assert isinstance(second, nn.Conv2d)
            first.stride, second.stride = second.stride, (1, 1)
    return model


class Pretraining(nn.Module):
    """BERT base with both of its losses, on one batch of tokens."""

    def __init__(self) -> None:
        super().__init__()
        transformers = importlib.import_module("transformers")
        config = transformers.BertConfig(attn_implementation="eager")
        self.inner = transformers.BertForPreTraining(config)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """The loss."""
        found = self.inner(input_ids=tokens, labels=tokens, next_sentence_label=tokens[:, 0] % 2)
        loss: torch.Tensor = found.loss
        return loss


def built(name: str) -> tuple[nn.Module, dict[str, Any]]:
    """The model behind a name, and the settings of its trace."""
    kind, *words = name.split("/")
    if kind in ("train", "infer"):
        model, size, batch = words
        made = importlib.import_module("timm").create_model(model)
        settings: dict[str, Any] = {"input": f"3x{size}x{size}", "batch": int(batch)}
        if kind == "infer":
            return Cast(made), settings | {"step": "evaluate"}
        return made, settings | _SGD | {"loss": "cross_entropy", "autocast": "float16"}
    if kind == "tv":
        model, mode, precision = words
        half = precision == "half"
        settings = {"input": _image_of(model) + ":float16" * half, "batch": 12}
        settings |= {"step": "evaluate"} if mode == "infer" else {"optimizer": "none", "loss": "cross_entropy"}
        made = torchvision_model(model)
        return (made.half() if half else made), settings
    if kind == "run":
        model, mode, batch, precision = words
        half = precision == "half"
        settings = {"input": _image_of(model) + ":float16" * half, "batch": int(batch)}
        settings |= {"step": "evaluate"} if mode == "infer" else {"optimizer": "none", "loss": "cross_entropy"}
        made = torchvision_model(model)
        return (made.half() if half else made), settings
    if kind == "v1":
        model, batch, _ = words
        return strided_first(torchvision_model(model)), {"input": _image_of(model), "batch": int(batch)} | _SGD
    if kind == "bert":
        batch, length, precision = words
        settings = {"input": f"{length}:int64", "batch": int(batch), "optimizer": "adam"}
        settings |= {"optimizer_options": {"fused": True}, "loss": "output"}
        return Pretraining(), settings | ({"autocast": "float16"} if precision == "amp" else {})
    if kind == "shuf":
        made = importlib.import_module("torchvision.models").shufflenet_v2_x1_0(num_classes=100)
        made.conv1[0], made.maxpool = nn.Conv2d(3, 24, 3, 1, 1, bias=False), nn.Identity()
        optimizer, batch, _ = words
        return made, {"input": "3x32x32", "batch": int(batch), "optimizer": optimizer}
    model, (optimizer, batch, precision) = (
        ("resnet50", words) if kind == "rn50" else (words[0], ("sgdm", words[1], words[2]))
    )
    settings = {"input": _image_of(model), "batch": int(batch)}
    settings |= _SGD if optimizer == "sgdm" else {"optimizer": optimizer}
    settings |= {"autocast": "float16"} if precision == "amp" else {}
    return torchvision_model(model), settings


def row_of(kernel: Kernel, times: int) -> list[Any]:
    """A kernel and how often it runs, as it stands in the file."""
    p = kernel.product
    product = (0, 0, 0, 0, "", 0, 0) if p is None else (p.times, p.rows, p.columns, p.depth, p.role, p.taps, p.stride)
    op = kernel.op.partition(".")[2]
    image = (1, 1) if p is None else p.image
    return [kernel.kind.value, op, kernel.phase.value, kernel.dtype, kernel.macs, kernel.nbytes, kernel.tensors,
            kernel.steps, *product, *image, times]  # fmt: skip


def rows_of(name: str) -> list[list[Any]]:
    """The distinct kernels of a network's step."""
    model, settings = built(name)
    trace = costmodel.trace(model, **settings).phases[0].trace
    found: dict[str, list[Any]] = {}
    times: Counter[str] = Counter()
    for kernel in kernels(trace, count(trace)):
        row = row_of(kernel, 0)
        key = json.dumps(row)
        found[key] = row
        times[key] += 1
    return [[*row[:-1], times[key]] for key, row in found.items()]


def main() -> None:
    """Print, or compare."""
    names = [word for word in sys.argv[1:] if not word.startswith("-")]
    known = read_networks() if "--compare" in sys.argv else {}
    for name in names:
        rows = rows_of(name)
        if "--compare" not in sys.argv:
            print(json.dumps({"network": name, "kernels": rows}, separators=(",", ":")))
            continue
        here, there = Counter(map(kernel_of, rows)), Counter(known[name])
        said = "equal" if here == there else f"{len(here - there)} rows here, {len(there - here)} there differ"
        print(f"{name}: {said}")


if __name__ == "__main__":
    main()
