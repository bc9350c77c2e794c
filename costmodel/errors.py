"""Every error that costmodel raises on purpose.

::

    CostModelError                one line: what, where, what to do      exit code 2
    ├── SubjectError              the model cannot be found or built
    │   ├── NoChoiceError         no object of the files can be meant, or several
    │   ├── MissingError          something that the model uses could not be imported or made
    │   └── UnfitError            the network does not run after a change of an advice
    ├── RecipeError               the training step cannot be put together
    │   └── RecipeFormatError     a word of the recipe or its options is wrong   exit code 3
    ├── TraceError                the step cannot be run on fake tensors
    ├── RunError                  another tool's run gave no figures
    ├── ArchiveError              an archive that is not unpacked
    ├── NotebookError             a notebook whose cells cannot be read
    ├── ForgedError               a trace that no run of the recorder can have made
    ├── UnsupportedError          a measure that this machine does not offer
    └── UsageError                a word of the command line or the API  exit code 3
        ├── UnknownNameError      lists the known names
        ├── RulebookError         a rulebook that says something impossible
        ├── FormatError           a file that is not what its schema says
        └── SandboxError          no wall is good enough, and one was required

The exit code is part of the class, so that the command line has no table of its own.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CostModelError(Exception):
    """Base of all errors that are the input's fault, never a bug of ours.

    ``str()`` is both, the message and the hint.

    Args:
        message: what and where, and what its author can do about it.
        hint: an option that helps; who is graded has no command line, and is shown the message alone.
    """

    exit_code = 2

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return joined(self.message, self.hint)


class SubjectError(CostModelError):
    """The subject (file, name, constructor arguments) does not give an ``nn.Module``."""


class UnfitError(SubjectError):
    """The network does not run after a change of an advice."""


class MissingError(SubjectError, AttributeError):
    """Something that the model uses could not be imported or made; it has no attributes, so ``hasattr`` is False."""


class NoChoiceError(SubjectError):
    """No object can be meant, or more than one (``several``); ``problems``: why not each of those looked at."""

    def __init__(
        self, message: str, *, hint: str = "", several: bool = False, problems: Iterable[CostModelError] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.several = several
        self.problems = tuple(problems)


class RecipeError(CostModelError):
    """The training step (loss, optimizer, batch, phases) cannot be put together."""


class RecipeFormatError(RecipeError):
    """A recipe, or an option that stands for a part of it, that is not well-formed."""

    exit_code = 3


class TraceError(CostModelError):
    """The training step does not run on fake tensors; the message names file and line."""


class RunError(CostModelError):
    """A layer's run gave no figures: what happened, and where its output is."""


class ArchiveError(CostModelError):
    """An archive that is not unpacked."""


class NotebookError(CostModelError):
    """A notebook whose cells cannot be read."""


class ForgedError(CostModelError):
    """A trace that no run of the recorder can have made; the message says where it contradicts itself."""


class UnsupportedError(CostModelError):
    """A measure that the machine does not offer."""


class UsageError(CostModelError):
    """A word that the user gave is wrong."""

    exit_code = 3


_FEW = 4
"""Names that go on as the given one begins, of which all are shown."""


class UnknownNameError(UsageError):
    """A name that is not known, with the names that are.

    Args:
        kind: what was named, as the user would say it ("rulebook", "report format").
        name: the name given.
        known: every name that would have worked.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        begun = [known for known in names if name and known.lower().startswith(name.lower())]
        meant = begun if 0 < len(begun) <= _FEW else list(filter(None, [closest(name, names)]))
        hint = f"did you mean {' or '.join(map(repr, meant))}? " if meant else ""
        super().__init__(f"unknown {kind} {name!r}: {hint}known: {', '.join(names) or 'none'}")


class RulebookError(UsageError):
    """A rulebook that says something impossible, with file, line and field path."""


class FormatError(UsageError):
    """A file whose content does not fit its schema, with the path of the field."""


class SandboxError(UsageError):
    """No wall of this machine keeps all promises, and one was required."""


def joined(*texts: str) -> str:
    """What is said, each once: the texts that are not empty."""
    return "; ".join(dict.fromkeys(text for text in texts if text))


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that a typing error would have made of it; None if none is near.

    >>> closest("adma", ["adamax", "adam", "adamw"]), closest("crossentropy", ["cross_entropy"]), closest("x", ["adam"])
    ('adam', 'cross_entropy', None)
    """
    word = name.lower()
    ranked = sorted((_slips(word, known.lower()), abs(len(known) - len(name)), known) for known in names)
    if ranked and ranked[0][0] <= max(1, len(name) // 4):
        return ranked[0][2]
    near = difflib.get_close_matches(name, [known for _, _, known in ranked], n=1)
    return near[0] if near else None


def _slips(word: str, other: str) -> int:
    """Signs left out, added, changed, or two swapped: the restricted Damerau-Levenshtein distance."""
    before: list[int] = []
    row: list[int] = [*range(len(other) + 1)]
    for i, a in enumerate(word, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and word[i - 2] == b:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]
