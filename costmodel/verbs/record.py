"""Record: the static analysis's formulas over real execution, and both side by side."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from costmodel.errors import CostModelError, UsageError
from costmodel.ir.recording import RecordedRow, Recording
from costmodel.ir.trace import OpCall, Phase
from costmodel.ir.work import Work, total

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from costmodel.ir.settings import Settings
    from costmodel.tracing.executed import Executed


def record(model: Any, *, times: int = 1, **settings: Unpack[Settings]) -> Recorder:
    """Count what runs inside a ``with`` block: ``with costmodel.record(model, optimizer="adam") as r: …``.

    Afterwards ``r.result`` is a :class:`costmodel.Recording`. Counting makes execution slower: seconds are those of a
    counted run.

    Args:
        model: the network that is trained inside, an ``nn.Module``.
        times: how many training steps run inside.
        settings: of the static analysis that stands beside (see :class:`costmodel.Settings`); batch and input are
            those of the first forward pass, if it has one input.

    Raises:
        UsageError: not one step, or no ``nn.Module``.
    """
    if times < 1:
        raise UsageError(f"times={times}: at least one step is recorded")
    if not hasattr(model, "register_forward_pre_hook"):
        raise UsageError("record() takes the network that is trained, an nn.Module")
    return Recorder(model, times, dict(settings))


class Recorder:
    """The block of a ``with``; ``result`` is there when it has ended."""

    def __init__(self, model: Any, steps: int, settings: dict[str, Any]) -> None:
        from costmodel.tracing.executed import Counting

        self._model, self._steps, self._settings = model, steps, settings
        self._counting = Counting()
        self._result: Recording | None = None
        self._shape: tuple[int, ...] | None = None

    @property
    def result(self) -> Recording:
        """What ran.

        Raises:
            UsageError: the block has not ended, or an error ended it.
        """
        if self._result is None:
            raise UsageError("nothing is recorded yet: the result is there when the with block has ended")
        return self._result

    def __enter__(self) -> Self:
        from costmodel.tracing.executed import first_shape, forget_peak, wait_for_device

        def before_forward(_: Any, args: tuple[Any, ...]) -> None:
            self._shape = self._shape or first_shape(args)

        self._hook = self._model.register_forward_pre_hook(before_forward)
        wait_for_device()
        forget_peak()
        self._begun = time.perf_counter()
        self._counting.__enter__()  # type: ignore[no-untyped-call]  # torch's
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from costmodel.tracing.executed import peak_allocated, wait_for_device

        self._counting.__exit__(kind, error, trace)  # type: ignore[no-untyped-call]  # torch's
        wait_for_device()
        seconds = time.perf_counter() - self._begun
        self._hook.remove()
        if error is None:
            self._result = self._recording(seconds, peak_allocated())

    def _recording(self, seconds: float, allocated: int | None) -> Recording:
        works = [(_work(call), call, times) for call, times in self._counting.calls.items()]
        real = total(work * times for work, _, times in works if work is not None)
        uncounted = _names((call, times) for work, call, times in works if work is None)
        static, why = self._static()
        return Recording(
            steps=self._steps,
            calls=self._counting.calls.total(),
            rows=(*self._figures(real, static, why, bool(uncounted)), *_measured(seconds, allocated)),
            uncounted=uncounted,
        )

    def _figures(self, real: Work, static: Work | None, why: str, at_least: bool) -> Iterable[RecordedRow]:
        from costmodel.ops.convention import HAET, MACS

        for name, unit, convention in (("operations", "operations", HAET), ("macs", "MACs", MACS)):
            beside = None if static is None else self._steps * convention.number(static)
            number = convention.number(real)
            because = why if beside is None or beside == number else f"real is {number - beside:+,} off"
            yield RecordedRow(quantity=name, unit=unit, static=beside, real=number, at_least=at_least, because=because)

    def _static(self) -> tuple[Work | None, str]:
        """The work of a step by the static analysis, or why there is none."""
        from costmodel.verbs.count import count
        from costmodel.verbs.trace import trace

        settings = dict(self._settings)
        if self._shape is not None and not settings.keys() & {"input", "batch"}:
            settings |= {"batch": self._shape[0], "input": "x".join(map(str, self._shape[1:]))}
        try:
            counts = count(trace(self._model, **settings))
        except CostModelError as problem:
            return None, f"no static analysis: {problem.message}"
        if counts.uncounted or counts.varies:
            return None, "the static analysis is only a lower bound, or not the same for every batch"
        return counts.total(), ""


def _measured(seconds: float, allocated: int | None) -> tuple[RecordedRow, RecordedRow]:
    of_gpu = "estimate --hardware GPU says it before the run"
    return (
        RecordedRow(
            quantity="allocated_bytes",
            unit="bytes",
            static=None,
            real=allocated,
            because=of_gpu if allocated is not None else "no GPU is in use, and the CPU's allocator keeps no account",
        ),
        RecordedRow(quantity="seconds", unit="s", static=None, real=seconds, because=f"while counted; {of_gpu}"),
    )


def _work(call: Executed) -> Work | None:
    from costmodel.passes.work import as_formulas_see, work_of

    if call.strange:
        return None
    arguments = {name: as_formulas_see(value, call.metas) for name, value in call.arguments}
    return work_of(_packet(call), arguments, call.outputs)


def _packet(call: Executed) -> str:
    return OpCall(op=call.op, arguments=(), outputs=(), scope="", phase=Phase.FORWARD).packet


def _names(calls: Iterable[tuple[Executed, int]]) -> tuple[str, ...]:
    found: Counter[str] = Counter()
    for call, times in calls:
        found[call.op] += times
    return tuple(f"{name} ×{times}" for name, times in sorted(found.items()))
