"""Where the operands of the work beside the layers are: at the vector unit's level, or in the outermost one.

A mapping begins and ends in the outermost level (DRAM), and was searched for all of every level inside. So:

* Between two calls that touch it a piece of memory stays at the level if no mapped call comes between, if it is there
  as a whole, and if it fits beside what stays already (first come, first kept). Else it is in DRAM between them.
* A read of what stayed is w words read at the level. Any other is w words read in DRAM, and written and read once at
  the level on their way.
* A write is w words written at the level. What is changed, does not stay, and is read later or outlives the step goes
  on to DRAM: w words read at the level and written in DRAM.
* Where the level is the outermost one itself, every word is read or written there, and that is all.

What is kept for the backward pass follows from this: a mapped call comes between nearly always, so it goes to DRAM and
comes back.

**Fused** (``--fused``): an elementwise call right behind a mapped one (or behind such a call) takes what that one makes
as it is drained. It does not read it, and its result is drained in its place: the mapping has that word in DRAM
already. If what it takes is read by others too, that one keeps its place in the drain, and the result is written as it
is without fusion. What stays at the level is the same with fusion as without, so fusion never costs more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from costmodel.ir.schedule import Operand, Schedule, ScheduledCall

_FORWARD = ("preprocess", "forward", "loss")
_BACKWARD = ("loss_backward", "backward")


@dataclass(slots=True)
class Moves:
    """Words that one call moves, and whether it is fused.

    Attributes:
        unmoved_bytes: of its operands, left unmoved by fusion.
    """

    level_reads: int = 0
    level_writes: int = 0
    dram_reads: int = 0
    dram_writes: int = 0
    fused: bool = False
    unmoved_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Saved:
    """Bytes made in the forward pass and read in the backward pass, and what of them stays at the level in between."""

    nbytes: int
    on_chip: int


def moves(schedule: Schedule, capacity: int | None, *, outermost: bool, fused: bool) -> tuple[tuple[Moves, ...], Saved]:
    """The words that each call of a schedule moves beside the mappings (none for a mapped one), and what is saved.

    Args:
        schedule: the calls.
        capacity: words that fit at the level in all; None is unlimited.
        outermost: the level is the outermost one.
        fused: elementwise calls are fused where they can be.
    """
    walk = _Walk(schedule, capacity, outermost=outermost, fused=fused)
    return tuple(walk.calls()), walk.saved()


class _Walk:
    def __init__(self, schedule: Schedule, capacity: int | None, *, outermost: bool, fused: bool) -> None:
        self._schedule = schedule
        self._free = float("inf") if capacity is None else capacity
        self._outermost = outermost
        self._fuses = fused
        self._touches = _touches(schedule)
        self._mapped_before = _running(schedule)
        self._staying: dict[int, int] = {}  # held → the call until which it stays
        self._changed: dict[int, int] = {}  # held → words that DRAM does not have yet
        self._stayed: set[tuple[int, int]] = set()  # (held, the call after which it stayed)
        self._last_fused = -1

    def calls(self) -> Iterator[Moves]:
        drains = False  # whether the result of the call before has the place in the mapping's drain
        for number, call in enumerate(self._schedule.calls):
            if call.mapped:
                drains = True
                yield Moves()
                continue
            taken = self._taken(number, call) if self._fuses else None
            drains = drains and taken is not None and not self._is_needed(taken, number, call)
            yield self._moved(number, call, taken, drains=drains)
            if taken is not None:
                self._last_fused = number

    def saved(self) -> Saved:
        """See :class:`Saved`; for when all calls have been walked through."""
        nbytes = on_chip = 0
        calls = self._schedule.calls
        for held, touches in self._touches.items():
            forward = [at for at, _ in touches if calls[at].part in _FORWARD]
            backward = [at for at, reads in touches if reads and calls[at].part in _BACKWARD]
            if forward and backward and self._is_made(held, forward):
                nbytes += self._schedule.held[held].nbytes
                if (held, max(at for at in forward if at < backward[0])) in self._stayed:
                    on_chip += self._schedule.held[held].nbytes
        return Saved(nbytes, on_chip)

    def _is_made(self, held: int, forward: list[int]) -> bool:
        """Whether the forward pass makes it: it was not there before the step."""
        if self._schedule.held[held].before:
            return False
        return any(operand.held == held for operand in self._schedule.calls[forward[0]].writes)

    def _taken(self, number: int, call: ScheduledCall) -> int | None:
        """The piece of memory that a fused call takes from the call before as it is drained; None if it cannot."""
        before = self._schedule.calls[number - 1] if number else None
        if before is None or not (before.mapped or self._last_fused == number - 1):
            return None
        if not call.elementwise or len(call.writes) != 1:
            return None
        made = {operand.held: operand.words for operand in before.writes}
        for operand in call.reads:
            if made.get(operand.held) == operand.words == call.writes[0].words:
                return operand.held
        return None

    def _moved(self, number: int, call: ScheduledCall, taken: int | None, *, drains: bool) -> Moves:
        done = Moves(fused=taken is not None)
        here = {operand.held for operand in call.reads if self._staying.get(operand.held) == number}
        for operand in call.reads:
            if operand.held == taken:
                done.unmoved_bytes += operand.nbytes
            else:
                self._read(operand, done, stayed=operand.held in here)
        touched = {operand.held: operand for operand in (*call.reads, *call.writes)}
        for held in here:
            del self._staying[held]
            self._free += self._schedule.held[held].words
        staying = {held for held, operand in touched.items() if self._stays(number, operand, whole=held in here)}
        for operand in call.writes:
            self._written(operand, done, drained=drains, stays=operand.held in staying)
        for held in touched:
            if held not in staying:
                self._leaves(number, held, done)
        return done

    def _read(self, operand: Operand, done: Moves, *, stayed: bool) -> None:
        done.level_reads += operand.words
        if not stayed and not self._outermost:
            done.dram_reads += operand.words
            done.level_writes += operand.words

    def _written(self, operand: Operand, done: Moves, *, drained: bool, stays: bool) -> None:
        if drained and not stays:
            done.unmoved_bytes += operand.nbytes
            return
        done.level_writes += operand.words
        if not drained:
            whole = self._schedule.held[operand.held].words
            self._changed[operand.held] = min(whole, self._changed.get(operand.held, 0) + operand.words)

    def _leaves(self, number: int, held: int, done: Moves) -> None:
        """What changed goes to DRAM if anybody asks for it later."""
        words = self._changed.pop(held, 0)
        if words and not self._outermost and self._is_asked_for(held, number):
            done.level_reads += words
            done.dram_writes += words

    def _stays(self, number: int, operand: Operand, *, whole: bool) -> bool:
        """Decide, and remember, whether a piece of memory stays until the next call that touches it."""
        words = self._schedule.held[operand.held].words
        later = self._next(operand.held, number)
        if self._outermost or later is None or not (whole or operand.words == words) or words > self._free:
            return False
        if self._mapped_before[later + 1] > self._mapped_before[number]:
            return False
        self._staying[operand.held] = later
        self._stayed.add((operand.held, number))
        self._free -= words
        return True

    def _next(self, held: int, number: int) -> int | None:
        return next((touch for touch, _ in self._touches[held] if touch > number), None)

    def _is_asked_for(self, held: int, number: int) -> bool:
        """Whether a later call reads it, or it outlives the step."""
        return self._schedule.held[held].after or any(reads and at > number for at, reads in self._touches[held])

    def _is_needed(self, held: int, number: int, call: ScheduledCall) -> bool:
        """Whether what a fused call takes is asked for by others as well; what it overwrites itself is gone."""
        return held not in {operand.held for operand in call.writes} and self._is_asked_for(held, number)


def _touches(schedule: Schedule) -> dict[int, list[tuple[int, bool]]]:
    """By piece of memory the calls that touch it, in order, and whether each reads it."""
    found: dict[int, list[tuple[int, bool]]] = {}
    for number, call in enumerate(schedule.calls):
        reads = {operand.held for operand in call.reads}
        for held in {operand.held: None for operand in (*call.reads, *call.writes)}:
            found.setdefault(held, []).append((number, held in reads))
    return found


def _running(schedule: Schedule) -> list[int]:
    """How many mapped calls come before each call, and before the end."""
    counts = [0]
    for call in schedule.calls:
        counts.append(counts[-1] + call.mapped)
    return counts
