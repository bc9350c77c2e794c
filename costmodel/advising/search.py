"""Search for changes: every one by itself, then the best sequence of several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log

from costmodel.advising.candidates import Candidate, Candidates, Progress
from costmodel.advising.edits import edits
from costmodel.advising.standing import Rank, better, rank
from costmodel.errors import CostModelError
from costmodel.ir.tips import Tip, is_near, same_reach
from costmodel.tracing.surgery.apply import Resized, argument_of
from costmodel.tracing.surgery.change import Change

_LONGEST = 5
"""Changes of a sequence."""
_BEAM = 2
"""Sequences that are followed at once."""
_NEXT = 12
"""Changes that are tried after each of them: the kinds and places that were best by themselves."""


@dataclass(frozen=True)
class Found:
    """What a search has found, see :class:`costmodel.Tips`."""

    start: Candidate
    single: tuple[Tip, ...]
    sequence: tuple[Tip, ...]
    tried: int
    unfit: int
    stopped: bool


def search(candidates: Candidates, progress: Progress | None = None) -> Found:
    """All tips for a network; Ctrl-C ends the search with what it has found.

    Raises:
        KeyboardInterrupt: before there is anything.
    """
    return _Search(candidates, progress).found()


class _Search:
    def __init__(self, candidates: Candidates, progress: Progress | None) -> None:
        self.candidates, self.progress = candidates, progress
        self.start = candidates.of(())
        self.order = candidates.aim.order
        self.tried = self.unfit = self.total = 0
        self.helping: list[Candidate] = []
        self.best: list[Candidate] = []

    def found(self) -> Found:
        stopped = False
        try:
            self._look()
        except KeyboardInterrupt:
            if not self.tried:
                raise
            stopped = True
        self.helping.sort(key=self._rank)
        single = [self._tip(candidate, self.start) for candidate in self.helping]
        edited: list[Resized | None] = []
        return Found(
            start=self.start,
            single=(*(tip for tip in single if tip.keeps), *(tip for tip in single if not tip.keeps)),
            sequence=tuple(
                self._tip(after, before, edited)
                for before, after in zip((self.start, *self.best), self.best, strict=False)
            ),
            tried=self.tried,
            unfit=self.unfit,
            stopped=stopped,
        )

    def _look(self) -> None:
        changes = self.candidates.further(self.start)
        self.total = len(changes) + _BEAM * _NEXT * (_LONGEST - 1)
        for change in changes:
            found = self._tried((change,))
            if found is not None and better(found.standing, self.start.standing, self.order):
                self.helping.append(found)
        # without a band the best sequence takes away whatever it can: accuracy costs nothing here
        self._sequence(sorted((c for c in self.helping if self._keeps(c)), key=self._rank))

    def _sequence(self, helping: list[Candidate]) -> None:
        """The steps of the best sequence that is met, each better than the one before."""
        liked = {(c.changes[0].kind, c.changes[0].where): n for n, c in reversed(list(enumerate(helping)))}
        beam = [[candidate] for candidate in helping[:_BEAM]]
        self.best = beam[0] if beam else []
        for _ in range(_LONGEST - 1):
            longer = [[*steps, after] for steps in beam for after in self._after(steps[-1], liked)]
            longer.sort(key=lambda steps: self._rank(steps[-1]))
            beam = longer[:_BEAM]
            if not beam:
                break
            self.best = beam[0] if better(beam[0][-1].standing, self.best[-1].standing, self.order) else self.best

    def _after(self, before: Candidate, liked: dict[tuple[str, tuple[str, ...]], int]) -> Iterator[Candidate]:
        changes = [c for c in self.candidates.further(before) if not any(_again(c, made) for made in before.changes)]
        changes.sort(key=lambda change: liked.get((change.kind, change.where), len(liked)))
        for change in changes[:_NEXT]:
            after = self._tried((*before.changes, change))
            if after is None or not self._keeps(after):
                continue
            if better(after.standing, before.standing, self.order):
                yield after

    def _tried(self, changes: tuple[Change, ...]) -> Candidate | None:
        try:
            return self.candidates.of(changes)
        except CostModelError:
            self.unfit += 1
            return None
        finally:
            self.tried += 1
            if self.progress is not None:
                self.progress(self.tried, self.total)

    def _keeps(self, candidate: Candidate) -> bool:
        """Whether it has about as many parameters as the network has now."""
        return is_near(candidate.parameters, self.start.parameters)

    def _rank(self, candidate: Candidate) -> tuple[Rank, float]:
        """Of equals the one that keeps most of the parameters as they are: less is taken away for the same gain."""
        apart = abs(log(max(1, candidate.parameters) / max(1, self.start.parameters)))
        return rank(candidate.standing, self.order), apart

    def _tip(self, after: Candidate, before: Candidate, edited: list[Resized | None] | None = None) -> Tip:
        """A step from one network to another; ``edited`` has the edits of those before it, and gets its own."""
        change = after.changes[-1]
        as_argument = argument_of(self.candidates.plan, after.changes, edited or ())
        if edited is not None:
            edited.append(as_argument)
        return Tip(
            kind=change.kind,
            where=change.where,
            what=change.what,
            after=after.standing,
            parameters=after.parameters,
            parameters_before=before.parameters,
            keeps=is_near(after.parameters, before.parameters) and same_reach(after.receptive, before.receptive),
            edit=change.edit or ("" if as_argument is None else as_argument.edit),
            receptive=after.receptive,
            receptive_before=before.receptive,
            layers=tuple(edits(before.leaves, after.leaves, before.inference, after.inference)),
            retrains=change.retrain is not None,
        )


def _again(change: Change, made: Change) -> bool:
    """Whether a change is one that was made, at the same place or inside what it has put there."""
    inside = zip(change.where, made.where, strict=False)
    return change.kind == made.kind and all(f"{new}.".startswith(f"{old}.") for new, old in inside)
