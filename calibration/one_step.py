"""The cases that are measured, and what one case does in its own process: build, warm up, time, say what it took."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

Record = dict[str, Any]
Step = Callable[..., torch.Tensor]


@dataclass(frozen=True)
class Network:
    """Where a network is, what it is fed, and the three batches it is measured at."""

    reference: str
    sample: tuple[int, ...]
    target: tuple[int, ...]  # of one sample: () a class, else a class for each pixel or token
    classes: int
    optimizer: str
    batches: tuple[int, int, int]


NETWORKS = {
    "resnet18-cifar": Network("resnet.py:ResNet18", (3, 32, 32), (), 10, "sgd", (32, 128, 512)),
    "resnet50": Network("resnet.py:ResNet50", (3, 224, 224), (), 1000, "sgd", (16, 64, 128)),
    "vit-s16": Network("transformer.py:ViT", (3, 224, 224), (), 1000, "adamw", (16, 64, 128)),
    "gpt2-small": Network("transformer.py:GPT2", (1024,), (1024,), 50257, "adamw", (2, 4, 8)),
    "unet": Network("unet.py:UNet", (3, 128, 128), (128, 128), 2, "sgd", (4, 16, 64)),
    "mobilenetv2": Network("mobilenet.py:MobileNetV2", (3, 224, 224), (), 1000, "sgd", (16, 64, 128)),
}
OPTIMIZERS: dict[str, tuple[Callable[..., torch.optim.Optimizer], dict[str, float]]] = {
    "sgd": (torch.optim.SGD, {"lr": 1e-3, "momentum": 0.9}),
    "adamw": (torch.optim.AdamW, {"lr": 1e-4, "weight_decay": 0.01}),
}
AUTOCAST = {"amp_fp16": torch.float16, "amp_bf16": torch.bfloat16}
"""amp_fp16 has a GradScaler, amp_bf16 has none; fp32 and tf32 have no autocast."""


@dataclass(frozen=True)
class Case:
    """One measurement."""

    network: str
    batch: int
    precision: str
    layout: str = "nchw"
    cudnn_benchmark: bool = False
    phase: str = "training"

    def __str__(self) -> str:
        extra = "/cudnn-benchmark" if self.cudnn_benchmark else ""
        return f"{self.network}/{self.phase}/batch-{self.batch}/{self.precision}/{self.layout}{extra}"


@dataclass(frozen=True)
class Protocol:
    """How long each case is warmed up and measured."""

    device: str
    window_seconds: float
    least_steps: int
    warmup_seconds: float
    warmup_least_steps: int = 5
    host_steps: int = 5


def all_cases() -> Iterator[Case]:
    """The most important first: what the budget cuts off is at the end."""

    def every(position: int, precisions: Sequence[str]) -> Iterator[Case]:
        for precision in precisions:
            yield from (Case(name, network.batches[position], precision) for name, network in NETWORKS.items())

    yield from every(1, ("fp32", "amp_fp16", "tf32"))
    yield Case("resnet18-cifar", 512, "fp32", phase="inference")
    yield Case("resnet18-cifar", 128, "fp32", cudnn_benchmark=True)
    yield Case("resnet50", 64, "fp32", cudnn_benchmark=True)
    yield Case("resnet50", 64, "amp_fp16", layout="nhwc")
    yield from every(2, ("fp32", "amp_fp16", "tf32"))
    yield from every(0, ("fp32", "amp_fp16", "tf32"))
    yield from every(1, ("amp_bf16",))


def set_precision(case: Case) -> None:
    """Say explicitly what torch's defaults leave mixed; under autocast the rest is as torch has it by default."""
    torch.backends.cuda.matmul.allow_tf32 = case.precision == "tf32"
    torch.backends.cudnn.allow_tf32 = case.precision != "fp32"
    torch.backends.cudnn.benchmark = case.cudnn_benchmark


