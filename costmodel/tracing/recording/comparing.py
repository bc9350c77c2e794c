"""Rounds of a step, compared call by call: op, module, part of the step, shapes, arguments that are no fractions."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from costmodel.ir.trace import Assumption, OpCall, Phase, tensor_ids
from costmodel.tracing.recording.recorder import Recorder

Round = tuple[int, ...]
"""The segments of one round, in order."""
Signature = tuple[list[Any], list[Any]]
"""What a round does: up to the optimizer, and in it."""

_PLACES = frozenset({"start", "end", "index", "storage_offset", "shifts"})
"""Arguments that say where something lies: one place in a ring costs what another does, if the shapes are the same."""


@dataclass(kw_only=True)
class Repeated:
    """What became of a step.

    Attributes:
        first: the rounds before the steady one that differ from it, in their optimizer alone or as a whole.
        whole_first: whether they differ in more than their optimizer.
        steady: the round that repeats; the one with the fewest calls where none does.
        varies: why none does, with the line.
        variants: what else was seen, a round of each kind; empty where they are too many, or no cycle is one.
    """

    first: list[Round]
    whole_first: bool
    steady: Round
    varies: list[Assumption] = field(default_factory=list)
    variants: list[Round] = field(default_factory=list)


@dataclass(frozen=True)
class Comparison:
    """What the rounds of a recorder do."""

    recorder: Recorder

    def signature(self, segments: Round) -> Signature:
        """What a round does, as far as its cost may hang on it."""
        calls = [self._seen(call) for segment in segments for call in self.recorder.segments[segment]]
        return [c for c in calls if c[2] is not Phase.OPTIMIZER], [c for c in calls if c[2] is Phase.OPTIMIZER]

    def _seen(self, call: OpCall) -> tuple[Any, ...]:
        """A call as far as its cost may hang on it."""
        tensors = self.recorder.tensors
        arguments = [(name, _exact(value)) for name, value in call.arguments if name not in _PLACES]
        ids = [i for _, value in call.arguments for i in tensor_ids(value)]
        ids += [i for i in call.outputs if i is not None]
        return call.op, call.scope, call.phase, arguments, [tensors[i][:2] for i in ids]

    def line_apart(self, rounds: list[Round]) -> str:
        """The user's line at which two rounds begin to differ."""
        steady = self._with_lines(rounds[-1])
        for other in map(self._with_lines, reversed(rounds)):
            for (one, mine), (two, theirs) in zip_longest(steady, other, fillvalue=(None, ())):
                if one != two:
                    more, less = (theirs, mine) if len(other) > len(steady) else (mine, theirs)
                    apart = (line for line, also in zip_longest(more, less) if line and line != also)
                    return next(apart, None) or next(reversed((*less, *more)), "the training step")
        return "the training step"

    def _with_lines(self, segments: Round) -> list[tuple[Any, tuple[str, ...]]]:
        """The calls of a round, each with the user's lines that led to it, outermost first."""
        return [
            (self._seen(call), lines)
            for segment in segments
            for call, lines in zip_longest(self.recorder.segments[segment], self.recorder.lines[segment], fillvalue=())
            if isinstance(call, OpCall)
        ]


def _exact(value: Any) -> Any:
    """Arguments that are no fractions: a learning rate that decays changes no cost."""
    if isinstance(value, tuple):
        return tuple(_exact(item) for item in value)
    return value if isinstance(value, (bool, int, str)) or value is None else type(value).__name__
