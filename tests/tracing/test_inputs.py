"""Inputs by place, by name and by example: the model is called as its user would call it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import costmodel
from costmodel.errors import CostModelError, RecipeError, RecipeFormatError


class Net(nn.Module):
    """Tokens and an image; a mask or nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.see, self.head = nn.Embedding(10, 8), nn.Linear(12, 8), nn.Linear(8, 4)

    def forward(self, ids: Any, image: Any = None, *, mask: Any = None) -> torch.Tensor:
        x = self.embed(ids).mean(1)
        if image is not None:
            x = x + self.see(image.flatten(1))
        out: torch.Tensor = self.head(x if mask is None else x * mask)
        return out


def _macs(**settings: Any) -> tuple[int, int]:
    analysis = costmodel.analyze(Net, **settings)
    return analysis.totals.macs.forward, analysis.subject.batch


IDS, IMAGE, MASK = torch.zeros(2, 6, dtype=torch.long), torch.zeros(2, 3, 2, 2), torch.ones(2, 8)
HEAD, SEE = 2 * 8 * 4, 2 * 12 * 8

FORMS: dict[str, tuple[dict[str, Any], int]] = {
    "by place": ({"input": "6:int64,3x2x2", "batch": 2}, HEAD + SEE),
    "by name": ({"input": "image=3x2x2,ids=6:int64,mask=8", "batch": 2}, HEAD + SEE),
    "a dict of texts": ({"input": {"ids": "6:int64", "mask": "8"}, "batch": 2}, HEAD),
    "a dict of sizes": ({"input": {"ids": "6:int64", "image": (3, 2, 2)}, "batch": 2}, HEAD + SEE),
    "a tensor": ({"input": IDS}, HEAD),
    "a tuple of tensors": ({"input": (IDS, IMAGE)}, HEAD + SEE),
    "a dict of tensors": ({"input": {"ids": IDS, "mask": MASK}}, HEAD),
    "with what is no tensor": ({"input": {"ids": IDS, "image": None}}, HEAD),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_model_is_called_with_what_is_given(form: str) -> None:
    settings, macs = FORMS[form]
    assert _macs(**settings) == (macs, 2)


def test_an_example_is_named_by_its_sizes() -> None:
    assert costmodel.analyze(Net, input={"ids": IDS, "image": IMAGE}).subject.input == "2x6:int64, 2x3x2x2"


def test_an_example_is_not_touched_and_has_its_types() -> None:
    image = torch.zeros(2, 3, 2, 2, requires_grad=True)
    costmodel.analyze(Net, input=(IDS, image))
    assert image.grad is None
    with pytest.raises(CostModelError, match=r"Long|int"):
        costmodel.analyze(Net, input=IMAGE)


def test_an_example_in_the_file_gives_way_to_what_is_said(tmp_path: Any) -> None:
    file = tmp_path / "net.py"
    file.write_text(
        "import torch\nfrom torch import nn\nclass Net(nn.Linear):\n    def __init__(self): super().__init__(4, 5)\n"
        "def example_batch(n): return (torch.zeros(n, 4),)\n"
    )
    assert costmodel.analyze(str(file), input=torch.zeros(7, 4)).subject.batch == 7


ERRORS: dict[str, tuple[dict[str, Any], type[CostModelError], str]] = {
    "a name and none": ({"input": "ids=6:int64,3x2x2"}, RecipeError, "3x2x2 has no name"),
    "an unknown name": ({"input": "idz=6:int64"}, CostModelError, "idz"),
    "no name": ({"input": "2 ids=6:int64"}, RecipeFormatError, "not the name of an argument"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_does_not_fit_is_said(case: str) -> None:
    settings, kind, words = ERRORS[case]
    with pytest.raises(kind, match=words):
        costmodel.analyze(Net, **settings)


def test_an_analysis_says_what_went_in() -> None:
    model = torch.nn.Linear(8, 2)
    assert costmodel.analyze(model, input="8").subject.input == "8"
    assert costmodel.analyze(torch.nn.Bilinear(3, 4, 2), input="3,4", batch=2).subject.input == "3, 4"


class Norms(nn.Module):
    """A network in half precision but for its norm, as the CIFAR-10 speed runs have it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3).half(), nn.BatchNorm2d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.norm(self.conv(x)).mean((2, 3))
        return logits


def test_an_input_whose_type_nobody_says_is_of_the_weights_type() -> None:
    training = costmodel.trace(Norms, input="3x8x8", batch=2)
    trace = training.phases[0].trace
    assert [trace.tensors[number].dtype for number in trace.inputs] == ["float16", "int64"]
    (said,) = (a.what for a in trace.assumptions if "input" in a.what)
    assert said == "the input is of float16, as the network's weights are; --input SIZES:float32 says otherwise"
    with pytest.raises(CostModelError, match="should be the same"):
        costmodel.analyze(Norms, input="3x8x8:float32", batch=2)
