"""Every kind of change on small networks: which there are, in words, and what the network is after it, by torch."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest
import torch
from torch import nn

from costmodel.tracing.recipe.input_spec import InputSpec
from costmodel.tracing.recipe.recipe import PhaseSpec, Recipe
from costmodel.tracing.surgery.change import Change, Seen, change_kinds
from costmodel.tracing.surgery.refit import refit, with_inputs, with_outputs


def network(side: int = 16) -> nn.Module:
    """A first layer of 5×5, one of 16 → 24 channels, a step, one that keeps its shape, and a classifier."""
    parts: list[tuple[str, nn.Module]] = [
        ("first", nn.Conv2d(3, 16, 5, padding=2)),
        ("norm", nn.BatchNorm2d(16)),
        ("wide", nn.Conv2d(16, 24, 3, padding=1, bias=False)),
        ("pool", nn.MaxPool2d(2)),
        ("same", nn.Conv2d(24, 24, 3, padding=1)),
        ("small", nn.Conv2d(24, 8, 1)),
        ("flat", nn.Flatten()),
        ("head", nn.Linear(8 * (side // 2) ** 2, 10)),
    ]
    return nn.Sequential(OrderedDict(parts))


def seen_of(model: nn.Module, x: torch.Tensor, **more: Any) -> Seen:
    return Seen(model=model, shapes=refit(model, lambda: model(x)), **{"groups": (), **more})


def listed(seen: Seen) -> list[tuple[str, str, str]]:
    return [(c.kind, " ".join(c.where), c.what) for kind in change_kinds() for c in kind.changes(seen)]


def test_the_changes_of_a_network() -> None:
    seen = seen_of(network(), torch.zeros(2, 3, 16, 16), groups=(("wide",), ("head",)), lanes=16)
    assert listed(seen) == [
        # multiples of 16, 8 and 4 from a half to the double: two below, two above, and the half
        ("channels", "wide", "24 → 12 channels"),
        ("channels", "wide", "24 → 16 channels"),
        ("channels", "wide", "24 → 20 channels"),
        ("channels", "wide", "24 → 28 channels"),
        ("channels", "wide", "24 → 32 channels"),
        ("channels", "head", "10 → 5 features"),
        ("channels", "head", "10 → 8 features"),
        ("channels", "head", "10 → 12 features"),
        ("channels", "head", "10 → 16 features"),
        ("classifier", "small head", "global average before head: 512 → 8 inputs"),
        ("space to depth", "first", "places folded into channels before it: 3×16×16 → 12×8×8"),
        ("resolution", "first", "resolution 16×16 → 8×8, averaged before it"),
        ("kernel", "first", "kernel 5×5 → 3×3"),
        ("kernel", "first", "kernel 5×5 → two of 3×3"),
        ("removal", "same", "left out"),
        ("separable", "wide", "3×3 → depthwise 3×3, then 1×1"),
        ("groups", "wide", "2 groups"),
        ("groups", "wide", "4 groups"),
        ("bottleneck", "wide", "1×1 to 4 channels, 3×3, 1×1 to 24"),
        ("separable", "same", "3×3 → depthwise 3×3, then 1×1"),
        ("groups", "same", "2 groups"),
        ("groups", "same", "4 groups"),
        ("bottleneck", "same", "1×1 to 6 channels, 3×3, 1×1 to 24"),
        ("stride", "first", "stride 1 → 2"),
        ("stride", "first pool", "stride 1 → 2, and pool with stride 1 in its place"),
        ("stride", "wide", "stride 1 → 2"),
        ("stride", "wide pool", "stride 1 → 2, and pool with stride 1 in its place"),
        ("stride", "same", "stride 1 → 2"),
    ]


def test_where_nothing_is_to_be_changed() -> None:
    odd = nn.Sequential(nn.Conv2d(3, 5, 3, groups=1), nn.Conv2d(5, 5, 3, groups=5), nn.Conv2d(5, 7, 1))
    # an image of 9×9; no array: a quarter of the channels is the step
    found = listed(seen_of(odd, torch.zeros(1, 3, 9, 9), groups=(("0",),)))
    assert found == [
        ("channels", "0", "5 → 3 channels"),
        ("channels", "0", "5 → 4 channels"),
        ("channels", "0", "5 → 6 channels"),
        ("channels", "0", "5 → 7 channels"),
        ("stride", "0", "stride 1 → 2"),
        ("stride", "1", "stride 1 → 2"),
    ]
    tiny = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4, 2))
    assert listed(seen_of(tiny, torch.zeros(1, 3, 3, 3))) == []  # one place is left: nothing to step over, to average
    seven = nn.Sequential(nn.Conv2d(4, 16, 7, dilation=2), nn.Conv2d(16, 15, 7))
    kinds = [(kind, where, what) for kind, where, what in listed(seen_of(seven, torch.zeros(1, 4, 21, 20)))]
    assert [one for one in kinds if one[0] in ("kernel", "groups", "bottleneck", "space to depth")] == [
        ("kernel", "1", "kernel 7×7 → 3×3"),
        ("groups", "0", "2 groups"),
        ("groups", "0", "4 groups"),
    ]


class Blocks(nn.Module):
    """Two blocks that keep their shape, one of two layers, and a layer that is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.block = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1))
        self.alone = nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU())
        self.twice = nn.Conv2d(8, 8, 3, padding=1)
        self.mix = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.alone(self.block(self.stem(x)))
        x = self.twice(self.twice(x))
        mixed: torch.Tensor = self.mix(x.mean((2, 3)))
        return mixed


