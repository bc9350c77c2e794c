"""Element types of the layers' tensors: as the graph has them, and against a machine's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import costmodel
from costmodel.backends.totals import wider
from costmodel.hardware.machines import load_hardware
from costmodel.ir.workload import Precision, Workload
from costmodel.passes.precisions import precisions
from tests.backends.whole.machines import toy, toy_file


class Quantised(nn.Module):
    """Weights and activations of 8 bits, accumulators of 32, between two layers of floats."""

    def __init__(self) -> None:
        super().__init__()
        self.before = nn.Linear(16, 16)
        self.register_buffer("weight", torch.zeros(16, 16, dtype=torch.int8))
        self.after = nn.Linear(16, 4)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.before(x.expand(32, 16))
        x = torch._int_mm(x.to(torch.int8), self.get_buffer("weight").t()).to(torch.float32)
        return self.after(x)


def of(model: Any, phase: str = "inference", **settings: Any) -> tuple[Precision, ...]:
    trace = costmodel.trace(model, **settings).phases[0].trace
    return precisions(trace, costmodel.count(trace), phase)


def test_weights_activations_and_accumulators_as_the_graph_has_them() -> None:
    found = {(p.dataspace, p.dtype): p.layers for p in of(Quantised, input="16")}
    floats = ("before", "after")
    assert found == {
        ("Weights", "float32"): floats, ("Inputs", "float32"): floats, ("Outputs", "float32"): floats,
        ("Weights", "int8"): ("(model)",), ("Inputs", "int8"): ("(model)",), ("Outputs", "int32"): ("(model)",),
    }  # fmt: skip
    # autocast computes layers in halves; their gradients are halves too
    half = of(nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2)), "training", input="4", autocast="bfloat16")
    assert {p.dtype for p in half} == {"bfloat16"}


WORKLOAD = Workload(
    phase="inference", layers=(), not_mapped=(), operations=0, bytes_moved=0,
    precisions=(
        Precision(dataspace="Weights", dtype="int8", layers=("a",)),
        Precision(dataspace="Inputs", dtype="float16", layers=("b", "c")),
        Precision(dataspace="Outputs", dtype="int32", layers=("a",)),
    ),
)  # fmt: skip


def test_wider_than_the_words_of_their_data_space(tmp_path: Path) -> None:
    def seen(words: str) -> list[tuple[str, str, int, int, tuple[str, ...]]]:
        machine = toy(tmp_path, "  energy: {value: 1, unit: pJ", f"{words}  energy: {{value: 1, unit: pJ")
        return [(w.dataspace, w.dtype, w.bits, w.word_bits, w.layers) for w in wider(WORKLOAD, machine)]

    assert seen("") == [("Inputs", "float16", 16, 8, ("b", "c")), ("Outputs", "int32", 32, 8, ("a",))]
    spaces = "  data_space_bits: {{Weights: {}, Outputs: {}}}\n"
    some = [f"{{value: {bits}, unit: bits, source: mine}}" for bits in (4, 32)]
    assert seen(spaces.format(*some)) == [("Weights", "int8", 8, 4, ("a",)), ("Inputs", "float16", 16, 8, ("b", "c"))]
    assert wider(WORKLOAD, load_hardware("simple_weight_stationary")) == tuple(
        w for w in wider(WORKLOAD, load_hardware("simple_output_stationary")) if w.dtype == "int32"
    )


def test_a_report_names_the_layers_and_a_comparison_the_words(tmp_path: Path) -> None:
    report = costmodel.estimate(Quantised, str(toy_file(tmp_path)), input="16")
    said = "Outputs of int32 have 32 bits, the machine's words 8: each element is taken as one word (in (model))"
    assert said in costmodel.render(report, "md").replace("\\", "")
    assert "of float32 have" not in costmodel.render(report)
    words = "  data_space_bits: {Outputs: {value: 32, unit: bits, source: mine}}\n  energy: {value: 1, unit: pJ"
    (tmp_path / "wide").mkdir()
    wide = toy_file(tmp_path / "wide", "  energy: {value: 1, unit: pJ", words)
    found = costmodel.compare(Quantised, Quantised, hardware=(str(toy_file(tmp_path)), str(wide)), input="16")
    assert found.warnings == ("words of the accelerator, bits: 8 and Weights 8, Inputs 8, Outputs 32",)


@pytest.mark.parametrize("options", [{"samples": 10, "epochs": 2}, {}])
def test_steps_of_a_training(options: dict[str, Any], tmp_path: Path) -> None:
    report = costmodel.estimate(
        nn.Linear(4, 2), str(toy_file(tmp_path)), phase="training", input="4", batch=4, **options
    )
    assert report.steps == (6 if options else None)  # 2 whole batches and a part of one, twice
    said = costmodel.render(report)
    assert ("energy of the training, mJ" in said) == bool(options)
    # phases that differ have no step that is done so often
    phases = [{"name": "a", "samples": 10, "epochs": 1}, {"name": "b", "samples": 10, "epochs": 1, "batch": 2}]
    two = costmodel.estimate(nn.Linear(4, 2), str(toy_file(tmp_path)), phase="training", input="4", phases=phases)
    assert two.steps is None
