"""Techniques of a recipe cost what the same steps cost when they are written out with torch's own tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import costmodel
from costmodel.errors import RecipeError, UsageError
from costmodel.ir.analysis import Analysis

BATCH = 8
SHAPE = (3, 6, 6)
PARAMETERS = 3 * 4 * 9 + 4 + 4 + 4 + 4 * 5 + 5
"""Convolution 3 → 4 without padding, batch norm of 4, linear 4 → 5."""


class Net(nn.Module):
    def __init__(self, classes: int = 5) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.head = nn.Linear(4, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(F.relu(self.norm(self.conv(x))).mean((2, 3)))
        return logits


Written = Callable[[Net, Any, torch.Tensor, torch.Tensor], None]
"""A step as people write it: model, optimizer, images, labels."""


def plain(model: Net, optimizer: Any, images: torch.Tensor, labels: torch.Tensor) -> None:
    optimizer.zero_grad()
    F.cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def smoothed(model: Net, optimizer: Any, images: torch.Tensor, labels: torch.Tensor) -> None:
    optimizer.zero_grad()
    F.cross_entropy(model(images), labels, label_smoothing=0.1).backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def accumulated(model: Net, optimizer: Any, images: torch.Tensor, labels: torch.Tensor) -> None:
    optimizer.zero_grad()
    for part in images.chunk(4):
        (F.cross_entropy(model(part), labels[:2]) / 4).backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def clipped(by: Callable[[Any, float], Any]) -> Written:
    def step(model: Net, optimizer: Any, images: torch.Tensor, labels: torch.Tensor) -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]
        by(model.parameters(), 1.0)
        optimizer.step()

    return step


def in_bfloat16(model: Net, optimizer: Any, images: torch.Tensor, labels: torch.Tensor) -> None:
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = F.cross_entropy(model(images), labels)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


class InFloat16:
    def __init__(self) -> None:
        self.scaler: Any = None

    def __call__(self, model: Net, optimizer: Any, images: torch.Tensor, labels: torch.Tensor) -> None:
        self.scaler = self.scaler or torch.amp.GradScaler("cpu")
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            loss = F.cross_entropy(model(images), labels)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(optimizer)
        clip_grad_norm_(model.parameters(), 1.0)
        self.scaler.step(optimizer)
        self.scaler.update()


def mixed_up(model: Net, optimizer: Any, images: torch.Tensor, labels: torch.Tensor) -> None:
    share, order = 0.3, torch.randperm(len(images))
    optimizer.zero_grad()
    output = model(share * images + (1 - share) * images[order])
    first, second = F.cross_entropy(output, labels), F.cross_entropy(output, labels)
    (share * first + (1 - share) * second).backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def cut_mixed(model: Net, optimizer: Any, images: torch.Tensor, labels: torch.Tensor) -> None:
    """The box of 4 · 4 of 6 · 6 pixels, which is about half."""
    order = torch.randperm(len(images))
    optimizer.zero_grad()
    mixed = images.clone()
    mixed[:, :, :4, :4] = images[order, :, :4, :4]
    output = model(mixed)
    first, second = F.cross_entropy(output, labels), F.cross_entropy(output, labels)
    (0.56 * first + 0.44 * second).backward()  # type: ignore[no-untyped-call]
    optimizer.step()


class Distilled:
    def __init__(self) -> None:
        self.teacher: Any = None

    def __call__(self, model: Net, optimizer: Any, images: torch.Tensor, labels: torch.Tensor) -> None:
        self.teacher = self.teacher or Net().eval()
        optimizer.zero_grad()
        output = model(images)
        with torch.no_grad():
            soft = F.softmax(self.teacher(images) / 4.0, dim=1)
        apart = F.kl_div(F.log_softmax(output / 4.0, dim=1), soft, reduction="batchmean") * 16.0
        (0.9 * F.cross_entropy(output, labels) + 0.1 * apart).backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def sharpness_aware(model: Net, optimizer: Any, images: torch.Tensor, labels: torch.Tensor) -> None:
    optimizer.zero_grad()
    F.cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        weights = list(model.parameters())
        norm = torch.norm(torch.stack([p.grad.norm(p=2) for p in weights if p.grad is not None]), p=2)
        scale = 0.05 / (norm + 1e-12)
        kept = [p.data.clone() for p in weights]
        for p in weights:
            p.add_(p.grad * scale)
    optimizer.zero_grad()
    F.cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]
    for p, old in zip(weights, kept, strict=True):
        p.data.copy_(old)
    optimizer.step()


class Averaged:
    def __init__(self) -> None:
        self.average: Any = None

    def __call__(self, model: Net, optimizer: Any, images: torch.Tensor, labels: torch.Tensor) -> None:
        if self.average is None:
            self.average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999))  # type: ignore[no-untyped-call]
            self.average.n_averaged.fill_(1)
        plain(model, optimizer, images, labels)
        with torch.no_grad():
            mine, theirs = list(self.average.module.parameters()), list(model.parameters())
            self.average.multi_avg_fn(mine, theirs, 1)


def looked_ahead(model: Net, optimizer: Any, images: torch.Tensor, labels: torch.Tensor) -> None:
    plain(model, optimizer, images, labels)
    for fast in model.parameters():
        slow = torch.zeros_like(fast)
        slow += 0.5 * (fast.data - slow)
        fast.data.copy_(slow)


WRITTEN: dict[str, tuple[dict[str, Any], Written]] = {
    "plain": ({}, plain),
    "label smoothing": ({"loss_options": {"label_smoothing": 0.1}}, smoothed),
    "accumulation": ({"accumulate": 4}, accumulated),
    "clip by norm": ({"clip": "norm"}, clipped(clip_grad_norm_)),
    "clip by value": ({"clip": "value"}, clipped(clip_grad_value_)),
    "bfloat16": ({"autocast": "bfloat16"}, in_bfloat16),
    "float16": ({"autocast": "float16", "clip": "norm"}, InFloat16()),
    "mixup": ({"mix": "mixup"}, mixed_up),
    "cutmix": ({"mix": "cutmix"}, cut_mixed),
    "distillation": ({"teacher": Net}, Distilled()),
    "sam": ({"sam": 1}, sharpness_aware),
    "average": ({"average": 1}, Averaged()),
    "lookahead": ({"lookahead": 1}, looked_ahead),
}


def analysed(input: str = "3x6x6", **settings: Any) -> Analysis:
    return costmodel.analyze(Net, input=input, batch=BATCH, optimizer="adamw", **settings)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_technique_costs_what_it_costs_written_out(name: str) -> None:
    settings, written = WRITTEN[name]
    ours = analysed(**settings)
    theirs = analysed("3x6x6, :int64", step=lambda model, optimizer, batch: written(model, optimizer, *batch))
    assert ours.totals.complete
    assert theirs.totals.complete
    assert ours.totals.macs.step == theirs.totals.macs.step
    assert ours.totals.operations.step == theirs.totals.operations.step
    # what follows backward belongs to the update, also after the optimizer's own step
    assert ours.totals.operations.preprocess == {
        "mixup": BATCH + 3 * BATCH * 3 * 36,
        "cutmix": BATCH,
    }.get(name, 0)


def test_the_steps_that_differ_add_up() -> None:
    """Of 61 steps 10 take the gradient twice, 12 average, 30 look ahead: whatever falls together."""
    plain_step = analysed().totals.operations.step
    timed: list[dict[str, Any]] = [{"sam": 1}, {"average": 1}, {"lookahead": 1}]
    extra = {}
    for always in timed:
        extra[next(iter(always))] = analysed(**always).totals.operations.step - plain_step
    assert extra["average"] == extra["lookahead"] == 3 * PARAMETERS
    mixed = analysed(sam=6, average=5, lookahead=2, steps=61)
    first = analysed(steps=1).totals.operations.training  # AdamW's first update is another one
    assert first is not None
    due = first + 60 * plain_step + 10 * extra["sam"] + 12 * extra["average"] + 30 * extra["lookahead"]
    assert mixed.totals.operations.training == due
    assert sum(phase.steps for phase in mixed.phases) == 61
    assert mixed.phases[0].name == "training"


def test_what_is_kept_is_in_memory_in_every_step() -> None:
    """Averaged and slow weights, 4 bytes each; the average has batch norm's buffers too, the last one of 8 bytes."""
    alone = analysed().totals.peak_memory_bytes.by_role["optimizer_state"]
    kept = analysed(average=5, lookahead=3).totals.peak_memory_bytes.by_role["optimizer_state"]
    assert kept - alone == 4 * PARAMETERS + (4 * PARAMETERS + 2 * 4 * 4 + 8)
    taught = analysed(teacher=Net).totals.peak_memory_bytes.by_role
    assert taught["parameter"] == 2 * 4 * PARAMETERS