def test_layers_and_blocks_that_are_left_out() -> None:
    model = Blocks()
    seen = seen_of(model, torch.zeros(1, 3, 8, 8))
    assert "twice" not in seen.shapes
    removals = [c for kind in change_kinds() for c in kind.changes(seen) if c.kind == "removal"]
    assert [(" ".join(c.where), c.what) for c in removals] == [
        ("block", "left out, a block of 2 layers"),
        ("block.0", "left out"),
        ("block.2", "left out"),
        ("alone.0", "left out"),
        ("mix", "left out"),
    ]
    for change in removals:
        fresh = Blocks()
        made(change, fresh)
        assert isinstance(fresh.get_submodule(change.where[0]), nn.Identity)
        assert fresh(torch.zeros(1, 3, 8, 8)).shape == (1, 8)
    moved = [" ".join(c.where) for kind in change_kinds() for c in kind.changes(seen) if c.kind == "stride"]
    assert moved == ["block.0", "block.2"]  # what steps already comes before them


def made(change: Change, model: nn.Module) -> None:
    assert change.make is not None
    change.make(model)


AFTER: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    # kernel-shapes of the convolutions and linear layers after it, and the place of the result
    "24 → 32 channels": ([(16, 3, 5, 5), (32, 16, 3, 3), (24, 32, 3, 3), (8, 24, 1, 1), (10, 512)], (2, 10)),
    "10 → 8 features": ([(16, 3, 5, 5), (24, 16, 3, 3), (24, 24, 3, 3), (8, 24, 1, 1), (8, 512)], (2, 8)),
    "global average before head: 512 → 8 inputs": (
        [(16, 3, 5, 5), (24, 16, 3, 3), (24, 24, 3, 3), (8, 24, 1, 1), (10, 8)],
        (2, 10),
    ),
    "places folded into channels before it: 3×16×16 → 12×8×8": (
        [(16, 12, 5, 5), (24, 16, 3, 3), (24, 24, 3, 3), (8, 24, 1, 1), (10, 128)],
        (2, 10),
    ),
    "resolution 16×16 → 8×8, averaged before it": (
        [(16, 3, 5, 5), (24, 16, 3, 3), (24, 24, 3, 3), (8, 24, 1, 1), (10, 128)],
        (2, 10),
    ),
    "kernel 5×5 → 3×3": ([(16, 3, 3, 3), (24, 16, 3, 3), (24, 24, 3, 3), (8, 24, 1, 1), (10, 512)], (2, 10)),
    "kernel 5×5 → two of 3×3": (
        [(16, 3, 3, 3), (16, 16, 3, 3), (24, 16, 3, 3), (24, 24, 3, 3), (8, 24, 1, 1), (10, 512)],
        (2, 10),
    ),
    "3×3 → depthwise 3×3, then 1×1": (
        [(16, 3, 5, 5), (16, 1, 3, 3), (24, 16, 1, 1), (24, 24, 3, 3), (8, 24, 1, 1), (10, 512)],
        (2, 10),
    ),
    "4 groups": ([(16, 3, 5, 5), (24, 4, 3, 3), (24, 24, 3, 3), (8, 24, 1, 1), (10, 512)], (2, 10)),
    "1×1 to 4 channels, 3×3, 1×1 to 24": (
        [(16, 3, 5, 5), (4, 16, 1, 1), (4, 4, 3, 3), (24, 4, 1, 1), (24, 24, 3, 3), (8, 24, 1, 1), (10, 512)],
        (2, 10),
    ),
    "stride 1 → 2": ([(16, 3, 5, 5), (24, 16, 3, 3), (24, 24, 3, 3), (8, 24, 1, 1), (10, 128)], (2, 10)),
    "stride 1 → 2, and pool with stride 1 in its place": (
        [(16, 3, 5, 5), (24, 16, 3, 3), (24, 24, 3, 3), (8, 24, 1, 1), (10, 512)],
        (2, 10),
    ),
}


