"""A child of this process that has just been started: its number, and what comes from it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child to supervise.

    Attributes:
        process: its number; it is a child of this process, and leads a session of its own.
        answer, output: descriptors to read what comes through its channel, and what it prints.
        lifeline: a descriptor; the child is killed when nobody holds it any longer. None: it has no such thing.
        keeper: ``process``, where that is ours and only waits for the one that does the work; None where it is not.
    """

    process: int
    answer: int
    output: int
    lifeline: int | None = None
    keeper: int | None = None

    def close(self) -> None:
        """Let go of its descriptors."""
        for descriptor in (self.answer, self.output, self.lifeline):
            if descriptor is not None:
                os.close(descriptor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Three pipes between this process and a child that is about to be started: ours, and the child's ends."""

    answer: int
    output: int
    lifeline: int
    channel: int
    prints: int
    life: int


@contextmanager
def ends() -> Iterator[Ends]:
    """Pipes; the child's ends are closed in here afterwards, and ours too if no child came to be."""
    (answer, channel), (output, prints), (life, lifeline) = os.pipe(), os.pipe(), os.pipe()
    try:
        yield Ends(answer=answer, output=output, lifeline=lifeline, channel=channel, prints=prints, life=life)
    except BaseException:
        for descriptor in (answer, output, lifeline):
            os.close(descriptor)
        raise
    finally:
        for descriptor in (channel, prints, life):
            os.close(descriptor)
