"""Every op of an ordinary training step has a formula: no snippet, forward or backward, lacks one."""

from __future__ import annotations

import pytest
import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, DynamicOutputShapeException

from tests.conformance.numeric_snippets import NUMERIC
from tests.conformance.recording import record
from tests.conformance.snippets import SNIPPETS, UNCOUNTED

LINES = SNIPPETS | NUMERIC


@pytest.mark.parametrize("name", LINES)
@pytest.mark.filterwarnings("ignore")
def test_no_op_is_unknown(name: str) -> None:
    try:
        recorder = record(LINES[name])
    except (DataDependentOutputException, DynamicOutputShapeException):
        recorder = record(LINES[name], fake=False)  # it looks at values, or (ctc) torch has no fake kernel for it
    except RuntimeError as error:
        if "derivative for" not in str(error):
            raise
        pytest.skip(f"this torch has no derivative: {error}")  # torch 2.6 has none for aminmax
    assert not recorder.unknown
    recorder.work()


@pytest.mark.parametrize("name", LINES)
@pytest.mark.filterwarnings("ignore")
def test_evaluation_executes_known_ops_too(name: str) -> None:
    with torch.no_grad():
        recorder = record(LINES[name], fake=False)
    assert not recorder.unknown
    recorder.work()


@pytest.mark.parametrize("name", UNCOUNTED)
@pytest.mark.filterwarnings("ignore")
def test_what_is_uncounted_is_said_to_be(name: str) -> None:
    assert record(UNCOUNTED[name], fake=False).unknown
