"""What a file says of its own step: functions of known names and signatures, or methods of the model.

A file may have a function ``preprocess(image, size)`` or ``configure_optimizers(args)`` that means something else: a
name is ours only if it can be called as ours is; any other is left alone, and that is said.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any

from torch import nn

from costmodel.tracing.finding.salvage import Missing
from costmodel.tracing.step import lightning

_CALLED_WITH: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "training_step": (("model", "batch"),),
    "configure_optimizers": (("model",),),
    "preprocess": (("batch",),),
    "example_batch": ((), ("n",)),
}
"""Our words, each with the arguments that it may be called with."""


def words_of_file(source: Mapping[str, Any], asides: list[str] | None = None) -> dict[str, Any]:
    """The words of a file that are ours.

    Args:
        source: the file's namespace.
        asides: gets a sentence for each of such a name that cannot be meant.
    """
    words = {}
    for name, value in source.items():
        if name not in _CALLED_WITH or value is None:
            continue
        if isinstance(value, Missing) and name == "preprocess" and not value.imported:
            if asides is not None:  # transforms.Compose(…): what is done to an image before there is a batch
                asides.append(f"{name} of the file is left aside: {value.said}")
        elif _may_be_meant(name, value):
            words[name] = value
        elif asides is not None:
            ways = " or ".join(f"{name}({', '.join(way)})" for way in _CALLED_WITH[name])
            asides.append(f"{_shown(name, value)} of the file is left aside: the step knows {ways}")
    return words


def own_words(model: nn.Module, source: Mapping[str, Any], notes: list[str]) -> Mapping[str, Any]:
    """The file's words, and for those that it lacks the methods of the model, as in a LightningModule.

    Args:
        model: whose methods may stand for them.
        source: the file's namespace; a word that is None there is replaced by nothing.
        notes: gets a sentence for each name that cannot be meant.
    """
    words = words_of_file(source, notes)
    if "training_step" not in words and callable(getattr(model, "training_step", None)):
        words["training_step"] = lightning.training_step
    configure = getattr(model, "configure_optimizers", None)
    if "configure_optimizers" not in words and source.get("configure_optimizers", _ABSENT) is not None:
        if callable(configure) and _takes(configure, 0):
            words["configure_optimizers"] = lambda model: lightning.configured(model, notes)
        elif callable(configure):
            shown = _shown("configure_optimizers", configure)
            notes.append(f"{shown} of {type(model).__name__} is left aside: the step knows configure_optimizers()")
    return words


_ABSENT = object()


def _may_be_meant(name: str, value: Any) -> bool:
    is_function = inspect.isroutine(value) or isinstance(value, (functools.partial, nn.Module))
    return is_function and any(_takes(value, len(way)) for way in _CALLED_WITH[name])


def _takes(function: Any, count: int) -> bool:
    """Whether a function can be called with so many arguments; one that cannot be looked into is asked."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _shown(name: str, value: Any) -> str:
    try:
        return f"{name}({', '.join(inspect.signature(value).parameters)})"
    except (TypeError, ValueError):
        return name
