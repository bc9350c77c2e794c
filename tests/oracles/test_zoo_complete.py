"""Every op that the zoo's steps and torch's optimizers execute has a formula: every total is exact, none "at least"."""

from __future__ import annotations

from pathlib import Path

import pytest

import costmodel
from examples.zoo import ZOO, Entry

OPTIMIZERS = (
    "sgd",
    "adam",
    "adamw",
    "nadam",
    "radam",
    "rmsprop",
    "adagrad",
    "adadelta",
    "adamax",
    "asgd",
    "rprop",
    "adafactor",
)


@pytest.mark.parametrize("entry", ZOO, ids=lambda e: e.name)
def test_every_network_is_counted_completely(entry: Entry, in_root: Path) -> None:
    analysis = costmodel.analyze(entry.reference, input=entry.input, batch=2, optimizer="adamw")
    assert analysis.uncounted == ()
    assert analysis.totals.complete
    assert analysis.totals.parameters == entry.parameters


@pytest.mark.parametrize("foreach", [True, False])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_is_counted_completely(name: str, foreach: bool, in_root: Path) -> None:
    options = {} if name == "adafactor" else {"foreach": foreach}
    analysis = costmodel.analyze("examples/zoo/lenet.py:LeNet5", optimizer=name, optimizer_options=options)
    assert analysis.uncounted == ()
    assert analysis.totals.operations.optimizer > 0
