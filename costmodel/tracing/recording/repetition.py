"""Run a step often enough to see whether it is the same each time.

An ordinary step runs as little as possible: its gradients once and its update twice (the first update makes the
optimizer's state), or twice as a whole if it is one function. It is run again, a *round* each time, where there is a
reason:

- it asked for a tensor's value: it is run with other answers (:mod:`costmodel.tracing.recording.answers`);
- it drew from Python's or NumPy's generator, or asked what torch's drew: it is run from other seeds, and with draws
  from both ends;
- something that it keeps changed (``state.py``), or two rounds differed: as many rounds as the
  constants N of ``x % N`` in its functions ask for (twice N and one), six at least;
- its files ask a clock, a file, or chance of another kind (``outside.py``): once more, to see which functions do;
- its optimizer is torch's RAdam, which does something else in its first steps; or the recipe says that steps differ
  in a cycle: then the cycle is the round.

Rounds are compared (``comparing.py``). If only the first ones differ and what they keep has come to rest, they happen
once and the last round is the steady step. Anything else is said, with the line: figures are those of the round with
the fewest calls, and every rule that hangs on them is undecided. A condition on something that still changes, or on
what is asked outside, is said too, if the rounds do not reach its other branch. Where all rounds are alike and
something still moves, it is moved on by many steps at once (``later.py``): a size that grows with it shows then.

It cannot see what an installed package learns from a clock, a file or an extension's memory, what is done at a step
that neither its code nor its tables name, nor what becomes of a draw that is rarer than the seeds tried.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from types import CodeType

from costmodel.ir.doubts import CONCRETE
from costmodel.ir.trace import Assumption, tensor_ids
from costmodel.tracing.modes import real
from costmodel.tracing.recording import chance
from costmodel.tracing.recording.answers import ORDINARY, PROBES, Probe, TooLongError
from costmodel.tracing.recording.comparing import Comparison, Repeated, Round, Signature
from costmodel.tracing.recording.conditions import conditions_on, periods
from costmodel.tracing.recording.held import Held
from costmodel.tracing.recording.later import Moving, moved, moving, steps_to_look_at, without_rings
from costmodel.tracing.recording.outside import aliases, asked_in, mentioned
from costmodel.tracing.recording.recorder import Recorder
from costmodel.tracing.recording.state import State, changed, codes_run, held_by, summaries, user_namespaces
from costmodel.tracing.step.step import Step

_ROUNDS, _MOST_ROUNDS, _MOST_CALLS = 6, 101, 40_000
"""Rounds of a step that keeps something; of one whose source counts to N; and the calls after which it is enough."""
_CYCLES = 3
_MORE_CALLS = 200
"""What a run with other answers may do more than twice the ordinary one, before it is clear that it differs."""
_MOST_KINDS = 8
_LATER, _LATER_CALLS = 24, 6_000
"""Rounds of a step that is moved on by many steps, and the calls after which it is enough."""
_SETTLES = {"RAdam": 12}
"""Updates after which an optimizer of torch's does the same each time: RAdam begins to rectify at about the sixth."""


_EPOCH, _SCHEDULED = "last_epoch]", ("lr", "get_last_lr")
"""What torch's schedulers count, and what becomes of it."""


def repeat(step: Step, recorder: Recorder, after: Callable[[], None]) -> Repeated:
    """Run a step inside the recorder; ``after`` is called after every half of a round."""
    with _placed(step, recorder):
        return _Repetition(step, recorder, after).run()


def run_once(step: Step, recorder: Recorder) -> Hashable:
    """Run a step a single time; what it does, as far as its cost hangs on it."""
    with _placed(step, recorder):
        _Repetition(step, recorder, lambda: None)._round()
    shapes = [shape for shape, *_ in recorder.tensors]
    calls = (call for segment in recorder.segments for call in segment)
    return hash(
        tuple((c.op, c.scope, c.phase, *(shapes[i] for _, v in c.arguments for i in tensor_ids(v))) for c in calls)
    )


@contextmanager
def _placed(step: Step, recorder: Recorder) -> Iterator[None]:
    with chance.seeded(), chance.placed(step.draws_at), recorder.constants.drawing(step.draws_at):
        yield