def test_a_step_is_named_in_the_models_file_or_in_another(tmp_path: Path) -> None:
    """In a recipe's phases as for a whole training; one forward and backward of the net is 2, without gradients 1."""
    (tmp_path / "net.py").write_text(
        "from torch import nn\nclass Net(nn.Linear):\n    def __init__(self): super().__init__(5, 3, bias=False)\n"
        "def twice(model, optimizer, batch):\n    for _ in range(2):\n"
        "        optimizer.zero_grad()\n        model(*batch).sum().backward()\n        optimizer.step()\n",
        encoding="utf-8",
    )
    (tmp_path / "steps.py").write_text("def look(model, optimizer, batch, times=1): model(*batch)\n", encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(
        "model: net.py:Net\ninput: '5'\nsteps: 10\n"
        "phases: [{name: a, step: twice}, {name: b, step: 'steps.py:look', every: 5}]\n",
        encoding="utf-8",
    )
    whole = costmodel.analyze(str(tmp_path / "recipe.yaml"))
    assert whole.totals.macs.training == 10 * 2 * (15 + 15) + 2 * 15
    assert whole.subject.loss == "own step"
    net = str(tmp_path / "net.py:Net")
    assert costmodel.analyze(net, input="5", step="twice").totals.macs.step == 60
    assert costmodel.analyze(net, input="5", step="steps.py:look").totals.macs.step == 15
    for step, message in (("look", "no function 'look' in the model's file"), ("steps.py:twice", "'twice' in steps.py"),
                          ("Net", "it is called as step"), ("evalute", "write train, evaluate")):  # fmt: skip
        with pytest.raises(RecipeError, match=message):
            costmodel.analyze(net, input="5", step=step)
    with pytest.raises(UsageError, match="--loss has no effect"):
        costmodel.analyze(net, input="5", step="twice", loss="mse_loss")


def test_what_is_kept_stays_in_memory_during_an_evaluation() -> None:
    """AdamW's two moments and its 4-byte steps, an average and its buffers, while 500 samples are evaluated at once."""
    evaluation = {"name": "evaluation", "step": "evaluate", "steps": 1, "batch": 500}
    phases: list[dict[str, Any]] = [{"name": "training", "steps": 3}, evaluation]
    alone = costmodel.analyze(Net, input="3x6x6", batch=500, phase="inference").totals.peak_memory_bytes
    peak = analysed(average=2, phases=phases).totals.peak_memory_bytes
    assert peak.by_role["input"] == 500 * 3 * 36 * 4
    assert peak.by_role["optimizer_state"] == 2 * 4 * PARAMETERS + 6 * 4 + 4 * PARAMETERS + (2 * 4 * 4 + 8)
    assert peak.total == sum(peak.by_role.values())
    assert alone.by_role["optimizer_state"] == 0


def test_work_beside_the_training() -> None:
    """An evaluation of 100 samples after each of two epochs, statistics taken again once, a look at every 3rd step."""
    looked: list[int] = []

    def look(model: Net, optimizer: Any, batch: Any) -> None:
        looked.append(1)
        with torch.no_grad():
            model.head.weight * 2

    phases: list[dict[str, Any]] = [
        {"name": "whitening", "step": look, "steps": 1},
        {"name": "training"},
        {"name": "evaluation", "step": "evaluate", "samples": 100, "batch": 50},
        {"name": "statistics", "step": "recalibrate", "epochs": 1},
        {"name": "look", "step": look, "every": 3},
    ]
    analysis = costmodel.analyze(Net, input="3x6x6", batch=8, samples=20, epochs=2, phases=phases)
    rows = {row.name: row for row in analysis.phases}
    assert list(rows) == ["training", "whitening", "evaluation", "statistics", "look"]
    assert (rows["training"].steps, rows["training"].last_batch) == (6, 4)
    assert (rows["evaluation"].steps, rows["evaluation"].last_batch) == (4, None)
    assert (rows["statistics"].steps, rows["statistics"].last_batch) == (3, 4)
    assert (rows["look"].steps, rows["look"].operations) == (7 // 3, 7 // 3 * 20)
    assert rows["whitening"].operations == 20
    one = costmodel.analyze(Net, input="3x6x6", batch=8)
    forward = {row.op: row.operations for row in one.ops if row.part == "forward"}
    # a pass in training mode costs what the step's forward costs; evaluation uses statistics that are there
    assert rows["statistics"].operations_per_step == sum(forward.values())
    assert 0 < rows["evaluation"].operations_per_step < 50 / 8 * sum(forward.values())
    assert analysis.totals.operations.training == sum(row.operations for row in analysis.phases)


def test_phases_with_their_own_model_loss_and_step() -> None:
    phases: list[dict[str, Any]] = [
        {"name": "small", "model": Net, "model_options": {"classes": 2}, "steps": 3},
        {"name": "training", "steps": 2},
        {"name": "squares", "loss": "mse", "steps": 1},
        {"name": "own", "step": lambda m, o, batch: plain(m, o, *batch), "input": "3x6x6, :int64", "steps": 1},
    ]
    analysis = costmodel.analyze(Net, input="3x6x6", batch=8, phases=phases)
    rows = {row.name: row.operations_per_step for row in analysis.phases}
    assert list(rows) == ["training", "squares", "own", "small"]
    assert rows["own"] == rows["training"] == costmodel.analyze(Net, input="3x6x6", batch=8).totals.operations.step
    assert rows["squares"] == costmodel.analyze(Net, input="3x6x6", batch=8, loss="mse").totals.operations.step
    small = costmodel.analyze(Net, input="3x6x6", batch=8, model_options={"classes": 2}).totals
    assert rows["small"] == small.operations.step
    assert analysis.totals.parameters == PARAMETERS
    assert any("'small' trains another model" in a.what for a in analysis.assumptions)


def test_several_optimizers_are_all_stepped() -> None:
    def two(model: Net) -> Any:
        return [torch.optim.SGD(model.conv.parameters(), 0.1), torch.optim.AdamW(model.head.parameters())], []

    analysis = costmodel.analyze(Net, input="3x6x6", batch=8, optimizer=two)
    sgd = 2 * (3 * 4 * 9 + 4)
    head = costmodel.analyze(lambda: nn.Linear(4, 5), input="4", batch=8, optimizer="adamw")
    assert analysis.totals.operations.optimizer == sgd + head.totals.operations.optimizer
    assert analysis.phases[0].optimizer == "SGD and AdamW"
    handed: list[Any] = []

    def own(model: Net, optimizers: Any, batch: Any) -> None:
        handed.append([type(optimizer).__name__ for optimizer in optimizers])

    costmodel.analyze(Net, input="3x6x6", batch=8, optimizer=two, step=own)
    assert handed[0] == ["SGD", "AdamW"]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"accumulate": 3}, "accumulate: 3 parts do not divide a batch of 8"),
    ({"mix": "mixup", "loss": lambda output, _: output.sum()}, "mix: needs a loss by name"),
    ({"teacher": Net, "loss": "output"}, "teacher: needs a loss by name"),
    ({"clip": "norm", "step": plain}, "clip has no effect"),
    ({"loss_options": {"smoothing": 0.1}}, "no option 'smoothing'; its options: .*label_smoothing"),
    ({"sam": 2, "cycle": 3}, "a cycle is the recipe's own"),
    ({"phases": [{"name": "a", "step": "evaluate", "every": 2}]}, "needs a phase that has these steps"),
    ({"phases": [{"name": "a"}, {"name": "b", "every": 2, "samples": 5}]}, "leave its steps, epochs and samples out"),
    ({"phases": [{"name": "a", "model": Net}]}, "one must train the recipe's"),
    ({"steps": 2, "phases": [{"name": "a"}, {"name": "b", "step": "evaluate", "every": 3}]}, "never in so few"),
]


@pytest.mark.parametrize(("settings", "message"), BAD)
def test_what_cannot_be_meant_is_said(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        analysed(**settings)
