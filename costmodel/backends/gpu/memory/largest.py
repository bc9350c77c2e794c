"""The largest batch that fits in a card: surely, and possibly.

Memory is nearly affine in the batch, so each trial is where the line through the closest known batches meets the limit;
every answer is a batch that was traced, beside one that was traced and did not fit.
"""

from __future__ import annotations

from collections.abc import Callable

from costmodel.backends.gpu.memory.estimate import Script, estimate_memory
from costmodel.hardware.gpu.spec import GpuSpec
from costmodel.ir.gpu_memory import GpuMemory, LargestBatch
from costmodel.ir.trace import Trace

START = 8
"""The batch that is tried first."""

GRAIN = 64
"""A batch is found to one in so many: 512 to 8."""


def largest_batch(
    trace_of: Callable[[int], Trace],
    card: GpuSpec,
    script: Script | None = None,
    *,
    limit_bytes: int | None = None,
    most: int = 2**16,
) -> LargestBatch:
    """The largest batches of a training or an inference on a card.

    Args:
        trace_of: traces a step at a batch.
        card: the GPU.
        script: what is known of the script.
        limit_bytes: a limit below the card's memory (a rule's 6 GB).
        most: batches beyond are not tried.
    """
    known: dict[int, GpuMemory] = {}
    limit = card.memory_bytes or 0
    if limit_bytes is not None:
        limit = min(limit, limit_bytes)

    def at(batch: int) -> GpuMemory:
        if batch not in known:
            known[batch] = estimate_memory(trace_of(batch), card, script)
        return known[batch]

    possibly = _largest(lambda batch: at(batch).card_bytes.low, limit, most, known)
    surely = _largest(lambda batch: at(batch).card_bytes.high, limit, most, known)
    return LargestBatch(surely=surely, possibly=possibly, traced=tuple(sorted(known)))


def _largest(nbytes: Callable[[int], float], limit: int, most: int, known: dict[int, GpuMemory]) -> int:
    """The largest batch whose bytes are at most the limit, to within one in :data:`GRAIN`."""
    fits = max((batch for batch in known if nbytes(batch) <= limit), default=0)
    fails = min((batch for batch in known if nbytes(batch) > limit), default=most + 1)
    tried = 0
    while fails - fits > _grain(fits):
        tried += 1
        met = _meeting(nbytes, known, limit, fits, fails)
        # the allocator makes steps, from which a line may creep: every third trial halves what is left
        if tried % 3 == 0 and fails <= most:
            met = (fits + fails) // 2
        trial = min(max(met, fits + 1), fails - 1)
        if nbytes(trial) <= limit:
            fits = trial
        else:
            fails = trial
    return fits


def _grain(batch: int) -> int:
    return max(1, batch // GRAIN)


def _meeting(nbytes: Callable[[int], float], known: dict[int, GpuMemory], limit: int, fits: int, fails: int) -> int:
    """Where the line through two known batches meets the limit; twice as much, or half, where only one is known.

    Close to a known batch, the batch a grain beyond it is taken: if the line is right, the search ends there.
    """
    if not known:
        return START
    beside = sorted(known, key=lambda batch: abs(nbytes(batch) - limit))[:2]
    if len(beside) < 2:
        return 2 * fits if fits else fails // 2
    a, b = sorted(beside)
    slope = (nbytes(b) - nbytes(a)) / (b - a)
    if slope <= 0:
        return (fits + fails) // 2
    met = int(a + (limit - nbytes(a)) / slope)
    if met <= fits + _grain(fits):
        return fits + _grain(fits)
    if met >= fails - _grain(fails):
        return fails - _grain(fails)
    return met
