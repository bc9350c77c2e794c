"""Fused optimizers, by the program of the plain loop (COUNTING row 13), and gradient scaling.

The unfused optimizers need nothing here: they are recorded as the elementwise ops they execute.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work, total
from costmodel.ops.formula import Formula, formula, register, scalar
from costmodel.ops.number import equal, maximum, sqrt
from costmodel.ops.packets import aten, packet_name
from costmodel.ops.pointwise import element_work

Meta = TensorMeta


def fused(packet: Any) -> Callable[[Callable[..., Any]], Formula]:
    """Decorator: the function updates one element; lists of tensors become one number each.

    It returns the new values by name. The steps in ``state_steps`` were counted by the call that
    increased them.
    """
    name = packet_name(packet).removesuffix("_")

    def decorate(update: Callable[..., dict[str, Any]]) -> Formula:
        def work(self: Sequence[Meta], **arguments: Any) -> Work:
            element = {n: _first(v) for n, v in arguments.items()}
            each = element_work(update, {"self": self[0], **element}) if self else scalar().scalar_ops
            return total(Work(scalar_ops=each * meta.numel) for meta in self)

        def program(**arguments: Any) -> None:
            for i in range(len(arguments["self"])):
                item: dict[str, Any] = {
                    n: (v[i] if v else None) if isinstance(v, list) else v for n, v in arguments.items()
                }
                for position in np.ndindex(*item["self"].shape):
                    one = {n: _element(n, a, position) for n, a in item.items()}
                    for n, value in update(**{n: one.get(n) for n in signature(update).parameters}).items():
                        item[n][position] = value

        entry = Formula(names=(name,), work=work, scalar_program=program)
        entry.parameters = tuple(signature(update).parameters)
        return register(entry)

    return decorate


def _first(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return value[0] if value else None
    return value


def _element(name: str, value: Any, position: tuple[int, ...]) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    return value.item() if name in ("state_steps", "grad_scale", "lr") else value[position]


def _prepared(grad: Any, param: Any, weight_decay: float, maximize: bool, grad_scale: Any) -> Any:
    grad = grad if grad_scale is None else grad / grad_scale
    grad = -grad if maximize else grad
    return grad if weight_decay == 0 else grad + param * weight_decay


@fused(aten._fused_sgd_)
def fused_sgd(
    self: Any,
    grads: Any,
    momentum_buffer_list: Any,
    weight_decay: float,
    momentum: float,
    lr: Any,
    dampening: float,
    nesterov: bool,
    maximize: bool,
    is_first_step: bool,
    grad_scale: Any = None,
) -> dict[str, Any]:
    grad = _prepared(grads, self, weight_decay, maximize, grad_scale)
    if momentum == 0:
        return {"self": self - grad * _constant(lr)}
    buffer = grad
    if not is_first_step:
        share = grad if dampening == 0 else grad * (1.0 - dampening)
        buffer = momentum_buffer_list * momentum + share
    grad = grad + buffer * momentum if nesterov else buffer
    return {"self": self - grad * _constant(lr), "momentum_buffer_list": buffer}


def _constant(x: Any) -> float:
    """A learning rate, a step: known before the loop over the elements."""
    return float(getattr(x, "value", x))


def _adam(
    param: Any, grad: Any, average: Any, square: Any, largest: Any, step: Any, lr: Any, beta1: float,
    beta2: float,
    eps: float, amsgrad: bool,
) -> dict[str, Any]:  # fmt: skip
    t = _constant(step) if step is not None else 1.0
    step_size, correction = _constant(lr) / (1.0 - beta1**t), (1.0 - beta2**t) ** 0.5
    average = average + (grad - average) * (1.0 - beta1)
    square = square * beta2 + grad * grad * (1.0 - beta2)
    result = {"exp_avgs": average, "exp_avg_sqs": square}
    if amsgrad:
        square = result["max_exp_avg_sqs"] = maximum(largest, square)
    denominator = sqrt(square) / correction + eps
    return {**result, "self": param + average / denominator * -step_size}


@fused(aten._fused_adam_)
def fused_adam(
    self: Any,
    grads: Any,
    exp_avgs: Any,
    exp_avg_sqs: Any,
    max_exp_avg_sqs: Any,
    state_steps: Any,
    lr: Any,
    beta1: float,
    beta2: float,
    weight_decay: float,
    eps: float,
    amsgrad: bool,
    maximize: bool,
    grad_scale: Any = None,
) -> dict[str, Any]:
    grad = _prepared(grads, self, weight_decay, maximize, grad_scale)
    return _adam(self, grad, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, state_steps, lr, beta1, beta2, eps, amsgrad)


@fused(aten._fused_adamw_)
def fused_adamw(
    self: Any,
    grads: Any,
    exp_avgs: Any,
    exp_avg_sqs: Any,
    max_exp_avg_sqs: Any,
    state_steps: Any,
    lr: Any,
    beta1: float,
    beta2: float,
    weight_decay: float,
    eps: float,
    amsgrad: bool,
    maximize: bool,
    grad_scale: Any = None,
) -> dict[str, Any]:
    grad = _prepared(grads, self, 0.0, maximize, grad_scale)
    param = self if weight_decay == 0 else self * (1.0 - _constant(lr) * weight_decay)
    return _adam(param, grad, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, state_steps, lr, beta1, beta2, eps, amsgrad)


@fused(aten._fused_adagrad_)
def fused_adagrad(
    self: Any,
    grads: Any,
    state_sums: Any,
    state_steps: Any,
    lr: Any,
    lr_decay: float,
    weight_decay: float,
    eps: float,
    maximize: bool,
    grad_scale: Any = None,
) -> dict[str, Any]:
    grad = _prepared(grads, self, weight_decay, maximize, grad_scale)
    step = _constant(state_steps) if state_steps is not None else 1.0
    rate = _constant(lr) / (1.0 + (step - 1.0) * lr_decay)
    state = state_sums + grad * grad
    return {"self": self + grad / (sqrt(state) + eps) * -rate, "state_sums": state}


@formula(aten._amp_foreach_non_finite_check_and_unscale_)
def unscale(self: Sequence[Meta]) -> Work:
    """Per gradient element: one compare (finite?) and one multiply by the inverse scale.

    >>> unscale.work((TensorMeta((4, 3)), TensorMeta((2,)))).scalar_ops.total
    28
    """
    # aten._amp_foreach_non_finite_check_and_unscale_([..]*, [], [])
    n = sum(meta.numel for meta in self)
    return scalar(compare=n, multiply=n)


@unscale.program
def _unscale(self: Any, found_inf: Any, inv_scale: Any) -> None:
    for grads in self:
        for position in np.ndindex(*grads.shape):
            finite = not equal(grads[position] if position else grads.item(), float("inf"))
            grads[position] = grads[position] * inv_scale.item()
            found_inf[...] = found_inf if finite else 1.0


@formula(aten._amp_update_scale_)
def update_scale(self: Meta) -> Work:
    """One compare (was there an infinity?) and at most one multiply by the growth or backoff factor.

    >>> update_scale.work(TensorMeta((1,))).scalar_ops.total
    2
    """
    # [] = aten._amp_update_scale_([], [], [])
    return scalar(compare=self.numel, multiply=self.numel)


@update_scale.program
def _update_scale(
    self: Any,
    growth_tracker: Any,
    found_inf: Any,
    scale_growth_factor: float,
    scale_backoff_factor: float,
    growth_interval: int,
) -> Any:
    found = found_inf.item() > 0.0
    grown = growth_tracker.item() + 1 >= growth_interval
    scale = self.item()
    if found or grown:
        scale = scale * (scale_backoff_factor if found else scale_growth_factor)
    self[...] = scale
    growth_tracker[...] = 0 if found or grown else growth_tracker + 1
    return self
