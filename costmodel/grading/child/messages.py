"""Messages across the wall: a request goes in, one answer comes out, both JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from costmodel.grading.notice import Notice
from costmodel.ir.analysis import Subject
from costmodel.ir.trace import Trace
from costmodel.ir.training import Training

REQUEST = "costmodel.request/1"
ANSWER = "costmodel.answer/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The object to trace, and how.

    Attributes:
        file: the model's file within the submission, None to look for it.
        name: class, instance or function in that file, None to look for it.
        settings: fields of the recipe that overrule the submission's own.
        defaults: fields of the recipe that fill its gaps.
        inference: trace the forward pass of one sample too.
    """

    file: str | None = None
    name: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    inference: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A trace to run on files.

    Attributes:
        inference: the trace, checked.
        weights, predictions: files within the submission.
    """

    inference: Trace
    weights: str
    predictions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A job for the child, which sees the submission, and for a replay the grader's inputs.

    Attributes:
        wanted: what to trace, None for a replay.
        replay: what to run instead.
    """

    wanted: Wanted | None = None
    replay: Replay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The child's answer. Nothing in it is to be believed before it is checked.

    Attributes:
        subject: as :class:`costmodel.Analysis` shows it.
        error: why there is no trace; for a replay, its outcome.
    """

    training: Training | None = None
    inference: Trace | None = None
    subject: Subject | None = None
    error: Notice | None = None
