"""What is said of errors of the user's code: right advice or none, nothing that differs from run to run."""

from __future__ import annotations

from pathlib import Path

import pytest

import costmodel
from costmodel.errors import TraceError
from costmodel.tracing.hints import advice, hint


@pytest.mark.parametrize(
    ("error", "said"),
    [
        # what NumPy has dropped is not mended by torch
        (
            AttributeError("module 'numpy' has no attribute 'int'."),
            "AttributeError: module 'numpy' has no attribute 'int'.",
        ),
        (
            RuntimeError("Can't call numpy() on Tensor that requires grad."),
            "Can't call numpy() on Tensor that requires grad.: NumPy needs values, which do not exist before the run; "
            "use torch instead",
        ),
        (ValueError(f"bad {object()}"), "ValueError: bad <object object at 0x…>"),
        (ValueError(f"at {2**46 + 12345}"), "ValueError: at …"),
        (
            ImportError("cannot import name 'Block' from 'src.blocks' (/home/ada/src/blocks.py)"),
            "ImportError: cannot import name 'Block' from 'src.blocks'",
        ),
        (ModuleNotFoundError("No module named 'src'"), "ModuleNotFoundError: No module named 'src'"),
    ],
)
def test_advice(error: Exception, said: str) -> None:
    assert advice(error) == said


def test_where_it_is_known_what_to_do_nothing_is_guessed() -> None:
    assert hint(ModuleNotFoundError("No module named 'shapes'")) == ""
    assert hint(AttributeError("module 'numpy' has no attribute 'int'.")) == ""


TOKENS = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.out = nn.Embedding(100, 8), nn.Linear(8, 10)

    def forward(self, x):
        return self.out(self.words(x).mean(-2))
"""


@pytest.mark.parametrize("sizes", ["256", "3x5"])
def test_the_input_that_tokens_need_is_spelt_out(tmp_path: Path, sizes: str) -> None:
    (tmp_path / "net.py").write_text(TOKENS, encoding="utf-8")
    with pytest.raises(TraceError) as caught:
        costmodel.analyze(f"{tmp_path}/net.py:Net", input=sizes)
    assert caught.value.hint.endswith(f"--input {sizes}:int64")
    assert costmodel.analyze(f"{tmp_path}/net.py:Net", input=f"{sizes}:int64").totals.parameters == 890


@pytest.mark.parametrize("layer", ["nn.Conv2d(3, 4, 3)", "nn.Linear(8, 4)", "nn.Linear(8, 4, bias=False)"])
@pytest.mark.parametrize(("how", "kind"), [("half", "float16"), ("bfloat16", "bfloat16"), ("double", "float64")])
def test_the_type_that_a_networks_numbers_need_is_spelt_out(tmp_path: Path, layer: str, how: str, kind: str) -> None:
    text = f"from torch import nn\nnet = nn.Sequential({layer}, nn.Flatten()).{how}()\n"
    (tmp_path / "net.py").write_text(text)
    with pytest.raises(TraceError) as caught:
        costmodel.analyze(f"{tmp_path}/net.py", input="3x8x8:float32")
    assert caught.value.hint.endswith(f"--input 3x8x8:{kind}")
    assert costmodel.analyze(f"{tmp_path}/net.py", input=f"3x8x8:{kind}").totals.complete
