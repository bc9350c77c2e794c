"""Steps of forward passes alone: an inference, an evaluation in a training, batch norm's statistics taken again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import nn

from costmodel.errors import RecipeError
from costmodel.tracing.finding.subject import LoadedSubject
from costmodel.tracing.hints import explained
from costmodel.tracing.inputs import batch_of, call, get_sizes
from costmodel.tracing.recipe.recipe import Recipe
from costmodel.tracing.step.lightning import labelled
from costmodel.tracing.step.own_words import own_words
from costmodel.tracing.step.step import Step
from costmodel.tracing.step.techniques.precision import cast_to


def forward_only(
    model: nn.Module,
    batch: Any,
    preprocess: Callable[[Any], Any],
    notes: list[str],
    roots: tuple[Any, ...],
    *,
    evaluation: bool,
    autocast: str | None = None,
) -> Step:
    """A pass without gradients.

    Args:
        model: in any mode.
        batch: that it is called with.
        preprocess: of the file.
        notes: readings taken.
        roots: see :class:`Step`.
        evaluation: in evaluation mode; else in training mode, which moves batch norm's statistics.
        autocast: the type that it computes in where it may.
    """
    model.train(not evaluation)
    around = nullcontext if autocast is None else lambda: cast_to(autocast, notes)

    def forward() -> None:
        with torch.no_grad(), no_fast_path(), around():
            call(model, preprocess(batch))

    return Step(model, (), batch, forward, lambda: None, notes, roots)


def build_inference(subject: LoadedSubject, recipe: Recipe) -> Step:
    """One forward pass of one sample in evaluation mode, without gradients; call it inside the fake mode.

    Attention runs layer by layer, as in training: torch's own short cut in evaluation packs a padded batch into nested
    tensors, whose sizes do not exist before the run. The loss of a file's own ``training_step`` runs too, since only it
    knows how the model is called; its calls have a phase of their own.
    """
    with explained(RecipeError, f"{subject.name}: putting the forward pass together failed"):
        notes: list[str] = []
        model = subject.make().eval()
        words = own_words(model, subject.source, notes)
        batch = batch_of(words, recipe.stretches()[0].input or recipe.input, 1, model, notes)
        preprocess = words.get("preprocess", lambda data: data)
        get_sizes(model, lambda: preprocess(batch))
        batch = labelled(words, batch, notes)

    def forward() -> None:
        with torch.no_grad(), no_fast_path():
            if "training_step" in words:
                words["training_step"](model, preprocess(batch))
            else:
                call(model, preprocess(batch))

    return Step(model, (), batch, forward, lambda: None, notes, roots=(subject.source,))


@contextmanager
def no_fast_path() -> Iterator[None]:
    """A stretch in which nn.MultiheadAttention and nn.TransformerEncoder execute what they execute in training."""
    enabled = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)
