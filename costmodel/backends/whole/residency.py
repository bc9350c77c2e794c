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

**Fused** (``--fused``): an elementwise call that is the first to ask for what a mapped one makes (or such a call behind
it) takes it as it is drained, if its other operands are there by then. It does not read it, and its result is drained
in its place: the mapping has that word in DRAM already. If what it takes is read by others too, that one keeps its
place in the drain, and the result is written as it is without fusion. What stays at the level is decided as without
fusion (a result that another mapped call parts from its next reader comes back from DRAM), so fusion never costs more.
The optimizer's updates are not fused with the backward pass: they come when all of it is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from costmodel.ir.schedule import Operand, Schedule, ScheduledCall

_FORWARD = ("preprocess", "forward", "loss")
_BACKWARD = ("loss_backward", "backward")
_UPDATE = "optimizer"


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


@dataclass(frozen=True, slots=True)
class Taken:
    """What a fused call takes from a mapped one's drain.

    Attributes:
        held: the piece of memory.
        root: the mapped call.
        own: the place in the drain goes to the call's result.
        apart: another mapped call comes between the two.
    """

    held: int
    root: int
    own: bool
    apart: bool = False


class Drains:
    """What mapped calls, and calls fused with them, have made and nobody has touched since."""

    def __init__(self) -> None:
        self._fresh: dict[int, tuple[Taken, int]] = {}  # held → how it is drained, and its words
        self._written: dict[int, int] = {}  # held → the call that wrote it last, or in whose drain it was
        self._touched: dict[int, int] = {}  # held → the call that touched it last

    def offered(self, operand: Operand, call: ScheduledCall) -> Taken | None:
        """How an operand of a call is drained, if the call can be fused with what makes it."""
        found, words = self._fresh.get(operand.held, (None, 0))
        if found is None or not call.elementwise or len(call.writes) != 1:
            return None
        if not words == operand.words == call.writes[0].words:
            return None
        others = [o.held for o in call.reads if o.held != operand.held]
        again = sum(o.held == operand.held for o in call.reads) > 1
        late = any(self._written.get(held, -1) >= found.root for held in others)
        # what it writes over must have been done with as well
        over = any(self._touched.get(o.held, -1) >= found.root for o in call.writes if o.held != operand.held)
        return None if again or late or over else found

    def after(self, number: int, call: ScheduledCall, taken: Taken | None) -> None:
        """A call is done."""
        when = number if taken is None else taken.root
        for operand in (*call.reads, *call.writes):
            self._fresh.pop(operand.held, None)
            self._touched[operand.held] = number
        for operand in call.writes:
            self._written[operand.held] = when
            if call.mapped:
                self._fresh[operand.held] = Taken(operand.held, number, own=True), operand.words
            elif taken is not None:
                self._fresh[operand.held] = Taken(operand.held, taken.root, taken.own), operand.words


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
        self._drains = Drains()

    def calls(self) -> Iterator[Moves]:
        for number, call in enumerate(self._schedule.calls):
            taken = self._taken(number, call) if self._fuses and not call.mapped else None
            yield Moves() if call.mapped else self._moved(number, call, taken)
            self._drains.after(number, call, taken)

    def _taken(self, number: int, call: ScheduledCall) -> Taken | None:
        """What a call takes from a mapped one's drain; None if it cannot be fused."""
        for operand in call.reads:
            found = self._drains.offered(operand, call)
            if found is None or (call.part == _UPDATE != self._schedule.calls[found.root].part):
                continue  # an update waits for the whole backward pass
            own = found.own and not self._is_needed(operand.held, number, call)
            apart = self._mapped_before[number] > self._mapped_before[found.root + 1]
            # where another mapped call comes between nothing of this one's may rest on what is at the level now
            if not apart or (own and not any(self._staying.get(o.held) == number for o in call.reads)):
                return Taken(operand.held, found.root, own, apart)
        return None

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

    def _moved(self, number: int, call: ScheduledCall, taken: Taken | None) -> Moves:
        done = Moves(fused=taken is not None)
        here = {operand.held for operand in call.reads if self._staying.get(operand.held) == number}
        for operand in call.reads:
            if taken is not None and operand.held == taken.held:
                done.unmoved_bytes += operand.nbytes
            else:
                self._read(operand, done, stayed=operand.held in here)
        touched = {operand.held: operand for operand in (*call.reads, *call.writes)}
        for held in here:
            del self._staying[held]
            self._free += self._schedule.held[held].words
        staying = {held for held, operand in touched.items() if self._stays(number, operand, whole=held in here)}
        for operand in call.writes:
            self._written(operand, done, taken, stays=operand.held in staying)
        for held in touched:
            if held not in staying:
                self._leaves(number, held, done)
        return done

    def _read(self, operand: Operand, done: Moves, *, stayed: bool) -> None:
        done.level_reads += operand.words
        if not stayed and not self._outermost:
            done.dram_reads += operand.words
            done.level_writes += operand.words

    def _written(self, operand: Operand, done: Moves, taken: Taken | None, *, stays: bool) -> None:
        drained = taken is not None and taken.own
        if drained and not stays:
            done.unmoved_bytes += operand.nbytes
            return
        done.level_writes += operand.words
        if taken is not None and taken.apart:
            done.dram_reads += operand.words
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
