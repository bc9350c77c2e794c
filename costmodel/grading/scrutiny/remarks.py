"""Remarks on a trace that does not contradict itself, but needs a look before a ranking depends on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.scrutiny.structure import LITERAL_ELEMENTS
from costmodel.ir.tensor import Role
from costmodel.ir.trace import OpCall, Phase, Trace
from costmodel.ir.training import Training
from costmodel.ops import traits_of
from costmodel.passes.derivation import derived
from costmodel.passes.work import count

_SHOWN = 5
"""The most cases that a message names."""


def remarks(training: Training, inference: Trace | None, *, trains: bool = True) -> tuple[Notice, ...]:
    """Remarks on traces that are in order; where the grader asked for an evaluation, nothing ``trains``."""
    trace = training.phases[0].trace
    found = [*_hidden(trace), *(_untrained(trace) if trains else ()), *_unmatched(trace), *_other_networks(training)]
    if inference is not None:
        found += [notice for notice in _hidden(inference) if notice not in found]
        found += _asymmetric(training, inference)
    return tuple(found)


def parameter_shapes(trace: Trace) -> Mapping[str, tuple[int, ...]]:
    """The parameters of a trace's network by name."""
    return {p.name: trace.tensors[p.tensor].shape for p in trace.parameters}


def _other_networks(training: Training) -> Iterator[Notice]:
    """Phases that train another network than the one whose parameters count."""
    judged = parameter_shapes(training.phases[0].trace)
    for phase in training.phases:
        if parameter_shapes(phase.trace) != judged:
            elements = sum(p.meta.numel for p in (phase.trace.tensors[p.tensor] for p in phase.trace.parameters))
            message = f"phase {phase.name[:60]!r} trains another network, of {elements} parameters"
            yield Notice(kind=NoticeKind.ASYMMETRIC, message=message)


def _hidden(trace: Trace) -> Iterator[Notice]:
    """Tensors that the program brings along and uses as weights, which no count of parameters sees."""
    declared = {trace.tensors[p.tensor].storage for p in trace.parameters}
    buffers = {trace.tensors[b.tensor].storage: b.name for b in trace.buffers}
    batch = {trace.tensors[i].storage for i in trace.inputs}
    found: dict[int, str] = {}
    for call, _, from_batch in derived(trace, batch):
        for number in call.inputs:
            storage = trace.storages[trace.tensors[number].storage]
            if storage.born != -1 or storage.id in declared | batch or storage.role in _OF_THE_STEP:
                continue
            is_weight = number in weights_of(call)
            if storage.id in buffers and is_weight and from_batch - {storage.id}:
                found[storage.id] = f"buffer {buffers[storage.id]} is the weight of {call.packet} in {_where(call)}"
            elif storage.id not in buffers and (is_weight or trace.tensors[number].meta.numel > LITERAL_ELEMENTS):
                found.setdefault(storage.id, f"a plain tensor goes into {call.packet} in {_where(call)}")
    literals = _large_literals(trace)
    sizes = elements_of(trace)
    elements = sum(sizes[storage] for storage in found) + sum(n for _, n in literals)
    texts = [*found.values(), *(text for text, _ in literals)]
    if texts:
        listed = "; ".join(dict.fromkeys(texts[:_SHOWN])) + ("; …" if len(texts) > _SHOWN else "")
        message = f"{elements} elements work like parameters but are not parameters: {listed}"
        yield Notice(kind=NoticeKind.HIDDEN, message=message)


_OF_THE_STEP = (Role.GRADIENT, Role.OPTIMIZER_STATE)


def weights_of(call: OpCall) -> set[int]:
    """Tensors that are arguments through which the op takes a network's weights."""
    names = traits_of(call.packet).weights
    return {number for name, value in call.arguments if name in names for number in _ids(value)}


def _ids(value: object) -> tuple[int, ...]:
    number = getattr(value, "tensor", None)
    return (number,) if isinstance(number, int) else ()


def _large_literals(trace: Trace) -> list[tuple[str, int]]:
    """Lists of numbers in the program's text that become tensors of the step."""
    found = []
    for call in trace.calls:
        if traits_of(call.packet).lifts_literal:
            size = max((trace.tensors[number].meta.numel for number in call.inputs), default=0)
            found.append((f"a literal becomes a tensor in {_where(call)}", size))
    return found if sum(size for _, size in found) > LITERAL_ELEMENTS else []


