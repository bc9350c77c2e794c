"""A training replayed in the allocator: weights, a first step that makes the optimizer's state, and steady steps."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.backends.gpu.memory.allocator import Block, CachingAllocator
from costmodel.backends.gpu.memory.moments import Step
from costmodel.backends.gpu.memory.workspaces import Workspaces
from costmodel.ir.phase import Phase


@dataclass(frozen=True, slots=True)
class Peaks:
    """Bytes at their highest over the first step and two steady ones.

    Attributes:
        requested, allocated: tensors and workspaces, as asked for and in blocks.
        reserved: the segments.
        weights, inputs, state: what of it is always there, in blocks.
        persistent: cuBLAS's own workspaces.
    """

    requested: int
    allocated: int
    reserved: int
    weights: int
    inputs: int
    state: int
    persistent: int


def replay(step: Step, workspaces: Workspaces, *, outputs_held: bool, inputs_twice: bool, steps: int = 3) -> Peaks:
    """The peaks of a training.

    Args:
        step: as CUDA allocates it.
        workspaces: of kernels.
        outputs_held: the script holds what the model returned until the step's end.
        inputs_twice: the next batch is on the card before the last one is given up.
        steps: the first one and those after it.
    """
    return _Replay(step, workspaces, outputs_held=outputs_held).run(steps, inputs_twice=inputs_twice)


class _Replay:
    def __init__(self, step: Step, workspaces: Workspaces, *, outputs_held: bool) -> None:
        self.step, self.workspaces = step, workspaces
        self.allocator = CachingAllocator()
        self.blocks: dict[int, Block | None] = {}
        self.held = set(step.outputs) if outputs_held else set()
        self.handles: set[str] = set()
        self.persistent = 0

    def run(self, steps: int, *, inputs_twice: bool) -> Peaks:
        allocator = self.allocator
        self._make(self.step.weights)
        weights = allocator.allocated
        old: list[Block | None] = []
        inputs = state = 0
        for number in range(steps):
            if not inputs_twice:
                self._release(old)
            before = allocator.allocated
            self._make(self.step.inputs)
            inputs = max(inputs, allocator.allocated - before)
            self._release(old if inputs_twice else [])
            state = self._moments(first=number == 0) or state
            old = [self.blocks.pop(s, None) for s in self.step.inputs]
            self._release([self.blocks.pop(s, None) for s in (*self.step.left, *self.held)])
        return Peaks(
            requested=allocator.peak_requested,
            allocated=allocator.peak_allocated,
            reserved=allocator.reserved,
            weights=weights,
            inputs=inputs,
            state=state,
            persistent=self.persistent,
        )

    def _moments(self, *, first: bool) -> int:
        """One step; the bytes of the state that it made."""
        allocator, state, made = self.allocator, 0, not first
        for moment in self.step.moments:
            if not made and moment.call.phase is Phase.OPTIMIZER:
                before, made = allocator.allocated, True
                self._make(self.step.state)
                state = allocator.allocated - before
            for s in moment.gone:
                if s not in self.held:
                    allocator.release(self.blocks.pop(s, None))
            self._make(moment.new)
            for name, nbytes in self.workspaces.kept(moment.call):
                if name not in self.handles:
                    self.handles.add(name)
                    block = allocator.allocate(nbytes)
                    self.persistent += block.size if block else 0
            for nbytes in self.workspaces.of(moment.call, first=first):
                allocator.release(allocator.allocate(nbytes))
        return state

    def _make(self, storages: list[int]) -> None:
        for s in storages:
            if self.blocks.get(s) is None:
                self.blocks[s] = self.allocator.allocate(self.step.nbytes[s])

    def _release(self, blocks: list[Block | None]) -> None:
        for block in blocks:
            self.allocator.release(block)
