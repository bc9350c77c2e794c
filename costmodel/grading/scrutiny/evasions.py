"""Remarks on work and data that lie where the figures do not look.

Energy and cycles are those of the loop nests in the network's own forward, peak activation is that of layers in it.
A program can compute elsewhere (a hook, ``preprocess``, a tensor's gradient hook), without loop nests, with features
that were made before the step or in another thread, or between the layers' boundaries. Most of that has honest uses,
which is why a person decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.scrutiny.remarks import elements_of, weights_of
from costmodel.ir.counts import Counts, merge_uncounted
from costmodel.ir.tensor import item_bytes
from costmodel.ir.trace import OpCall, Phase, Trace
from costmodel.ir.training import Training
from costmodel.ops import traits_of
from costmodel.ops.convention import MACS
from costmodel.passes.activations import op_peak, peak_activation
from costmodel.passes.derivation import carried, derived, is_view, sources, table_of
from costmodel.passes.selections import selections
from costmodel.passes.work import count

_CONSTANTS = 32
"""Elements of plain tensors that an inference may hold without a remark: means and deviations of channels."""
_HELD = 1.5
"""An op may hold this much more than its layer: batch norm's statistics, the indices of a pooling."""
_SHOWN = 5


def evasions(training: Training, inference: Trace | None) -> tuple[Notice, ...]:
    """Remarks on traces that are in order."""
    if inference is None:
        counts = count(training.phases[0].trace)
        return (*_elsewhere(counts, (Phase.PREPROCESS,)), *_uncounted(counts))
    counts = count(inference)
    others = tuple(phase for phase in Phase if phase is not Phase.FORWARD)
    return (
        *_elsewhere(counts, others),
        *_uncounted(counts),
        *_without_nests(counts, inference),
        *_never_called(inference),
        *_from_nowhere(inference),
        *_made_weights(inference),
        *_looked_up(inference),
        *_packed(inference),
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


def _uncounted(counts: Counts) -> Iterator[Notice]:
    """Ops without a formula: whatever they compute is in no figure."""
    missing = merge_uncounted(counts.rows)
    if missing:
        listed = _listed([f"{one.op} ×{one.times} in {one.scope or 'the model itself'}" for one in missing])
        message = f"ops without a formula, whose work is in no figure: {listed}"
        yield Notice(kind=NoticeKind.EVADED, message=message)


def _without_nests(counts: Counts, trace: Trace) -> Iterator[Notice]:
    """Arithmetic that no accelerator is asked about, when it is most of the work; selecting and looking up are some."""
    works = [row.work for row in counts.rows if row.work is not None]
    mapped = sum(MACS.number(work) for work in works if work.nests)
    other = sum(work.scalar_ops.total for work in works if not work.nests) + selections(trace)
    if other > mapped:
        message = f"{other} operations of the inference are in no layer that is mapped, beside {mapped} that are"
        yield Notice(kind=NoticeKind.EVADED, message=f"{message}: energy and cycles leave them out")


def _never_called(trace: Trace) -> Iterator[Notice]:
    """A file's own training step may call another, smaller part of the model than what makes its predictions."""
    if not any(call.path == "" for call in trace.module_calls):
        message = "the model itself is never called in the inference: its parts are, and nobody sees its forward"
        yield Notice(kind=NoticeKind.EVADED, message=message)


def _from_nowhere(trace: Trace) -> Iterator[Notice]:
    """Features made before the inference, and results that do not depend on its input."""
    declared = {trace.tensors[one.tensor].storage for one in (*trace.parameters, *trace.buffers)}
    batch = _batch(trace)
    plain: dict[int, int] = {}
    from_batch: set[int] = set(batch)
    for call, from_batch, _ in derived(trace, batch):  # noqa: B007  # it grows, and is looked at afterwards
        for number in call.inputs:
            storage = trace.storages[trace.tensors[number].storage]
            if storage.born == -1 and storage.id not in declared | batch and storage.nbytes:
                plain[storage.id] = max(plain.get(storage.id, 0), trace.tensors[number].meta.numel)
    if sum(plain.values()) > _CONSTANTS:
        message = f"{sum(plain.values())} elements were made before the inference and are neither weights nor its input"
        yield Notice(kind=NoticeKind.EVADED, message=message)
    result = [call.outputs for call in trace.module_calls if call.path == ""]
    if any(trace.tensors[number].storage not in from_batch for number in (result[-1] if result else ())):
        yield Notice(kind=NoticeKind.EVADED, message="the result of the inference does not depend on its input")


def _batch(trace: Trace) -> set[int]:
    return {trace.tensors[number].storage for number in trace.inputs}


def _parameters(trace: Trace) -> set[int]:
    return {trace.tensors[parameter.tensor].storage for parameter in trace.parameters}


def _made_weights(trace: Trace) -> Iterator[Notice]:
    """Weights that the inference makes itself, not from a parameter: from a buffer, from numbers, at random."""
    places: list[str] = []
    mostly: list[str] = []
    own = _parameters(trace)
    seeds = {storage.id for storage in trace.storages if storage.born == -1} - _batch(trace)
    size = elements_of(trace)
    three = zip(
        derived(trace, _batch(trace)), derived(trace, own), sources(trace, seeds, _batch(trace)), strict=True
    )  # fmt: skip
    for (call, from_batch, read), (_, from_parameters, _), (_, origins) in three:
        made = {trace.tensors[number].storage for number in weights_of(call)} - from_batch
        made = {weight for weight in made if read and trace.storages[weight].born != -1}
        where = f"{call.packet} in {call.scope or 'the model itself'}"
        if made - from_parameters:
            places.append(where)
        for weight in made & from_parameters:
            learned = sum(size[one] for one in origins.get(weight, set()) & own)
            brought = sum(size[one] for one in origins.get(weight, set()) - own)
            if brought > max(learned, _CONSTANTS) and 2 * brought >= size[weight]:
                mostly.append(f"{where} ({brought} elements, and {learned} of parameters)")
    if places:
        message = f"weights that are not made from a parameter: {_listed(places)}"
        yield Notice(kind=NoticeKind.HIDDEN, message=message)
    if mostly:
        message = f"weights that are made of more numbers that are no parameters: {_listed(mostly)}"
        yield Notice(kind=NoticeKind.HIDDEN, message=message)


def _looked_up(trace: Trace) -> Iterator[Notice]:
    """Tables that are no parameters, in which the data of the input is looked up: any function can be written so."""
    places: list[str] = []
    both = zip(derived(trace, _batch(trace)), derived(trace, _parameters(trace)), strict=True)
    for (call, from_batch, _), (_, from_parameters, _) in both:
        table, indices = ({trace.tensors[i].storage for i in ids} for ids in table_of(call))
        if table and indices & from_batch and not table & (from_batch | from_parameters):
            places.append(f"{call.packet} in {call.scope or 'the model itself'}")
    if places:
        message = f"a table that is no parameter is indexed by data of the input: {_listed(places)}"
        yield Notice(kind=NoticeKind.HIDDEN, message=message)


def _packed(trace: Trace) -> Iterator[Notice]:
    """Activations of which several may lie in one element: memory read as another type, or bits shifted up."""
    places = [
        f"{call.packet} in {call.scope or 'the model itself'}"
        for call, _, read in derived(trace, _batch(trace))
        if read
        and call.phase is Phase.FORWARD
        and (_is_read_otherwise(call, trace) or traits_of(call.packet).shifts_up)
    ]
    if places:
        message = f"several activations may lie in one element, which counts as one: {_listed(places)}"
        yield Notice(kind=NoticeKind.EVADED, message=message)


def _is_read_otherwise(call: OpCall, trace: Trace) -> bool:
    """True for a view whose numbers have another size than those of what it looks at; a complex one is two numbers."""
    tensors = [trace.tensors[number] for number in (*call.inputs, *call.written)]
    sizes = {item_bytes(t.dtype) // (2 if t.dtype.startswith("complex") else 1) for t in tensors}
    return is_view(call, trace) and len(sizes) > 1


def _unread(trace: Trace) -> Iterator[Notice]:
    """Parameters that no call of the inference reads; to look at one in another way, or at its shape, is no reading."""
    reading = (call for call in trace.calls if not is_view(call, trace))
    read = {storage for call in reading for storage in carried(call, trace)}
    idle = [p.name for p in trace.parameters if trace.tensors[p.tensor].storage not in read]
    if idle:
        message = f"{len(idle)} parameters are not read by the inference: {_listed(idle)}"
        yield Notice(kind=NoticeKind.EVADED, message=message)


def _listed(names: Sequence[str]) -> str:
    different = list(dict.fromkeys(names))
    return ", ".join(different[:_SHOWN]) + (", …" if len(different) > _SHOWN else "")


def _held(training: Training, inference: Trace) -> Iterator[Notice]:
    """Memory that an op of the inference holds, beside the peak activation that the training shows."""
    shown = max(peak_activation(phase.trace).layer_io for phase in training.phases)
    held, where = op_peak(inference)
    if held > _HELD * shown:
        message = f"{where or 'an op'} of the inference holds {held} bytes, the peak activation of the training {shown}"
        yield Notice(kind=NoticeKind.EVADED, message=message)
