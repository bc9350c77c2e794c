"""What a tensor's value is taken to be where a step asks for one, and other values, to see what hangs on it.

Values do not exist before the run. The ordinary answer is 0 or False. A step that only writes them down costs the same
whatever they are; one that branches or loops on them shows it when it is asked again with :data:`PROBES`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from costmodel.errors import TraceError


class TooLongError(Exception):
    """A run with other answers does far more than the ordinary one: a loop runs as often as a value says."""


@dataclass(frozen=True)
class Probe:
    """One set of answers, by what the value is: the truth of a condition, a whole number, or any other."""

    truth: bool
    whole: int
    real: float

    def of(self, dtype: torch.dtype) -> bool | int | float:
        """The answer for a tensor of this type."""
        if dtype is torch.bool:
            return self.truth
        return self.real if dtype.is_floating_point else self.whole


ORDINARY = Probe(False, 0, 0.0)
PROBES = (Probe(True, 1, 100.0), Probe(True, 100, -100.0), Probe(True, 10_000, 1e7))

_CHANGED = 3
"""A probe's answer is given so often at a place, then the ordinary one: a loop that it keeps running must end."""
_PATIENCE, _NO_END = 64, 300
"""After so many ordinary answers at one place the first probe's are given; after so many there is no end in sight."""


@dataclass
class Answers:
    """Answers of one run of a step.

    Attributes:
        probe: what is answered.
        asked: how often, by place (``net.py:12``).
    """

    probe: Probe = ORDINARY
    asked: dict[str, int] = field(default_factory=dict)

    def begin(self, probe: Probe) -> None:
        """A new run, with these answers."""
        self.probe, self.asked = probe, {}

    def to(self, tensor: torch.Tensor, where: str) -> Any:
        """The answer to a question that the user's line ``where`` asks.

        Raises:
            TraceError: a loop that no answer ends.
        """
        times = self.asked[where] = self.asked.get(where, 0) + 1
        if times > _NO_END:
            raise TraceError(
                f"{where}: a loop runs until a tensor has a certain value, which it never gets: values do not exist "
                "before the run; give the loop a number of rounds, or count the step without it"
            )
        if self.probe is ORDINARY:
            return (ORDINARY if times <= _PATIENCE else PROBES[0]).of(tensor.dtype)
        return (self.probe if times <= _CHANGED else ORDINARY).of(tensor.dtype)
