"""Values that a model's construction asks for, against the same statements on real tensors."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import costmodel
from costmodel.errors import CostModelError, SubjectError
from costmodel.tracing.modes.fake import FakeMode
from costmodel.tracing.modes.values import Values

_MOVES = ("t()", "[0]", "[:, 1:]", "reshape(-1)", "flip(0)", "clone()", "cumsum(0)", "contiguous()", "view_as(x)")
_CHANGES = ("add_(1)", "mul_(2)", "fill_(7)", "neg_()", "cumsum_(0)", "sub_(x.sum())", "zero_()")


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from((*_MOVES, *_CHANGES)), st.booleans()), max_size=8))
def test_any_program_of_views_and_changes_has_the_values_that_torch_gives(program: list[tuple[str, bool]]) -> None:
    """Views share memory, changes reach every view; the values are read at the end, and on the way."""

    def run() -> list[Any]:
        x = torch.arange(12.0).reshape(3, 4)
        held, y, seen = [x], x, []
        for move, ask in program:
            text = f"y{move}" if move.startswith("[") else f"y.{move}"
            try:
                y = eval(text, {"x": x, "y": y})
            except (RuntimeError, IndexError, ValueError):  # torch has both for a shape that does not fit
                continue
            held.append(y)
            if ask:
                seen.append(y.sum().item())
        return [*seen, *(t.tolist() for t in held)]

    expected = run()
    mode = FakeMode()
    with mode, mode.building():
        assert run() == expected


def _sizes() -> list[Any]:
    """Values, shapes that hang on values, and everything that turns a tensor into a Python number."""
    rates = torch.linspace(0, 0.1, 4)
    counts = torch.tensor([3, 1, 3])
    return [
        [rate.item() for rate in rates],
        torch.tensor([1, 2]).cumsum(0).tolist(),
        (4 ** torch.arange(3)).flip(0).tolist(),
        torch.unique(counts).tolist(),
        counts[counts > 2].numel(),
        torch.nonzero(counts == 3).tolist(),
        int(counts.max()) + 1,
        bool((counts > 2).any()),
        torch.equal(counts, counts.clone()),
        torch.allclose(rates, rates + 1e-9),
        rates.double().numpy().tolist(),
        np.asarray(torch.arange(3)).sum().item(),
        f"{rates[3]:.2f}",
        list(range(torch.tensor(3))),
        torch.where(torch.eye(3) > 0)[0].tolist(),
        torch.linalg.norm(torch.tensor([3.0, 4.0])).item(),
        torch.ones(5, dtype=torch.half).sum().item(),
        torch.from_numpy(np.arange(4)).sum().item(),
        torch.full((2, 2), float("inf"))[0, 1].item(),
        (torch.ones(2) * 1j).abs().tolist(),
        torch.tril(torch.ones(4, 4)).sum().item(),
    ]


def test_every_way_to_ask() -> None:
    mode = FakeMode()
    with mode, mode.building():
        found = _sizes()
    assert found == _sizes()


def test_all_values_of_a_weight_are_computed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    replay = Values._replayed

    def noted(*given: Any) -> Any:
        asked.append(1)
        return replay(*given)

    monkeypatch.setattr(Values, "_replayed", noted)
    mode = FakeMode()
    with mode, mode.building():
        layer = nn.Linear(40, 50)
        array, listed = layer.weight.detach().numpy(), layer.weight.detach().tolist()
        halves = layer.weight.detach()[:, ::2].half().numpy()
        with pytest.raises(RuntimeError, match="requires grad"):
            layer.weight.numpy()
    assert len(asked) == 3
    assert array.tolist() == listed
    assert (array.shape, str(array.dtype), halves.shape, str(halves.dtype)) == (
        (50, 40),
        "float32",
        (50, 20),
        "float16",
    )
    assert np.array_equal(halves, array[:, ::2].astype(np.float16))
    assert 0 < np.abs(array).max() < 40**-0.5  # kaiming_uniform_


def test_a_draw_is_the_same_whenever_it_is_looked_at() -> None:
    mode = FakeMode()
    with mode, mode.building():
        weight = nn.Linear(8, 8).weight
        norms = [float(weight.detach().norm()), float(weight.detach().clone().norm()), float(weight.data.norm())]
    assert len(set(norms)) == 1
    assert 0 < norms[0] < 8  # kaiming_uniform_: each weight lies within 1/sqrt(8)


def test_a_real_tensor_of_the_program_is_seen_as_it_was() -> None:
    mode = FakeMode()
    with mode, mode.building():
        literal = torch.tensor([1.0, 2.0])
        before = literal.sum().item()
        literal.add_(1)
        assert (before, literal.sum().item()) == (3.0, 5.0)


FILE = """
import torch
from torch import nn