@pytest.mark.parametrize("what", AFTER)
def test_the_network_after_a_change(what: str) -> None:
    x, model = torch.zeros(2, 3, 16, 16), network()
    seen = seen_of(network(), x, groups=(("wide",), ("head",)), lanes=16)
    change = next(c for kind in change_kinds() for c in kind.changes(seen) if c.what == what)
    made(change, model)
    shapes = refit(model, lambda: model(x))
    kernels, result = AFTER[what]
    layers = [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    assert [tuple(layer.weight.shape) for layer in layers] == kernels
    assert all(p.requires_grad for p in model.parameters())
    assert model(x).shape == result == (2, *shapes[""][1])
    wide = [m for name, m in model.named_modules() if name.startswith("wide") and isinstance(m, nn.Conv2d)]
    if what not in ("1×1 to 4 channels, 3×3, 1×1 to 24",):  # its own two layers have a bias, as it may
        assert all(conv.bias is None for conv in wide)


def test_layers_are_fitted_to_what_they_are_given() -> None:
    model = nn.Sequential(
        nn.Conv2d(4, 4, 3, groups=4), nn.GroupNorm(2, 4), nn.BatchNorm2d(4, affine=False), nn.Flatten(), nn.Linear(4, 3)
    )
    shapes = refit(model, lambda: model(torch.zeros(2, 6, 4, 4)))
    layers: list[Any] = list(model)
    depthwise, group, batch, _, head = layers
    assert tuple(depthwise.weight.shape) == (6, 1, 3, 3)  # a depthwise one stays depthwise
    assert tuple(depthwise.bias.shape) == (6,)
    assert (depthwise.in_channels, depthwise.out_channels, depthwise.groups) == (6, 6, 6)
    assert (group.num_channels, tuple(group.weight.shape), tuple(group.bias.shape)) == (6, (6,), (6,))
    assert (batch.num_features, tuple(batch.running_mean.shape), batch.weight) == (6, (6,), None)
    assert not isinstance(batch.running_var, nn.Parameter)
    assert (head.in_features, tuple(head.weight.shape)) == (24, (3, 24))
    assert shapes["4"] == ((24,), (3,))
    for conv, channels in ((nn.Conv2d(4, 6, 3, groups=2), 3), (nn.Conv2d(6, 4, 3, groups=2), 5)):
        with pytest.raises(ValueError, match="do not go into 2 groups"):
            (with_inputs if channels == 3 else with_outputs)(conv, channels)
    frozen = nn.Linear(2, 3)
    frozen.weight.requires_grad_(False)
    with_outputs(frozen, 5)
    assert (frozen.out_features, tuple(frozen.bias.shape), frozen.weight.requires_grad) == (5, (5,), False)


def retrained(recipe: Recipe, *kinds: str, **more: Any) -> list[tuple[str, str, Recipe]]:
    seen = Seen(model=network(), shapes={}, groups=(), recipe=recipe, **more)
    found = [c for kind in change_kinds() for c in kind.changes(seen) if c.kind in kinds]
    return [(c.what, c.edit, c.retrain(recipe)) for c in found if c.retrain is not None]


IMAGES = (InputSpec(shape=(3, 32, 32)),)


def test_changes_of_the_batch() -> None:
    recipe = Recipe(
        input=IMAGES,
        batch=6,
        samples=12,
        phases=(
            PhaseSpec(name="fit", epochs=2, batch=3),
            PhaseSpec(name="rest", epochs=2),
            PhaseSpec(name="check", step="evaluate", epochs=1),
        ),
    )
    found = retrained(recipe, "batch")
    assert [(what, edit) for what, edit, _ in found] == [("6 → 12 samples", "batch: 12"), ("6 → 3 samples", "batch: 3")]
    assert [[p.batch for p in one.phases] for *_, one in found] == [[6, None, 6], [1, None, 6]]
    assert [one.batch for *_, one in found] == [12, 3]
    assert [what for what, *_ in retrained(Recipe(input=IMAGES, batch=1), "batch")] == [
        "1 → 4 samples",
        "1 → 2 samples",
    ]
    assert retrained(recipe, "batch", own_words=frozenset({"example_batch"})) == []


def test_changes_of_the_length() -> None:
    found = retrained(Recipe(input=IMAGES, samples=100, epochs=10), "length")
    assert [(what, edit, one.epochs) for what, edit, one in found] == [
        ("10 → 9 epochs", "epochs: 9", 9),
        ("10 → 8 epochs", "epochs: 8", 8),
        ("10 → 5 epochs", "epochs: 5", 5),
    ]
    assert [what for what, *_ in retrained(Recipe(input=IMAGES, steps=2), "length")] == ["2 → 1 steps"]
    assert retrained(Recipe(input=IMAGES, samples=100, epochs=1), "length") == []
    phases = (PhaseSpec(name="check", step="evaluate", epochs=4), PhaseSpec(name="fit", steps=3))
    found = retrained(Recipe(input=IMAGES, samples=100, phases=phases), "length")
    assert [(what, edit) for what, edit, _ in found] == [
        ("3 → 2 steps of phase fit", "steps: 2 of phase fit"),
    ]
    assert [p.steps for p in found[0][2].phases] == [None, 2]


def test_changes_of_the_evaluation() -> None:
    phases = (
        PhaseSpec(name="fit", epochs=3),
        PhaseSpec(name="check", step="evaluate", epochs=3),
        PhaseSpec(name="once", step="evaluate", epochs=1),
        PhaseSpec(name="often", step="evaluate", every=5),
    )
    found = retrained(Recipe(input=IMAGES, samples=100, phases=phases), "evaluation")
    assert [(what, edit) for what, edit, _ in found] == [
        ("3 → 1 passes", "epochs: 1 of phase check"),
        ("every 5 → 10 steps", "every: 10 of phase often"),
    ]
    assert [(p.epochs, p.every) for p in found[1][2].phases] == [(3, None), (3, None), (1, None), (None, 10)]


def test_changes_of_the_optimizer() -> None:
    recipe = Recipe(
        input=IMAGES, optimizer="Adam", optimizer_options={"lr": 0.1, "weight_decay": 0.01, "foreach": True}
    )
    found = retrained(recipe, "optimizer")
    assert [what for what, *_ in found] == [
        "adam with weight_decay 0.01 → adam",
        "adam with weight_decay 0.01 → sgd with momentum 0.9",
        "adam with weight_decay 0.01 → sgd",
    ]
    assert [one.optimizer_options for *_, one in found] == [
        {"lr": 0.1, "foreach": True},
        {"lr": 0.1, "foreach": True, "momentum": 0.9},
        {"lr": 0.1, "foreach": True},
    ]
    sgd = Recipe(input=IMAGES, optimizer="sgd", optimizer_options={"lr": 0.1, "momentum": 0.8})
    assert [what for what, *_ in retrained(sgd, "optimizer")] == ["sgd with momentum 0.8 → sgd"]
    for quiet in (
        Recipe(input=IMAGES, optimizer="none"),
        Recipe(input=IMAGES, samples=9, optimizer="adam", phases=(PhaseSpec(name="a", epochs=1, optimizer="sgd"),)),
    ):
        assert retrained(quiet, "optimizer") == []
    assert retrained(recipe, "optimizer", own_words=frozenset({"configure_optimizers"})) == []


def test_a_training_in_two_stretches() -> None:
    found = retrained(Recipe(input=IMAGES, samples=100, epochs=5), "progressive resizing", "frozen")
    # six parts have parameters: a third, a half and two thirds of them
    assert [what for what, *_ in found] == [
        "images of 16×16 in the first 2 of 5 epochs",
        "first to norm frozen in the last 2 of 5 epochs",
        "first to wide frozen in the last 2 of 5 epochs",
        "first to same frozen in the last 2 of 5 epochs",
    ]
    assert found[0][1] == "phases: [{name: small, epochs: 2, input: 3x16x16}, {name: full, epochs: 3}]"
    assert found[1][1] == ("phases: [{name: all, epochs: 3}, {name: frozen, epochs: 2, freeze: ['first.*', 'norm.*']}]")
    small, frozen = found[0][2], found[1][2]
    assert [(p.name, p.epochs, p.input and p.input[0].shape) for p in small.phases] == [
        ("small", 2, (3, 16, 16)),
        ("full", 3, None),
    ]
    assert [(p.epochs, tuple(p.freeze)) for p in frozen.phases] == [(3, ()), (2, ("first.*", "norm.*"))]
    assert (small.epochs, frozen.epochs) == (None, None)
    for other in ((3, 14, 14), (3, 17, 16), (1, 3, 32, 32)):
        smaller = Recipe(input=(InputSpec(shape=other),), samples=100, epochs=5)
        assert [what for what, *_ in retrained(smaller, "progressive resizing")] == []
    for short in (Recipe(input=IMAGES, samples=100, epochs=1), Recipe(input=IMAGES, steps=9)):
        assert retrained(short, "progressive resizing", "frozen") == []