class _Repetition:
    def __init__(self, step: Step, recorder: Recorder, after: Callable[[], None]) -> None:
        self.step, self.recorder, self._after = step, recorder, after
        self.compare = Comparison(recorder)
        self.rounds: list[Round] = []
        self.aliases: frozenset[str] = frozenset()
        self.kept: list[Held] = []
        self.states: list[State] = [summaries(self._held())]
        self.asked: dict[str, None] = {}
        self.drawn = chance.state()

    def run(self) -> Repeated:
        """The rounds that are needed, and what they show."""
        if self.recorder.concrete:
            return self._for_real()
        if self.step.cycle > 1:
            return self._closer()
        self._round()
        if self.step.update is None:
            self._round()
        namespaces = user_namespaces(self.step.model, self.step.roots)
        self.aliases = aliases(namespaces)
        if self._suspicious or mentioned(namespaces, self.aliases):
            return self._closer()
        return self._apart(1) if self.step.update is None else self._updates()

    def _for_real(self) -> Repeated:
        """The step on real tensors, where nothing but its values is unknown."""
        self._round()
        if self.step.update is None or self.step.cycle > 1:
            self._round()
        seed = f"random numbers of seed {real.SEED}, or the file's own batch"
        what = f"recorded on real tensors ({seed}): what hangs on their values holds for this batch"
        repeated = self._updates() if len(self.rounds) == 1 else self._apart(1)
        repeated.varies.append(Assumption(what=what, where=CONCRETE))
        return repeated

    @property
    def _suspicious(self) -> bool:
        """Whether there is a reason to look again."""
        kept = changed(self.states[0], self.states[1])
        apart = len(self.rounds) > 1 and self._signature(-2)[0] != self._signature(-1)[0]  # the first one makes state
        return bool(self.asked or kept or apart or self.recorder.constants.evolve) or self._drew

    @property
    def _drew(self) -> bool:
        """Whether it drew random numbers that may decide something."""
        return self.recorder.constants.drew or chance.state() != self.drawn

    def _updates(self) -> Repeated:
        """The update once more: the first one has made the optimizer's state."""
        gradients, _ = self.rounds[0]
        updates = [self.rounds[0][1]]
        for _ in range(self._settles()):
            self.recorder.scopes.after_backward()
            updates.append(self._half(self.step.update))
        before = 1
        if len(updates) > 2:  # of two, the second is the steady one, whatever it does
            done = [self.compare.signature((segment,)) for segment in updates]
            before = max((i for i in range(1, len(done)) if done[i] != done[-1]), default=0) + 1
        return Repeated(first=[(u,) for u in updates[:before]], whole_first=False, steady=(gradients, updates[before]))

    def _settles(self) -> int:
        """Updates after which the optimizer does the same each time."""
        return max((_SETTLES.get(type(optimizer).__name__, 1) for optimizer in self.step.optimizers), default=1)

    # the rounds

    def _round(self) -> None:
        self.recorder.answers.begin(ORDINARY)
        done = None
        while done is None:
            try:
                done = self._run_round()
            except Exception:
                if not self.recorder.guards.turn():
                    raise
        self.rounds.append(done)
        self.states.append(summaries(self._held()))

    def _run_round(self) -> Round:
        segments: list[int] = []
        for _ in range(self.step.cycle):
            self.recorder.scopes.restart()
            segments.append(self._half(self.step.gradients))
            if self.step.update is not None:
                segments.append(self._half(self.step.update))
        return tuple(segments)

    def _half(self, work: Callable[[], None] | None) -> int:
        assert work is not None  # only asked for where there is an update
        self.recorder.next_segment()
        work()
        self.asked.update(dict.fromkeys(self.recorder.answers.asked))
        self._after()
        return self.recorder.segment_ends()

    def _closer(self) -> Repeated:
        """As many rounds as the reason asks for, and what they say."""
        self.recorder.with_lines = True
        with codes_run() as codes:
            self._round()
        if self.step.cycle == 1 and self._settles() == 1 and not (self._suspicious or asked_in(codes, self.aliases)):
            return self._apart(1)  # another function of its files asks
        drew, constants = self._drew, self.recorder.constants
        for number in range(len(self.rounds), self._wanted(drew, codes)):
            place = chance.end_of(number) if self.step.draws_at is None else self.step.draws_at
            with chance.drawing(number, place) if drew else nullcontext(), constants.drawing(place):
                self._round()
        before = self._before()
        if varies := self._differences(before, drew, codes):
            return self._varying(varies, self.rounds)
        return self._by_value() or self._by_time(codes) or self._apart(max(before, 1))

    def _varying(self, varies: list[Assumption], rounds: list[Round]) -> Repeated:
        """The least of the rounds, and one of each other kind."""
        later = rounds[1:]  # the first one makes the optimizer's state
        least = min(later, key=lambda r: sum(len(self.recorder.segments[s]) for s in r))
        kinds = [least]
        for other in later:
            if all(self.compare.signature(other) != self.compare.signature(kind) for kind in kinds):
                kinds.append(other)
        variants = kinds[1:] if len(kinds) <= _MOST_KINDS and self.step.cycle == 1 else []
        return Repeated(first=self.rounds[:1], whole_first=False, steady=least, varies=varies, variants=variants)

    def _wanted(self, drew: bool, codes: Iterable[CodeType]) -> int:
        """How many rounds there should be."""
        settles = self._settles() - 1
        if self.step.cycle > 1:
            return _CYCLES + settles // self.step.cycle
        wanted = max(_ROUNDS, *(2 * n + 1 for n in periods(codes)), chance.ROUNDS if drew else 0, 2 * settles)
        return max(_ROUNDS, min(wanted, _MOST_ROUNDS, _MOST_CALLS // self._calls()))

    # what they say

    def _apart(self, before: int) -> Repeated:
        """The round after the first ``before`` ones is the steady one."""
        steady = self._signature(before)[0]
        whole = any(self._signature(i)[0] != steady for i in range(before))
        return Repeated(first=self.rounds[:before], whole_first=whole, steady=self.rounds[before])

    def _before(self) -> int:
        """How many rounds come before all later ones are alike; the first one's update makes state in any case."""
        done = [self._signature(i) for i in range(len(self.rounds))]
        apart = [i for i in range(1, len(done)) if done[i] != done[-1]]
        if apart:
            return apart[-1] + 1
        return 1 if done[0][0] != done[-1][0] else 0

    def _differences(self, before: int, drew: bool, codes: Iterable[CodeType]) -> list[Assumption]:
        """Why the rounds, or what they keep, do not come to rest."""
        settled = before <= len(self.rounds) // 2 and all(2 * n < len(self.rounds) for n in periods(codes))
        if before and (drew or not settled):
            why = "it draws random numbers" if drew else "its runs differ"
            which = "step" if self.step.cycle == 1 else f"cycle of {self.step.cycle} steps"
            what = f"the {which} does not repeat itself: {why}; the least of {len(self.rounds)} runs counts"
            return [Assumption(what=what, where=self.compare.line_apart(self.rounds))]
        if self.step.cycle > 1:
            return []
        still = [*changed(self.states[-2], self.states[-1]), *self._evolving(), *self.aliases]
        still += _SCHEDULED if any(path.endswith(_EPOCH) for path in still) else ()
        return [
            Assumption(
                what=f"a condition on {' and '.join(c.names)}, which changes from step to step: "
                f"{len(self.rounds)} runs are alike, and do not show what a later one does",
                where=c.where,
            )
            for c in (conditions_on(still, codes) if still or asked_in(codes, self.aliases) else ())
            if c.period is None or c.period >= len(self.rounds)
        ]

    def _by_value(self) -> Repeated | None:
        """The step with other answers to its questions; None if nothing hangs on them."""
        where = " or ".join(self.asked)
        found = [r for probe in PROBES if self.asked and (r := self._probed(probe)) is not None]
        if all(self.compare.signature(segments) == self._signature(-1) for segments in found):
            return None
        what = "the step hangs on a tensor's value, which does not exist before the run"
        return self._varying([Assumption(what=what, where=where)], [*self.rounds, *found])

    def _by_time(self, codes: Iterable[CodeType]) -> Repeated | None:
        """The step as it is after many more; None if nothing moves, or it does the same then."""
        if self.step.cycle > 1:
            return None
        held = self.kept = self._held()
        things = moving(self.states[-3], self.states[-2], held)
        most = max(4, min(_LATER, _LATER_CALLS // self._calls()))
        places = steps_to_look_at(things, codes, held) if things else []
        for number, steps in enumerate(places[: most // 2]):
            found = self._after_more(things, steps, 1 if number < 2 else 2)
            if number == 0 and (running := without_rings(things, steps, self.kept)) != things:
                things, found = running, self._after_more(running, steps, 1)
            if any(self.compare.signature(one) != self._signature(-1) for one in found):
                what = f"the step does not repeat itself: it does something else after about {steps} more"
                where = self.compare.line_apart([*found, *self.rounds])
                return self._varying([Assumption(what=what, where=where)], [*self.rounds, *found])
        return None

    def _after_more(self, things: list[Moving], steps: int, times: int) -> list[Round]:
        """Rounds after so many more steps; none where that fails."""
        found: list[Round] = []
        self.recorder.next_segment()
        with suppress(Exception), moved(things, steps):
            self.recorder.segment_ends()
            found += [r for _ in range(times) if (r := self._tried()) is not None]
            self.kept = self._held()
        return found

    def _evolving(self) -> list[str]:
        """Buffers that the step changes and whose values it asks for."""
        constants = self.recorder.constants
        buffers = self.step.model.named_buffers() if constants.evolve else ()
        return [name for name, buffer in buffers if constants.evolves(buffer)]

    def _probed(self, probe: Probe) -> Round | None:
        """A round with other answers."""
        self.recorder.answers.begin(probe)
        try:
            return self._tried()
        finally:
            self.recorder.answers.begin(ORDINARY)

    def _tried(self) -> Round | None:
        """A round that may be far longer; None if it fails, as a guard against a bad value does."""
        self.recorder.most_calls = 2 * max(len(self.recorder.segments[s]) for s in self.rounds[-1]) + _MORE_CALLS
        try:
            return self._run_round()
        except TooLongError:
            return (self.recorder.segment_ends(),)
        except (Exception, SystemExit):
            return None
        finally:
            self.recorder.most_calls = None

    def _calls(self) -> int:
        return max(1, sum(len(self.recorder.segments[s]) for s in self.rounds[-1]))

    def _held(self) -> list[Held]:
        return held_by(self.step.model, (*self.step.roots, *self.step.optimizers))

    def _signature(self, number: int) -> Signature:
        return self.compare.signature(self.rounds[number])
