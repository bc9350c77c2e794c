"""What crosses the wall: a request goes in, one answer comes out, both JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from costmodel.grading.notice import Notice
from costmodel.ir.analysis import Subject
from costmodel.ir.trace import Trace
from costmodel.ir.training import Training
from costmodel.sandbox.limits import Limits

REQUEST = "costmodel.request/1"
ANSWER = "costmodel.answer/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which object to trace, and how.

    Attributes:
        file: the model's file within the submission, None to look for it.
        name: class, instance or function in that file, None to look for it.
        settings: fields of the recipe that stand above the submission's own.
        defaults: fields of the recipe that stand below it.
        inference: trace the forward pass of one sample too.
    """

    file: str | None = None
    name: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    inference: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What the child does to itself before it reads a line of the submission.

    Attributes:
        must, may: names of measures (:mod:`costmodel.sandbox.inside.confine`); without one of the first it stops.
        readable: folders and files, in the child's eyes.
        scratch: the one folder that it may write to.
    """

    must: tuple[str, ...]
    may: tuple[str, ...]
    readable: tuple[str, ...]
    scratch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A trace to run on files, each as the child sees it: the grader's inputs, submitted weights and predictions."""

    inference: Trace
    inputs: str
    weights: str
    predictions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A job for the child.

    Attributes:
        submission: folder or file, in the child's eyes.
        wanted: what to trace.
        replay: what to run instead. Without both, the child tries what it could do to the machine, for a probe.
        paths: where Python finds torch and costmodel.
        secrets: what a probe tries to reach: files and a process that it must not touch.
    """

    submission: str
    wanted: Wanted | None
    limits: Limits
    confinement: Confinement
    paths: tuple[str, ...]
    replay: Replay | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the child says. Nothing in it is to be believed before it is checked.

    Attributes:
        subject: as :class:`costmodel.Analysis` shows it.
        held: measures of the confinement that were taken; in a probe, what the child could not do.
        error: why there is no trace; what a replay says.
    """

    training: Training | None = None
    inference: Trace | None = None
    subject: Subject | None = None
    held: tuple[str, ...] = ()
    error: Notice | None = None
