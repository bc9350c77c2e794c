"""``record``: what really ran, beside the static analysis of the same step."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import costmodel
from costmodel.errors import UsageError
from costmodel.ir.recording import Recording


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Linear(4, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.head(F.relu(self.norm(self.conv(x))).mean((2, 3)))
        return out


def recorded(optimizer: str = "sgd", times: int = 1, extra: bool = False, sorts: bool = False) -> Recording:
    net = Net()
    steps = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer](net.parameters(), lr=0.01)
    x, y = torch.randn(5, 3, 8, 8), torch.randint(0, 10, (5,))

    def step() -> None:
        steps.zero_grad()
        F.cross_entropy(net(x), y).backward()  # type: ignore[no-untyped-call]  # torch's
        steps.step()

    step()  # the first update makes the optimizer's state
    with costmodel.record(net, times=times, optimizer=optimizer) as r:
        for _ in range(times):
            step()
        if extra:
            x @ x.transpose(2, 3)
        if sorts:
            torch.linalg.svd(torch.randn(3, 3))
    return r.result


def figure(recording: Recording, name: str) -> tuple[float | int | None, float | int | None, bool | None]:
    (row,) = [row for row in recording.rows if row.quantity == name]
    return row.static, row.real, row.agrees


@pytest.mark.parametrize(("optimizer", "times"), [("sgd", 1), ("adam", 3)])
def test_what_ran_is_what_the_analysis_says(optimizer: str, times: int) -> None:
    recording = recorded(optimizer, times)
    # by hand: 4·27 products for each of 5·36 places and 4·10 for each of 5 rows; backward has the weight's share of the
    # convolution (its input needs no gradient) and both of the linear layer
    macs = times * (2 * 5 * 36 * 4 * 27 + 3 * 5 * 40)
    assert figure(recording, "macs") == (macs, macs, True)
    assert figure(recording, "operations")[2]
    assert recording.uncounted == ()


def test_what_ran_beside_the_step_is_seen() -> None:
    recording = recorded(extra=True)
    static, real, agrees = figure(recording, "macs")
    assert static is not None
    assert real is not None
    assert (real - static, agrees) == (5 * 3 * 8 * 8 * 8, False)
    assert "+7,680" in next(row.because for row in recording.rows if row.quantity == "macs")


def test_what_has_no_formula_is_at_least() -> None:
    recording = recorded(sorts=True)
    assert any(
        name.startswith("aten.linalg_svd") or name.startswith("aten._linalg_svd") for name in recording.uncounted
    )
    assert all(row.at_least for row in recording.rows[:2])
    assert "AT LEAST" in costmodel.render(recording, "text")


def test_what_a_cpu_cannot_tell_is_missing() -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    static, real, agrees = figure(recorded(), "allocated_bytes")
    assert (static, real, agrees) == (None, None, None)


def test_misuse_is_said() -> None:
    with pytest.raises(UsageError, match="times=0"):
        costmodel.record(Net(), times=0)
    with pytest.raises(UsageError, match=r"nn\.Module"):
        costmodel.record("net.py")
    with pytest.raises(UsageError, match="with block"):
        _ = costmodel.record(Net()).result
