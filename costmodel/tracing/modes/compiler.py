"""torch's compilers in a trace: what is to be compiled runs as it is written, which is the same ATen ops."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import nn

from costmodel.tracing.deferred import DYNAMO, when_here


@contextmanager
def without_compiler() -> Iterator[None]:
    """A stretch in which nothing is compiled: neither what asks for it now nor what was compiled before."""
    with ExitStack() as stack:
        for place, name in ((torch, "compile"), (torch.jit, "script"), (torch.jit, "trace")):
            stack.enter_context(patch.object(place, name, _as_written))
        stack.enter_context(patch.object(nn.Module, "compile", _nothing))
        stack.enter_context(when_here(DYNAMO, lambda: stack.enter_context(torch.compiler.set_stance("force_eager"))))
        yield


def _as_written(*given: Any, **words: Any) -> Any:
    """The model or function itself; without one, a decorator that gives it back."""
    own = [*given, *(words[name] for name in ("model", "obj", "func") if name in words)]
    return own[0] if own and own[0] is not None else lambda function: function


def _nothing(*_: Any, **__: Any) -> None:
    return None