class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 10)
        self.init()
    def forward(self, x): return self.head(self.conv(x).mean((2, 3)))

class Trunc(Base):
    def init(self): nn.init.trunc_normal_(self.head.weight, std=0.02)
class NarrowTrunc(Base):
    def init(self): nn.init.trunc_normal_(self.head.weight, std=5.0, a=-0.1, b=0.1)
class Orthogonal(Base):
    def init(self): nn.init.orthogonal_(self.head.weight)
class Sparse(Base):
    def init(self): nn.init.sparse_(self.head.weight, 0.3)
class Printed(Base):
    def init(self): print(float(self.head.weight.detach().norm()))
class Scaled(Base):
    def init(self): self.head.weight.data.copy_(torch.randn(10, 4) / self.head.weight.std().clamp_min(1e-3).item())
class Widths(Base):
    def init(self):
        for width in (2 ** torch.arange(3)).tolist(): self.add_module(f"side{width}", nn.Linear(width, width))
class Chance(Base):
    def init(self): self.side = nn.Linear(int(torch.randint(1, 1000, ()).item()), 3)
class TooLarge(Base):
    def init(self): self.norm = float(nn.Linear(8192, 8192).weight.norm())

built = Trunc()
"""


@pytest.mark.parametrize(
    "name", ["Trunc", "NarrowTrunc", "Orthogonal", "Sparse", "Printed", "Scaled", "Widths", "built"]
)
def test_a_constructor_that_asks_is_counted_as_its_instance_is(tmp_path: Path, name: str) -> None:
    file = tmp_path / "net.py"
    file.write_text(FILE)
    space: dict[str, Any] = {}
    exec(compile(FILE, "net.py", "exec"), space)
    instance = space[name] if name == "built" else space[name]()
    given: dict[str, Any] = {"input": "3x8x8", "batch": 2}
    named = costmodel.analyze(f"{file}:{name}", **given)
    assert named.totals == costmodel.analyze(instance, **given).totals
    assert named.totals.parameters == sum(p.numel() for p in instance.parameters())


def test_a_draw_that_only_is_written_down_is_an_assumption(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(FILE)
    said = costmodel.analyze(f"{file}:Printed", input="3x8x8").assumptions
    assert [a.where for a in said if "drawn at random" in a.what] == ["net.py:21"]


@pytest.mark.parametrize(
    ("name", "line", "words"), [("Chance", 28, "another one each time"), ("TooLarge", 30, "16,777,216 elements")]
)
def test_what_has_no_single_value_is_refused_with_its_line(tmp_path: Path, name: str, line: int, words: str) -> None:
    file = tmp_path / "net.py"
    file.write_text(FILE)
    with pytest.raises(SubjectError, match=words) as caught:
        costmodel.analyze(f"{file}:{name}", input="3x8x8")
    assert f"net.py:{line}" in str(caught.value)


def test_a_value_of_the_data_stays_unknown(tmp_path: Path) -> None:
    """The step's own tensors are no constants: only what the construction made is computed."""
    file = tmp_path / "net.py"
    file.write_text(FILE.replace("return self.head", "return self.head.bias[0].item() * self.head"))
    with pytest.raises(CostModelError, match="asks for a tensor's value"):
        costmodel.analyze(f"{file}:Trunc", input="3x8x8")


def test_seven_billion_parameters_need_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(
        "from torch import nn\n"
        "def net():\n"
        "    layers = [nn.Linear(16384, 16384) for _ in range(26)]\n"
        "    for layer in layers: nn.init.trunc_normal_(layer.weight, std=0.02)\n"
        "    return nn.Sequential(*layers)\n"
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert costmodel.analyze(f"{file}:net", input="16384").totals.parameters == 26 * (16384**2 + 16384)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # KiB; one layer alone has 1 GiB
