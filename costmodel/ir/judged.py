"""The model behind a result, named so that nobody has to guess which one was taken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A model as its author knows it.

    Attributes:
        name: of its class.
        file: within the submission; of an installed class its module.
        line: on which the class begins, or on which the code builds the model where the class is an installed one; 0 if
            neither is in a file of the submission.
        arguments: those of its constructor (``width=64``); "" if there are none, or they are not known.
        because: why it was taken rather than another object; "" if it was named.
        parameters: elements of all parameters, frozen ones too, each tensor once.
    """

    name: str
    file: str
    line: int
    arguments: str = ""
    because: str = ""
    parameters: int = 0

    @property
    def place(self) -> str:
        """``net.py:12``."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def __str__(self) -> str:
        """``Net(width=64), net.py:12, 2,442 parameters``."""
        return f"{self.name}({self.arguments}), {self.place}, {self.parameters:,} parameters"
