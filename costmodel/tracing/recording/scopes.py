"""The module, and the part of the step, that is running: from forward hooks and autograd's sequence numbers.

A forward op belongs to the innermost module on the stack. Hooks also cut the sequence numbers of autograd's nodes
into intervals, one per stretch of forward code, so that a backward op finds its module by the number of the node
that runs it; AccumulateGrad belongs to the parameter's owner.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils.hooks import RemovableHandle

from costmodel.ir.trace import LOSS_SCOPE, Phase
from costmodel.tracing import compat

OnCall = Callable[[str, Any, Any], None]


class Scopes:
    """The running module path and phase; a context manager that holds its hooks while recording.

    Args:
        model: the subject.
        on_enter: called with the path when a module is called.
        on_exit: called with (path, (args, kwargs), output) when it returns; output is None if it raised.
    """

    def __init__(self, model: nn.Module, on_enter: Callable[[str], None], on_exit: OnCall) -> None:
        self.model = model
        self.owners: dict[int, str] = {}
        for path, module in model.named_modules():
            for parameter in module.parameters(recurse=False):
                self.owners.setdefault(id(parameter), path)
        self._on_enter = on_enter
        self._on_exit = on_exit
        self._handles: list[RemovableHandle] = []
        self.restart()

    def restart(self) -> None:
        """Forget what happened: the next op is the first of a step."""
        self._stack: list[str] = []
        self._outside = Phase.PREPROCESS
        self._updating = False
        self.recomputing = False
        self._marked_in_backward = False
        self._starts: list[int] = [0]
        self._paths: list[str] = [""]
        self._seen = 0

    def after_backward(self) -> None:
        """The next ops belong to the optimizer, as if backward had just ended."""
        self._outside = Phase.OPTIMIZER

    def __enter__(self) -> Scopes:
        for path, module in self.model.named_modules():
            self._handles.append(module.register_forward_pre_hook(self._enter_hook(path)))
            self._handles.append(
                module.register_forward_hook(self._exit_hook(path), with_kwargs=True, always_call=True)
            )
        self._handles.append(register_optimizer_step_pre_hook(self._before_update))
        self._handles.append(register_optimizer_step_post_hook(self._after_update))
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    @property
    def inside_model(self) -> bool:
        """True while a module of the subject is running."""
        return bool(self._stack)

    @property
    def updating(self) -> bool:
        """True for calls that belong to the optimizer: its step, and what runs between backward and it."""
        return self._updating or self._outside is Phase.OPTIMIZER

    def now(self) -> tuple[Phase, str]:
        """Phase and module path of an op that is about to run."""
        here = self._here()
        self._seen = compat.next_sequence_number()
        return here

    def _here(self) -> tuple[Phase, str]:
        node = compat.current_autograd_node()
        if node is not None:
            return self._in_backward(node)
        if self._marked_in_backward:
            self._marked_in_backward = False
            self._mark(self._stack[-1] if self._stack else LOSS_SCOPE, self._seen)
        if self._stack:
            return Phase.FORWARD, self._stack[-1]
        if self._updating:
            return Phase.OPTIMIZER, ""
        return self._outside, LOSS_SCOPE if self._outside is Phase.LOSS else ""

    def _in_backward(self, node: Any) -> tuple[Phase, str]:
        if self._stack and self.recomputing:
            return Phase.RECOMPUTE, self._stack[-1]
        if not self._stack:
            # a gradient of which another gradient can be taken is for a loss (a gradient penalty), not for an update
            self._outside = Phase.LOSS if torch.is_grad_enabled() else Phase.OPTIMIZER
        number = compat.sequence_number(node)
        if compat.is_accumulate_grad(number):
            parameter = compat.accumulated_parameter(node)
            return Phase.BACKWARD, self.owners.get(id(parameter), "")
        path = self._paths[bisect_right(self._starts, number) - 1]
        if torch.is_grad_enabled():
            if _in_checkpoint():
                return Phase.RECOMPUTE, path
            # create_graph: the nodes made now belong to the layer that is differentiated; this op's own node
            # exists already, so its numbers begin after the last op's
            self._mark(path, self._seen)
            self._marked_in_backward = True
        return Phase.BACKWARD, path

    def _mark(self, path: str, start: int | None = None) -> None:
        self._starts.append(compat.next_sequence_number() if start is None else start)
        self._paths.append(path)

    def _enter_hook(self, path: str) -> Callable[..., None]:
        def enter(_: nn.Module, __: Any) -> None:
            if not self._stack:
                self.recomputing = compat.current_autograd_node() is not None
            self._stack.append(path)
            self._mark(path)
            self._on_enter(path)

        return enter

    def _exit_hook(self, path: str) -> Callable[..., None]:
        def leave(_: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
            self._stack.pop()
            if self._stack:
                self._mark(self._stack[-1])
            elif compat.current_autograd_node() is None:
                self._outside = Phase.LOSS
                self._mark(LOSS_SCOPE)
            self._on_exit(path, (args, kwargs), output)

        return leave

    def _before_update(self, *_: Any) -> None:
        self._updating = True

    def _after_update(self, *_: Any) -> None:
        self._updating = False
        self._outside = Phase.PREPROCESS


def _in_checkpoint() -> bool:
    """True if torch.utils.checkpoint is re-running a forward. Only asked when gradients are on in backward."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename.endswith(("utils/checkpoint.py", "utils\\checkpoint.py")):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
