"""Programs that have no step to record are refused in a sentence of ours."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import costmodel
from costmodel.errors import CostModelError


def scripted() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nn.Sequential(torch.jit.script(nn.Linear(8, 8)))


SCRIPTED = scripted()


def exported() -> nn.Module:
    return torch.export.export(nn.Sequential(nn.Linear(8, 8)), (torch.ones(2, 8),)).module()


def quantized() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model: nn.Module = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(8, 8)))  # type: ignore[no-untyped-call]
    return model


def distributed() -> nn.Module:
    return nn.parallel.DistributedDataParallel(nn.Linear(8, 8))


class Graphed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> Any:
        with torch.cuda.graph(torch.cuda.CUDAGraph()):
            return self.inner(x)


REFUSED = {
    (lambda: SCRIPTED): "give the plain module",
    SCRIPTED: "give the plain module",
    exported: "before it is exported",
    quantized: "before it is quantized",
    Graphed: "run the step as it is",
}


@pytest.mark.parametrize("model", REFUSED, ids=lambda m: getattr(m, "__name__", "built"))
def test_it_is_said_what_to_give_instead(model: Any) -> None:
    with pytest.raises(CostModelError, match=REFUSED[model]) as caught:
        costmodel.analyze(model, input="8")
    assert "\n" not in str(caught.value)


class Decorated(nn.Linear):
    def __init__(self) -> None:
        super().__init__(8, 8)

    @torch.compile(mode="max-autotune")
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x)


def compiled_in_place() -> nn.Module:
    model = nn.Linear(8, 8)
    model.compile()
    return model


def jit_traced() -> Any:
    return torch.jit.trace(nn.Linear(8, 8), torch.ones(2, 8))  # type: ignore[no-untyped-call]


COMPILED = [
    Decorated, compiled_in_place, compiled_in_place(), jit_traced, scripted, lambda: torch.compile(nn.Linear(8, 8)),
    torch.compile(nn.Linear(8, 8), mode="reduce-overhead"),
]  # fmt: skip


@pytest.mark.parametrize("model", COMPILED)
def test_what_is_to_be_compiled_runs_as_it_is_written(model: Any) -> None:
    """Compiled before, while it is built, or at its call: the compiler's code does not run, and its calls are ours."""
    plain, ours = (costmodel.analyze(m, input="8", batch=2).totals for m in (nn.Linear(8, 8), model))
    assert (ours.parameters, ours.operations) == (plain.parameters, plain.operations)


@pytest.mark.parametrize("wrapped", [nn.DataParallel(nn.Linear(8, 8)), distributed])
def test_what_is_wrapped_for_several_gpus_is_its_module(wrapped: Any) -> None:
    plain, parallel = (costmodel.analyze(m, input="8").totals for m in (nn.Linear(8, 8), wrapped))
    assert (
        (plain.parameters, plain.operations) == (parallel.parameters, parallel.operations) == (72, parallel.operations)
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("torch.func.vmap(self.a)(x)", "wrapped tensors"),
        ("x + torch.func.grad(lambda z: self.a(z).sum())(x)", "wrapped tensors"),
        ("torch.func.jvp(self.a, (x,), (x,))[1]", "wrapped tensors"),
        ("torch.sparse.mm(x.to_sparse(), self.a.weight)", "which is data; give the network the dense one"),
        ("torch.sparse.mm(x.to_sparse_csr(), self.a.weight)", "which is data; give the network the dense one"),
        ("torch.sparse.mm(torch.sparse_coo_tensor(torch.ones(2, 1).long(), torch.ones(1), (4, 4)), self.a.weight)",
         "which is data"),
        ("self.a(x.as_subclass(type('T', (torch.Tensor,), {})))", "plain tensors"),
    ],
)  # fmt: skip
def test_what_is_computed_on_other_tensors_is_refused_in_words(tmp_path: Path, line: str, said: str) -> None:
    text = "import torch\nfrom torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n"
    text += "        super().__init__()\n        self.a = nn.Linear(4, 4)\n"
    text += f"    def forward(self, x):\n        return {line}\n"
    (tmp_path / "net.py").write_text(text)
    with pytest.raises(CostModelError, match=rf"net\.py:8.*{said}"):
        costmodel.analyze(f"{tmp_path / 'net.py'}:Net", input="4")
