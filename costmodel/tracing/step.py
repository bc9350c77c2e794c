"""One training step, ready to run: model, batch, loss, optimizer, in two halves where that is known."""

from __future__ import annotations

import fnmatch
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from costmodel.errors import RecipeError, RecipeFormatError, UnknownNameError
from costmodel.tracing import compat
from costmodel.tracing.finding.subject import LoadedSubject
from costmodel.tracing.hints import explained
from costmodel.tracing.inputs import batch_of, call
from costmodel.tracing.outputs import taken_from
from costmodel.tracing.recipe import PhaseSpec, Recipe

_INDEX_TARGETS = frozenset({"cross_entropy", "nll_loss", "multi_margin_loss"})


@dataclass(frozen=True)
class Step:
    """A step that can be run again and again.

    Attributes:
        model: in training mode.
        optimizers: those whose state and steps belong to the training, torch's or the file's own.
        batch: what the step consumes, any structure of tensors.
        gradients: everything up to and with backward.
        update: the optimizer's part; None if ``gradients`` is the whole step and must run twice.
        assumptions: readings taken; some are known only after the step has run.
        roots: the user's functions and namespaces behind the step, in which something may be kept.
        cycle: steps after which the recipe says that everything repeats.
        targets: what a built-in loss compares with; known once the model has run, there before the step and after it.
    """

    model: nn.Module
    optimizers: tuple[Any, ...]
    batch: Any
    gradients: Callable[[], None]
    update: Callable[[], None] | None
    assumptions: Sequence[str] = ()
    roots: tuple[Any, ...] = ()
    cycle: int = 1
    targets: Mapping[Any, torch.Tensor] = field(default_factory=dict)


def build_step(subject: LoadedSubject, recipe: Recipe, phase: PhaseSpec, batch_size: int) -> Step:
    """Put the step of one phase together; call it inside the fake mode.

    A file's own ``training_step``, ``configure_optimizers``, ``example_batch`` and ``preprocess`` override
    the recipe's loss, optimizer and input.
    """
    with explained(RecipeError, f"{subject.name}: putting the training step together failed"):
        return _built(subject, recipe, phase, batch_size)


def _built(subject: LoadedSubject, recipe: Recipe, phase: PhaseSpec, batch_size: int) -> Step:
    model = subject.make().train()
    _freeze(model, phase.freeze)
    source = _own_words(model, subject.source)
    batch = batch_of(source, phase.input or recipe.input, batch_size)
    optimizer = _optimizer(model, source, recipe, phase)
    preprocess = source.get("preprocess", lambda data: data)
    optimizers = () if optimizer is None else (optimizer,)
    roots = (subject.source, recipe.optimizer, recipe.loss)
    if recipe.step is not None:
        whole = recipe.step
        run_whole = lambda: whole(model, optimizer, preprocess(batch))  # noqa: E731
        return Step(model, optimizers, batch, run_whole, None, roots=(*roots, whole), cycle=phase.cycle or 1)
    _check_takes_no_closure(optimizer)
    notes: list[str] = []
    targets: dict[Any, torch.Tensor] = {}
    if "training_step" in source:
        loss_of = source["training_step"]
    else:
        loss_of = _loss(recipe.loss, notes, targets)

    def gradients() -> None:
        if optimizer is not None:
            optimizer.zero_grad()
        loss = loss_of(model, preprocess(batch))
        _scalar(loss).backward()  # type: ignore[no-untyped-call]

    def update() -> None:
        if optimizer is not None:
            optimizer.step()

    return Step(model, optimizers, batch, gradients, update, notes, roots, phase.cycle or 1, targets)


def build_inference(subject: LoadedSubject, recipe: Recipe) -> Step:
    """One forward pass of one sample in evaluation mode, without gradients; call it inside the fake mode.

    Attention runs layer by layer, as in training: torch's own short cut in evaluation packs a padded batch into nested
    tensors, whose sizes do not exist before the run. The loss of a file's own ``training_step`` runs too, since only it
    knows how the model is called; its calls have a phase of their own.
    """
    with explained(RecipeError, f"{subject.name}: putting the forward pass together failed"):
        model = subject.make().eval()
        source = _own_words(model, subject.source)
        batch = batch_of(source, recipe.stretches()[0].input or recipe.input, 1)
        preprocess = source.get("preprocess", lambda data: data)

    def forward() -> None:
        with torch.no_grad(), _no_fast_path():
            if "training_step" in source:
                source["training_step"](model, preprocess(batch))
            else:
                call(model, preprocess(batch))

    return Step(model, (), batch, forward, lambda: None, roots=(subject.source,))


@contextmanager
def _no_fast_path() -> Iterator[None]:
    """A stretch in which nn.MultiheadAttention and nn.TransformerEncoder execute what they execute in training."""
    enabled = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)


