"""Search for changes: every one by itself, then the best sequence of several."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.advising.candidates import Candidate, Candidates, Progress
from costmodel.advising.standing import better, rank, standing_of, worth_of
from costmodel.errors import CostModelError
from costmodel.ir.tips import Standing, Tip, Tips
from costmodel.tracing.surgery.apply import argument_of
from costmodel.tracing.surgery.change import Change

_LONGEST = 5
"""Changes of a sequence."""
_BEAM = 2
"""Sequences that are followed at once."""
_NEXT = 12
"""Changes that are tried after each of them: the kinds and places that were best by themselves."""
_BAND = (0.7, 1.5)
"""Parameters after a change, as a part of those before, within which it keeps about as many."""


def search(candidates: Candidates, progress: Progress | None = None) -> Tips:
    """All tips for a network."""
    return _Search(candidates, progress).tips()


class _Search:
    def __init__(self, candidates: Candidates, progress: Progress | None) -> None:
        self.candidates, self.progress = candidates, progress
        self.start = candidates.of(())
        book = candidates.book
        self.order = "ascending" if book.ranking is None else book.ranking.order
        self.now = standing_of(self.start.verdict, book)
        self.tried = self.unfit = 0

    def tips(self) -> Tips:
        changes = self.candidates.further(self.start)
        found = [found for change in changes if (found := self._tried((change,), len(changes)))]
        helping = [f for f in found if better(self._standing(f), self.now, self.order)]
        helping.sort(key=self._rank)
        single = [self._tip(candidate, self.start) for candidate in helping]
        # without a band the best sequence takes away whatever it can: accuracy costs nothing here
        sequence = self._sequence([candidate for candidate in helping if self._keeps(candidate)])
        steps = [self._tip(after, before) for before, after in zip((self.start, *sequence), sequence, strict=False)]
        return Tips(
            verdict=self.start.verdict,
            now=self.now,
            order=self.order,
            worth=worth_of(self.start.verdict, self.candidates.book),
            single=(*(tip for tip in single if tip.keeps), *(tip for tip in single if not tip.keeps)),
            sequence=tuple(steps),
            tried=self.tried,
            unfit=self.unfit,
        )

    def _sequence(self, helping: list[Candidate]) -> list[Candidate]:
        """The steps of the best sequence that was met, each better than the one before."""
        liked = {(c.changes[0].kind, c.changes[0].where): n for n, c in reversed(list(enumerate(helping)))}
        beam = [[candidate] for candidate in helping[:_BEAM]]
        best = beam[0] if beam else []
        for _ in range(_LONGEST - 1):
            longer = [[*steps, after] for steps in beam for after in self._after(steps[-1], liked)]
            longer.sort(key=lambda steps: self._rank(steps[-1]))
            beam = longer[:_BEAM]
            if not beam:
                break
            best = beam[0] if self._rank(beam[0][-1]) < self._rank(best[-1]) else best
        return best

    def _after(self, before: Candidate, liked: dict[tuple[str, tuple[str, ...]], int]) -> Iterator[Candidate]:
        changes = [c for c in self.candidates.further(before) if not any(_again(c, made) for made in before.changes)]
        changes.sort(key=lambda change: liked.get((change.kind, change.where), len(liked)))
        for change in changes[:_NEXT]:
            after = self._tried((*before.changes, change))
            if after is None or not self._keeps(after):
                continue
            if better(self._standing(after), self._standing(before), self.order):
                yield after

    def _tried(self, changes: tuple[Change, ...], total: int = 0) -> Candidate | None:
        self.tried += 1
        if self.progress is not None:
            self.progress(self.tried, max(self.tried, total))
        try:
            return self.candidates.of(changes)
        except CostModelError:
            self.unfit += 1
            return None

    def _standing(self, candidate: Candidate) -> Standing:
        return standing_of(candidate.verdict, self.candidates.book)

    def _keeps(self, candidate: Candidate) -> bool:
        """Whether it has about as many parameters as the network has now."""
        return _is_near(candidate.parameters, self.start.parameters)

    def _rank(self, candidate: Candidate) -> tuple[int, int, float]:
        return rank(self._standing(candidate), self.order)

    def _tip(self, after: Candidate, before: Candidate) -> Tip:
        change = after.changes[-1]
        return Tip(
            kind=change.kind,
            where=change.where,
            what=change.what,
            after=self._standing(after),
            parameters=after.parameters,
            parameters_before=before.parameters,
            keeps=_is_near(after.parameters, before.parameters),
            edit=argument_of(self.candidates.plan, change) if len(after.changes) == 1 else "",
        )


def _is_near(parameters: int, before: int) -> bool:
    return _BAND[0] * before <= parameters <= _BAND[1] * before


def _again(change: Change, made: Change) -> bool:
    """Whether a change is one that was made, at the same place or inside what it has put there."""
    inside = zip(change.where, made.where, strict=False)
    return change.kind == made.kind and all(f"{new}.".startswith(f"{old}.") for new, old in inside)
