"""Random networks: every width that may change is found, and changing it gives the network rebuilt with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import lcm
from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from costmodel.ir.workload import LayerProblem
from costmodel.passes.lower import problem_of
from costmodel.passes.narrowing import widened
from costmodel.passes.widths import widths
from costmodel.passes.work import count
from costmodel.tracing.training import plan_training, trace_inference

STEPS = ("conv", "conv", "depthwise", "add", "stash", "norm", "group norm", "same norm", "act", "pool", "gate", "cat")
SIZE = 12


@dataclass
class Oracle:
    """The widths of a program of steps, a number each, by what is built: joined where the layers force it."""

    parent: dict[int, int] = field(default_factory=dict)
    multiple: dict[int, int] = field(default_factory=dict)
    fixed: set[int] = field(default_factory=set)

    def new(self) -> int:
        self.parent[len(self.parent)] = len(self.parent)
        return len(self.parent) - 1

    def root(self, one: int) -> int:
        return one if self.parent[one] == one else self.root(self.parent[one])

    def join(self, one: int, other: int) -> None:
        self.parent[self.root(other)] = self.root(one)

    def multiple_of(self, one: int) -> int:
        return lcm(*(m for width, m in self.multiple.items() if self.root(width) == self.root(one)), 1)

    def is_fixed(self, one: int) -> bool:
        return any(self.root(width) == self.root(one) for width in self.fixed)


class Network(nn.Module):
    """A program of steps; ``changed`` gives the sizes of single widths, all others are ``SIZE``."""

    def __init__(self, steps: list[str], changed: dict[int, int]) -> None:
        super().__init__()
        self.steps, self.oracle, self.changed = steps, Oracle(), changed
        self.made = nn.ModuleDict()
        self.makes: dict[str, int] = {}
        width = self.conv("first", 3)
        stash, self.norm = width, -1
        for i, step in enumerate(steps):
            if step == "conv":
                width = self.conv(f"step{i}", self.size(width))
            elif step == "stash":
                stash = width
            elif step == "add":
                self.oracle.join(width, stash)
            elif step == "cat":  # two tensors side by side: nothing is known of their widths any more
                self.oracle.fixed |= {width, stash}
                width = self.conv(f"step{i}", self.size(width) + self.size(stash))
            else:
                self.between(i, step, width)
        self.made["last"] = nn.Conv2d(self.size(width), 4, 1)

    def between(self, i: int, step: str, width: int) -> None:
        """A step whose output has the width of its input."""
        name, size = f"step{i}", self.size(width)
        if step == "depthwise":
            self.made[name] = nn.Conv2d(size, size, 3, padding=1, groups=size)
        elif step == "norm":
            self.made[name] = nn.BatchNorm2d(size)
        elif step == "group norm":
            parts = 3 if i % 2 else 2
            self.made[name] = nn.GroupNorm(parts, size)
            self.oracle.multiple[width] = lcm(self.oracle.multiple.get(width, 1), parts)
        elif step == "same norm":
            if self.norm < 0:
                self.norm, self.made["same"] = width, nn.BatchNorm2d(size)
            self.oracle.join(self.norm, width)
        elif step == "act":
            self.made[name] = (nn.Mish(), nn.PReLU(size), nn.Softplus())[i % 3]
        elif step == "gate":
            self.made[name] = nn.Linear(size, size)
            self.makes[f"made.{name}"] = width

    def size(self, width: int) -> int:
        return self.changed.get(width, SIZE)

    def conv(self, name: str, inside: int) -> int:
        width = self.oracle.new()
        self.made[name] = nn.Conv2d(inside, self.size(width), 3, padding=1)
        self.makes[f"made.{name}"] = width
        return width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made: dict[str, Any] = dict(self.made.items())
        x = stash = made["first"](x)
        for i, step in enumerate(self.steps):
            layer: Any = made.get(f"step{i}")
            if step == "stash":
                stash = x
            elif step == "add":
                x = x + stash
            elif step == "same norm":
                x = made["same"](x)
            elif step == "pool":
                x = nn.functional.avg_pool2d(x, 3, 1, 1)
            elif step == "gate":
                x = x * layer(x.mean((2, 3))).sigmoid()[:, :, None, None]
            else:
                x = layer(torch.cat((x, stash), 1) if step == "cat" else x)
        result: torch.Tensor = made["last"](x)
        return result


Problems = dict[int, LayerProblem]


def traced(network: Network) -> tuple[Any, Problems]:
    trace = trace_inference(plan_training(network, {"input": "3x4x4"}))
    rows = count(trace).rows
    return trace, {i: problem_of(r.work.nests[0][0])[0] for i, r in enumerate(rows) if r.work and r.work.nests}


@settings(derandomize=True, deadline=None, max_examples=40)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=2, max_size=9))
def test_widths_of_random_networks(steps: list[str]) -> None:
    network = Network(steps, {})
    oracle, (trace, problems) = network.oracle, traced(network)
    found = widths(trace)
    sets = []
    for width in found:
        made = {network.makes[trace.calls[use.call].scope] for use in width.uses if use.dim == "M"}
        root = {oracle.root(one) for one in made}
        assert len(root) == 1
        sets.append(next(iter(root)))
        assert width.multiple_of == oracle.multiple_of(sets[-1])
        size = SIZE + 6
        whole = {one: size for one in oracle.parent if oracle.root(one) == sets[-1]}
        changed = dict(problems)
        for use in width.uses:
            changed[use.call] = widened(changed[use.call], use.dim, size * use.times)
        assert changed == traced(Network(steps, whole))[1]
    open_ones = {oracle.root(one) for one in oracle.parent if not oracle.is_fixed(one)}
    assert sorted(sets) == sorted(open_ones)