def data(case: Case, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Random input and targets, on the device for good."""
    network = NETWORKS[case.network]
    target = torch.randint(network.classes, (case.batch, *network.target), device=device)
    if len(network.sample) == 1:
        return torch.randint(network.classes, (case.batch, *network.sample), device=device), target
    images = torch.randn(case.batch, *network.sample, device=device)
    return images.to(memory_format=memory_format(case)), target


def memory_format(case: Case) -> torch.memory_format:
    return torch.channels_last if case.layout == "nhwc" else torch.contiguous_format


def cross_entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Tokens (batch, length, classes) as one long batch; images and pixels as they are."""
    if logits.ndim == 3:
        return F.cross_entropy(logits.flatten(0, 1), target.flatten())
    return F.cross_entropy(logits, target)


def make_step(case: Case, net: nn.Module, device: torch.device) -> Step:
    """One step as most scripts write it; they hold the logits until the end of the step, so this does unless told."""
    x, target = data(case, device)
    net.train(case.phase == "training").to(device, memory_format=memory_format(case))  # type: ignore[call-overload]
    autocast = functools.partial(
        torch.autocast, device.type, AUTOCAST.get(case.precision), enabled=case.precision in AUTOCAST
    )
    scaler = torch.amp.GradScaler(device.type, enabled=case.precision == "amp_fp16")
    make, options = OPTIMIZERS[NETWORKS[case.network].optimizer]
    optimizer = make(net.parameters(), **options)

    def training(*, hold_logits: bool = True) -> torch.Tensor:
        with autocast():
            logits = net(x)
            loss = cross_entropy(logits, target)
        if not hold_logits:
            del logits
        scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    @torch.no_grad()
    def inference(*, hold_logits: bool = True) -> torch.Tensor:  # noqa: ARG001
        with autocast():
            return net(x)  # type: ignore[no-any-return]

    return training if case.phase == "training" else inference


def synchronize(cuda: bool) -> None:
    if cuda:
        torch.cuda.synchronize()


def timed(step: Step, seconds: float, least: int, cuda: bool) -> tuple[list[float], float, float]:
    """Seconds of each step between events that the card itself records, and the window on the shared clock."""
    events: list[torch.cuda.Event] = []
    clock: list[float] = []

    def mark() -> None:
        clock.append(time.monotonic())
        if cuda:
            events.append(torch.cuda.Event(enable_timing=True))  # type: ignore[no-untyped-call]
            events[-1].record()

    synchronize(cuda)
    mark()
    while len(clock) <= least or clock[-1] - clock[0] < seconds:
        step()
        mark()
    synchronize(cuda)
    end = time.monotonic()
    on_card = [a.elapsed_time(b) / 1e3 for a, b in pairwise(events)]
    return on_card or [b - a for a, b in pairwise(clock)], clock[0], end


def host(step: Step, steps: int, cuda: bool) -> Record:
    """Steps from an empty queue: until the host has launched all of it, and until the card is done."""
    launched, done = [], []
    for _ in range(steps):
        start = time.monotonic()
        step()
        launched.append(time.monotonic() - start)
        synchronize(cuda)
        done.append(time.monotonic() - start)
    return {
        "host_launch_seconds_median": statistics.median(launched),
        "synchronized_step_seconds_median": statistics.median(done),
    }


def spread(values: Sequence[float]) -> Record:
    """Quantiles by the nearest rank."""
    ordered = sorted(values)
    at = {"min": 0.0, "p10": 0.1, "p90": 0.9, "max": 1.0}
    ranks = {name: ordered[round(q * (len(ordered) - 1))] for name, q in at.items()}
    return {"median": statistics.median(ordered), "mean": statistics.fmean(ordered), **ranks}


def allocator(prefix: str) -> Record:
    stats = torch.cuda.memory_stats()
    kinds = {"allocated": "allocated_bytes", "reserved": "reserved_bytes", "requested": "requested_bytes"}
    return {f"{prefix}_{name}_peak_bytes": stats[f"{key}.all.peak"] for name, key in kinds.items()}


def run_case(case: Case, net: nn.Module, protocol: Protocol) -> Record:
    """Everything that one case says of itself; the meter adds what the card says."""
    cuda = protocol.device == "cuda"
    device = torch.device(protocol.device)
    torch.manual_seed(0)
    set_precision(case)
    step = make_step(case, net, device)
    before = torch.cuda.memory_allocated() if cuda else None
    first, *_ = timed(step, 0.0, 1, cuda)
    warmup, *_ = timed(step, protocol.warmup_seconds, protocol.warmup_least_steps, cuda)
    whole = allocator("process") if cuda else {}
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    seconds, start, end = timed(step, protocol.window_seconds, protocol.least_steps, cuda)
    memory = {**whole, **allocator("window")} if cuda else None
    extra = host(step, protocol.host_steps, cuda)
    if memory is not None:
        torch.cuda.reset_peak_memory_stats()
        step(hold_logits=False)
        torch.cuda.synchronize()
        memory["logits_dropped_allocated_peak_bytes"] = torch.cuda.max_memory_allocated()
        memory["before_first_step_allocated_bytes"] = before
    return {
        "parameters": sum(p.numel() for p in net.parameters()),
        "step_seconds": spread(seconds),
        "steps": len(seconds),
        "first_step_seconds": first[0],
        "warmup_steps": len(warmup) + 1,
        "window": (start, end),
        "last_output_finite": bool(torch.isfinite(step()).all()),
        "memory": memory,
        **extra,
    }


def look(protocol: Protocol) -> Record:
    """A context and nothing else, then what this card sustains: a copy, and a product of each precision."""
    if protocol.device != "cuda":
        return {}
    start = time.monotonic()
    torch.cuda.init()  # type: ignore[no-untyped-call]
    torch.cuda.synchronize()
    created = time.monotonic()
    time.sleep(1.5)
    window = (created + 0.5, time.monotonic())
    card = torch.cuda.get_device_properties(0)
    sizes = {"memory_total_bytes": card.total_memory, "l2_cache_bytes": getattr(card, "L2_cache_size", None)}
    words = {"multiprocessors": card.multi_processor_count, **sizes}
    cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    software = {"torch": torch.__version__, "cuda": torch.version.cuda, "cudnn": cudnn}
    found = {"card": card.name, **words, **software, "window": window, "context_creation_seconds": created - start}
    big = torch.randn(2**29, device="cuda")
    copy, *_ = timed(lambda: big.clone(), 0.2, 5, cuda=True)
    found["sustained_copy_bytes_per_second"] = 2 * big.nbytes / statistics.median(copy)
    kinds = {"fp32": torch.float32, "tf32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
    for name, dtype in kinds.items():
        torch.backends.cuda.matmul.allow_tf32 = name == "tf32"
        a = torch.randn(8192, 8192, device="cuda").to(dtype)
        product, *_ = timed(functools.partial(torch.matmul, a, a), 0.3, 8, cuda=True)
        found[f"sustained_matmul_{name}_flops_per_second"] = 2 * 8192**3 / statistics.median(product)
    return found
