"""Remarks on work and data that lie where the figures do not look.

Energy and cycles are those of the loop nests in the network's own forward, peak activation is that of layers in it.
A program can compute elsewhere (a hook, ``preprocess``, a tensor's gradient hook), without loop nests, with features
that were made before the step or in another thread, or between the layers' boundaries. Most of that has honest uses,
which is why a person decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.scrutiny.remarks import weights_of
from costmodel.ir.counts import Counts
from costmodel.ir.trace import Phase, Trace
from costmodel.ir.training import Training
from costmodel.ops.convention import MACS
from costmodel.passes.activations import op_peak, peak_activation
from costmodel.passes.work import count

_CONSTANTS = 32
"""Elements of plain tensors that an inference may hold without a remark: means and deviations of channels."""
_HELD = 1.5
"""An op may hold this much more than its layer: batch norm's statistics, the indices of a pooling."""
_SHOWN = 5


def evasions(training: Training, inference: Trace | None) -> tuple[Notice, ...]:
    """Remarks on traces that are in order."""
    if inference is None:
        return tuple(_elsewhere(count(training.phases[0].trace), (Phase.PREPROCESS,)))
    counts = count(inference)
    others = tuple(phase for phase in Phase if phase is not Phase.FORWARD)
    return (
        *_elsewhere(counts, others),
        *_without_nests(counts),
        *_from_nowhere(inference),
        *_made_weights(inference),
        *_unread(inference),
        *_held(training, inference),
    )


def _elsewhere(counts: Counts, phases: tuple[Phase, ...]) -> Iterator[Notice]:
    """Loop nests outside the network's forward."""
    macs: Counter[str] = Counter()
    for row in counts.rows:
        if row.phase in phases and row.work is not None and row.work.nests:
            macs[row.phase.value] += MACS.number(row.work)
    if macs:
        listed = ", ".join(f"{number} in {phase}" for phase, number in sorted(macs.items()))
        message = f"multiply-accumulates outside the network's forward, where energy and cycles do not look: {listed}"
        yield Notice(kind=NoticeKind.EVADED, message=message)


def _without_nests(counts: Counts) -> Iterator[Notice]:
    """Arithmetic that no accelerator is asked about, when it is most of the work."""
    works = [row.work for row in counts.rows if row.work is not None]
    mapped = sum(MACS.number(work) for work in works if work.nests)
    other = sum(work.scalar_ops.total for work in works if not work.nests)
    if other > mapped:
        message = f"{other} operations of the inference are in no layer that is mapped, beside {mapped} that are"
        yield Notice(kind=NoticeKind.EVADED, message=f"{message}: energy and cycles leave them out")


def _from_nowhere(trace: Trace) -> Iterator[Notice]:
    """Features made before the inference, and results that do not depend on its input."""
    declared = {trace.tensors[one.tensor].storage for one in (*trace.parameters, *trace.buffers)}
    batch = {trace.tensors[number].storage for number in trace.inputs}
    plain: dict[int, int] = {}
    from_batch = set(batch)
    for call in trace.calls:
        read = {trace.tensors[number].storage for number in call.inputs}
        for number in call.inputs:
            storage = trace.storages[trace.tensors[number].storage]
            if storage.born == -1 and storage.id not in declared | batch and storage.nbytes:
                plain[storage.id] = max(plain.get(storage.id, 0), trace.tensors[number].meta.numel)
        made = {trace.tensors[number].storage for number in call.written}
        if read & from_batch:
            from_batch |= made
    if sum(plain.values()) > _CONSTANTS:
        message = f"{sum(plain.values())} elements were made before the inference and are neither weights nor its input"
        yield Notice(kind=NoticeKind.EVADED, message=message)
    result = [call.outputs for call in trace.module_calls if call.path == ""]
    if any(trace.tensors[number].storage not in from_batch for number in (result[-1] if result else ())):
        yield Notice(kind=NoticeKind.EVADED, message="the result of the inference does not depend on its input")


def _made_weights(trace: Trace) -> Iterator[Notice]:
    """Weights that the inference makes itself, not from a parameter: from a buffer, from numbers, at random."""
    from_parameters = {trace.tensors[p.tensor].storage for p in trace.parameters}
    from_batch = {trace.tensors[number].storage for number in trace.inputs}
    places: list[str] = []
    for call in trace.calls:
        read = {trace.tensors[number].storage for number in call.inputs}
        made = {trace.tensors[number].storage for number in call.written}
        weights = {trace.tensors[number].storage for number in weights_of(call)}
        own = {w for w in weights - from_parameters - from_batch if trace.storages[w].born != -1}
        if own and read & from_batch:
            places.append(f"{call.packet} in {call.scope or 'the model itself'}")
        from_parameters |= made if read & from_parameters else set()
        from_batch |= made if read & from_batch else set()
    if places:
        listed = ", ".join(dict.fromkeys(places[:_SHOWN]))
        yield Notice(kind=NoticeKind.HIDDEN, message=f"weights that are not made from a parameter: {listed}")


def _unread(trace: Trace) -> Iterator[Notice]:
    """Parameters that no call of the inference reads."""
    read = {trace.tensors[number].storage for call in trace.calls for number in call.inputs}
    idle = [p.name for p in trace.parameters if trace.tensors[p.tensor].storage not in read]
    if idle:
        listed = ", ".join(idle[:_SHOWN]) + (", …" if len(idle) > _SHOWN else "")
        yield Notice(kind=NoticeKind.EVADED, message=f"{len(idle)} parameters are not read by the inference: {listed}")


def _held(training: Training, inference: Trace) -> Iterator[Notice]:
    """Memory that an op of the inference holds, beside the peak activation that the training shows."""
    shown = max(peak_activation(phase.trace).layer_io for phase in training.phases)
    held, where = op_peak(inference)
    if held > _HELD * shown:
        message = f"{where or 'an op'} of the inference holds {held} bytes, the peak activation of the training {shown}"
        yield Notice(kind=NoticeKind.EVADED, message=message)
