"""Zoos of models: their names, how each is built and called, and what is published of it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.coverage.zoos import of_stand_ins, of_timm, of_torchvision, of_transformers


@dataclass(frozen=True)
class Zoo:
    """One zoo.

    Attributes:
        package: that has to be installed.
        names: of its models.
        build: a model by name, with random weights.
        settings: of the analysis of a model: its inputs, its loss or step.
        published: MACs of one inference in 10⁹, None where nothing is.
        by_hand: a stand-in by its name, which is looked at in place of a built model.
    """

    package: str
    names: Callable[[], list[str]]
    build: Callable[[str], Any]
    settings: Callable[[str], dict[str, Any]]
    published: Callable[[str], float | None]
    by_hand: Callable[[str], of_stand_ins.StandIn] | None = None

    def is_there(self) -> bool:
        """Whether it is installed."""
        return importlib.util.find_spec(self.package) is not None


ZOOS = {
    "stand-ins": Zoo("yaml", of_stand_ins.names, of_stand_ins.read, lambda _: {}, lambda _: None, of_stand_ins.read),
    "torchvision": Zoo(
        "torchvision", of_torchvision.names, of_torchvision.build, of_torchvision.settings, of_torchvision.published
    ),
    "timm": Zoo("timm", of_timm.names, of_timm.build, of_timm.settings, lambda _: None),
    "transformers": Zoo(
        "transformers", of_transformers.names, of_transformers.build, of_transformers.settings, lambda _: None
    ),
}
