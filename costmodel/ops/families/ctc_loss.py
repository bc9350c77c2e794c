"""Connectionist temporal classification (Graves et al., 2006): ATen's forward and backward recursions in log space.

The states of a target of S labels are 2S + 1: the labels with blanks around them. The recursions are dense: a
neighbour that does not exist enters as −∞, as in ATen's kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import exp, log, maximum
from costmodel.ops.packets import aten

Meta = TensorMeta
Lengths = Any
"""A list of integers, or (the ``Tensor`` overload) a tensor whose values are not known: then the longest possible."""


def _sizes(log_probs: Meta, targets: Meta, input_lengths: Lengths, target_lengths: Lengths) -> list[tuple[int, int]]:
    """(time steps, states) of every sample; at most, where a length is not known."""
    steps, batch = log_probs.shape[0], log_probs.shape[1] if len(log_probs.shape) == 3 else 1
    labels = targets.shape[-1] if targets.shape else 1
    times = list(input_lengths) if isinstance(input_lengths, Sequence) else [steps] * batch
    lengths = list(target_lengths) if isinstance(target_lengths, Sequence) else [labels] * batch
    return [(t, 2 * s + 1) for t, s in zip(times, lengths, strict=True)]


@formula(aten._ctc_loss, assumes="where the lengths of sequences are tensors, all are as long as they can be")
def ctc_loss(log_probs: Meta, targets: Meta, input_lengths: Lengths, target_lengths: Lengths) -> Work:
    """Per state and step but the first: log-sum-exp of three (3 compares, 3 + 3, 2 adds, 1 log, 1 add) and 1 add.

    Then per sample the log-sum-exp of the two last states (2, 2 + 2, 1, 1, 1) and 1 negate.

    >>> ctc_loss.work(TensorMeta((3, 1, 4)), TensorMeta((1, 1), "int64"), (3,), (1,)).scalar_ops.total
    94
    """
    # [B], [B, T, 2S+1] = aten._ctc_loss([T, B, C], [B, S], input_lengths, target_lengths)
    sizes = _sizes(log_probs, targets, input_lengths, target_lengths)
    cells = sum(max(t - 1, 0) * states for t, states in sizes)
    return scalar(compare=3 * cells, add=7 * cells, transcendental=4 * cells) + scalar(
        compare=2 * len(sizes), add=5 * len(sizes), transcendental=3 * len(sizes)
    )


def _log_sum(*terms: Any) -> Any:
    """log Σ exp, shifted by the largest term (by 0 if all are −∞: that question is a compare too)."""
    top = terms[0]
    for term in terms[1:]:
        top = maximum(top, term)
    shift = 0.0 if top <= -inf else top
    total = exp(terms[0] - shift)
    for term in terms[1:]:
        total = total + exp(term - shift)
    return (log(total) if total.value > 0 else _nothing(total)) + shift


def _nothing(total: Any) -> Any:
    """log 0 = −∞, which Python's logarithm refuses; it is counted like any other."""
    return total.result("transcendental", -inf)