def _own_words(model: nn.Module, source: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the file says of its step: functions of the file, else methods of the model, as in a LightningModule."""
    words = dict(source)
    if "training_step" not in words and callable(getattr(model, "training_step", None)):
        if "example_batch" not in words:
            raise RecipeError(
                f"{type(model).__name__}.training_step needs a batch: give the file an example_batch(n) "
                "that returns one"
            )
        words["training_step"] = _training_step_method
    if "configure_optimizers" not in words and callable(getattr(model, "configure_optimizers", None)):
        words["configure_optimizers"] = lambda model: model.configure_optimizers()
    return words


def _training_step_method(model: Any, batch: Any) -> Any:
    """Lightning's method takes the batch, and its index if it asks for one."""
    takes_index = len(inspect.signature(model.training_step).parameters) > 1
    return model.training_step(batch, 0) if takes_index else model.training_step(batch)


def _freeze(model: nn.Module, patterns: tuple[str, ...]) -> None:
    names = dict(model.named_parameters())
    for pattern in patterns:
        hits = fnmatch.filter(names, pattern)
        if not hits:
            raise RecipeError(f"freeze: no parameter matches {pattern!r}; names look like {next(iter(names), '?')}")
        for name in hits:
            names[name].requires_grad_(False)


def _loss(
    loss: str | Callable[..., Any], notes: list[str], targets: dict[Any, torch.Tensor]
) -> Callable[[nn.Module, Any], Any]:
    if callable(loss):
        return lambda model, batch: loss(call(model, batch), batch)
    if loss == "output":
        return call
    name = _loss_name(loss)
    function = getattr(F, name)

    def from_name(model: nn.Module, batch: Any) -> Any:
        taken = taken_from(call(model, batch))
        if taken.note and taken.note not in notes:
            notes.append(taken.note)
        if taken.is_loss:
            return taken.tensor
        output = taken.tensor
        if name in _INDEX_TARGETS:
            if output.dim() == 3:
                note = "the loss takes the last axis of the output (batch, position, class) as classes"
                if note not in notes:
                    notes.append(note)
                output = output.flatten(0, 1)
            return function(output, _target(output, output.shape[:1] + output.shape[2:], torch.int64, targets))
        return function(output, _target(output, output.shape, output.dtype, targets))

    return from_name


def _target(
    output: torch.Tensor, shape: Sequence[int], dtype: torch.dtype, known: dict[Any, torch.Tensor]
) -> torch.Tensor:
    """Zeros to compare with, a part of the batch: they were there before the step, which does not make them."""
    key = (tuple(shape), dtype)
    if key not in known:
        known[key] = compat.fresh_zeros(output, shape, dtype)
    return known[key]


def _loss_name(name: str) -> str:
    known = sorted(n for n in dir(F) if n.endswith("_loss") or n.startswith(("cross_entropy", "binary_cross_entropy")))
    for candidate in (name, f"{name}_loss", {"bce": "binary_cross_entropy"}.get(name, "")):
        if candidate in known:
            return candidate
    if name == "bce_with_logits":
        return "binary_cross_entropy_with_logits"
    raise UnknownNameError("loss", name, [*known, "output"])


def _scalar(loss: Any) -> torch.Tensor:
    if isinstance(loss, Mapping) and "loss" in loss:
        loss = loss["loss"]
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        what = tuple(loss.shape) if isinstance(loss, torch.Tensor) else type(loss).__name__
        raise RecipeError(f"the loss must be one number, got {what}")
    if not loss.requires_grad:
        raise RecipeError("the loss depends on no trainable parameter: there is nothing to train")
    return loss


def optimizer_class(name: str) -> type[torch.optim.Optimizer]:
    """The class of ``torch.optim`` with this name, in any case.

    Raises:
        UnknownNameError: torch has none, with the names that it has.
    """
    known = {
        n.lower(): c
        for n, c in vars(torch.optim).items()
        if isinstance(c, type) and issubclass(c, torch.optim.Optimizer) and n != "Optimizer"
    }
    if name.lower() not in known:
        raise UnknownNameError("optimizer", name, known)
    return known[name.lower()]


def _optimizer(model: nn.Module, source: Mapping[str, Any], recipe: Recipe, phase: PhaseSpec) -> Any:
    if "configure_optimizers" in source and phase.optimizer is None:
        return _first_optimizer(source["configure_optimizers"](model))
    choice = phase.optimizer or recipe.optimizer
    if callable(choice):
        return _first_optimizer(choice(model))
    if choice == "none":
        return None
    options = phase.optimizer_options if phase.optimizer_options is not None else recipe.optimizer_options
    trainable = [p for p in model.parameters() if p.requires_grad]
    if not trainable:
        return None
    kind = optimizer_class(choice)
    try:
        return kind(trainable, **options)
    except (TypeError, ValueError) as error:
        names = ", ".join(name for name in inspect.signature(kind).parameters if name != "params")
        raise RecipeFormatError(f"optimizer {choice} with {dict(options)}: {error}; its options: {names}") from None


def _check_takes_no_closure(optimizer: Any) -> None:
    closure = inspect.signature(getattr(optimizer, "step", len)).parameters.get("closure")
    if closure is not None and closure.default is inspect.Parameter.empty:
        raise RecipeError(
            f"{type(optimizer).__name__} runs the model several times per step; give recipe() a "
            "step(model, optimizer, batch) that calls optimizer.step(closure)"
        )


def _first_optimizer(configured: Any) -> Any:
    """Lightning's forms: an optimizer, (optimizers, schedulers), or a mapping with "optimizer"."""
    if isinstance(configured, Mapping):
        configured = configured["optimizer"]
    while isinstance(configured, (tuple, list)):
        if len([o for o in configured if isinstance(o, torch.optim.Optimizer)]) > 1:
            raise RecipeError(
                "several optimizers need a step of their own: give recipe() a step(model, optimizer, batch)"
            )
        configured = configured[0]
    return configured