def elements_of(trace: Trace) -> dict[int, int]:
    """Elements of the largest tensor in each storage."""
    found: dict[int, int] = {}
    for tensor in trace.tensors:
        found[tensor.storage] = max(found.get(tensor.storage, 0), tensor.meta.numel)
    return found


def _where(call: OpCall) -> str:
    return call.scope or "the model itself"


def _untrained(trace: Trace) -> Iterator[Notice]:
    """Modules with trainable parameters that work forward, in a step that has a backward, but get no gradient."""
    trainable = {p.tensor for p in trace.parameters if p.trainable}
    owners = {m.path for m in trace.modules if trainable.intersection(m.parameters)}
    forward = {call.scope for call in trace.calls if call.phase is Phase.FORWARD}
    backward = {call.scope for call in trace.calls if call.phase is Phase.BACKWARD}
    without = sorted((owners & forward) - backward)
    if without:
        listed = ", ".join(path or "the model itself" for path in without[:_SHOWN])
        yield Notice(kind=NoticeKind.UNTRAINED, message=f"{len(without)} layers work but are not trained: {listed}")


def _unmatched(trace: Trace) -> Iterator[Notice]:
    """Gradients of convolutions that were never recorded: somebody took them out of the forward pass."""
    open_ones: Counter[tuple[str, str]] = Counter()
    for call in trace.calls:
        open_ones[call.packet, call.scope] += 1
        open_ones[traits_of(call.packet).gradient_of, call.scope] -= 1
    missing = sorted(scope for (op, scope), number in open_ones.items() if op and number < 0)
    if missing:
        listed = ", ".join(path or "the model itself" for path in missing[:_SHOWN])
        message = f"gradients of convolutions that never ran forward: {listed}"
        yield Notice(kind=NoticeKind.UNMATCHED, message=message)


def _asymmetric(training: Training, inference: Trace) -> Iterator[Notice]:
    """Multiply-accumulates of a sample, forward, in training and in inference: the same but for what is drawn.

    What no sample takes part in (a weight that is made of others, a table of places) is done once for a whole batch.
    """
    phase = training.phases[0]
    forms, others = _forms(phase.trace, 1), _forms(inference, phase.batch)
    ours, theirs = forms.total(), others.total()
    if ours != theirs:
        message = f"{ours} multiply-accumulates forward in training, {theirs} for the same samples in inference"
        yield Notice(kind=NoticeKind.ASYMMETRIC, message=message)
    elif not _alike(forms, others):
        message = "the layers have other shapes in training than in inference, with the same multiply-accumulates"
        yield Notice(kind=NoticeKind.ASYMMETRIC, message=message)


_Form = tuple[tuple[str, int], ...]


def _forms(trace: Trace, samples: int) -> Counter[_Form]:
    """Multiply-accumulates with samples by a nest's bounds, groups aside, and rows where it is no matrix product."""
    found: Counter[_Form] = Counter()
    batch = {trace.tensors[number].storage for number in trace.inputs}
    for row, (call, _, read) in zip(count(trace).rows, derived(trace, batch), strict=True):
        for nest, times in row.work.nests if row.work is not None and read and call.phase is Phase.FORWARD else ():
            aside = "G" if _PRODUCT.issuperset(nest.bounds) else "NG"
            found[tuple((dim, bound) for dim, bound in nest.dims if dim not in aside)] += nest.macs * times * samples
    return found


_PRODUCT = frozenset("GNMK")


def _alike(training: Counter[_Form], inference: Counter[_Form]) -> bool:
    """Whether both do the same work in the same forms.

    A product of matrices may have its samples in rows, in columns or in groups: torch and einsum decide it by the
    batch and by whether there is a gradient. Two of them are one layer if they reduce alike and share rows or columns.
    """
    left, right = training - inference, inference - training
    for one in left:
        for other in right:
            if _is_one_product(dict(one), dict(other)):
                same = min(left[one], right[other])
                left[one] -= same
                right[other] -= same
    return not any(left.values()) and not any(right.values())


def _is_one_product(one: dict[str, int], other: dict[str, int]) -> bool:
    free = [{bound for dim, bound in nest.items() if dim in "NM"} for nest in (one, other)]
    products = _PRODUCT.issuperset(one) and _PRODUCT.issuperset(other)
    return products and one.get("K") == other.get("K") and bool(free[0] & free[1])