def _states(targets: Any, offset: int, length: int, blank: int) -> list[int]:
    labels = [int(label) for label in targets[offset : offset + length]]
    return [blank if s % 2 == 0 else labels[s // 2] for s in range(2 * length + 1)]


def _absent(example: Any) -> Any:
    return example.tally.number(-inf)


def _cell(row: Any, states: list[int], s: int, step: int, blank: int) -> Any:
    """Log-sum-exp of a state and its one or two neighbours in direction ``step``."""
    absent = _absent(row[0])
    near, far = s + step, s + 2 * step
    first = row[near] if 0 <= near < len(states) else absent
    allowed = 0 <= far < len(states) and states[s] != blank and states[far] != states[s]
    return _log_sum(row[s], first, row[far] if allowed else absent)


def _alphas(log_probs: Any, states: list[int], steps: int, blank: int) -> list[list[Any]]:
    absent = _absent(log_probs[0][0])
    rows = [[log_probs[0][states[s]] if s < 2 else absent for s in range(len(states))]]
    for t in range(1, steps):
        rows.append([_cell(rows[-1], states, s, -1, blank) + log_probs[t][states[s]] for s in range(len(states))])
    return rows


def _samples(targets: Any, target_lengths: Sequence[int]) -> list[tuple[Any, int]]:
    """Per sample its row of labels and where it begins in it."""
    if targets.ndim == 2:
        return [(row, 0) for row in targets]
    begins = np.cumsum([0, *target_lengths])[:-1]
    return [(targets, int(begin)) for begin in begins]


@ctc_loss.program
def _ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Sequence[int],
    target_lengths: Sequence[int],
    blank: int = 0,
    zero_infinity: bool = False,
) -> Any:
    losses = []
    for b, (row, begin) in enumerate(_samples(targets, target_lengths)):
        states = _states(row, begin, target_lengths[b], blank)
        last = _alphas(log_probs[:, b], states, input_lengths[b], blank)[-1]
        losses.append(-_log_sum(last[-1], last[-2] if len(last) > 1 else _absent(last[-1])))
    return (np.array(losses, dtype=object),)


@formula(aten._ctc_loss_backward)
def ctc_loss_backward(
    grad: Meta, log_probs: Meta, targets: Meta, input_lengths: Lengths, target_lengths: Lengths
) -> Work:
    """At most, per state and step but the last: the β recursion (14), α + β (1), log-sum-exp into its class (9).

    Then per time step and class: (exp(lp) − exp(g + nll − lp))·grad, 6; the last step's two α + β.

    >>> shapes = TensorMeta((1,)), TensorMeta((3, 1, 4)), TensorMeta((1, 1), "int64")
    >>> ctc_loss_backward.work(*shapes, (3,), (1,)).scalar_ops.total
    218
    """
    # [T, B, C] = aten._ctc_loss_backward([B], [T, B, C], [B, S], input_lengths, target_lengths, [B], [B, T, 2S+1], ..)
    sizes = _sizes(log_probs, targets, input_lengths, target_lengths)
    cells = sum(max(t - 1, 0) * states for t, states in sizes)
    values = sum(t for t, _ in sizes) * log_probs.shape[-1]
    recursion = scalar(compare=3 * cells, add=7 * cells, transcendental=4 * cells)
    collected = scalar(compare=2 * cells, add=5 * cells, transcendental=3 * cells)
    return recursion + collected + scalar(add=2 * len(sizes) + 3 * values, transcendental=2 * values, multiply=values)


@ctc_loss_backward.program
def _ctc_loss_backward(
    grad: Any,
    log_probs: Any,
    targets: Any,
    input_lengths: Sequence[int],
    target_lengths: Sequence[int],
    neg_log_likelihood: Any,
    log_alpha: Any,
    blank: int = 0,
    zero_infinity: bool = False,
) -> Any:
    result = np.full(log_probs.shape, 0.0, dtype=object)
    for b, (row, begin) in enumerate(_samples(targets, target_lengths)):
        states = _states(row, begin, target_lengths[b], blank)
        probs, steps = log_probs[:, b], input_lengths[b]
        absent = _absent(probs[0][0])
        betas = [probs[steps - 1][c] if s >= len(states) - 2 else absent for s, c in enumerate(states)]
        for t in reversed(range(steps)):
            if t < steps - 1:
                betas = [_cell(betas, states, s, 1, blank) + probs[t][c] for s, c in enumerate(states)]
            classes: dict[int, Any] = {}
            # on the last step all but the two end states are −∞ beforehand
            for s in range(len(states)) if t < steps - 1 else range(max(len(states) - 2, 0), len(states)):
                both = log_alpha[b][t][s] + betas[s]
                known = classes.get(states[s])
                classes[states[s]] = both if known is None else _log_sum(known, both)
            for c in range(log_probs.shape[-1]):
                collected = classes.get(c, absent)
                lp = probs[t][c]
                result[t, b, c] = (exp(lp) - exp(collected + neg_log_likelihood[b] - lp)) * grad[b]
    return result
