"""The verb behind ``analyze``: trace, count and summarise, or find the result in the cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costmodel.errors import FormatError
from costmodel.files import cache
from costmodel.files.fingerprint import fingerprint, source_digest
from costmodel.ir.analysis import SCHEMA, Analysis, Subject
from costmodel.ir.codec import dumps, loads
from costmodel.ir.training import Training


def analyze_subject(
    model: Any,
    settings: Mapping[str, Any],
    *,
    defaults: Mapping[str, Any] | None = None,
    random: bool = True,
    use_cache: bool = False,
) -> Analysis:
    """See :func:`costmodel.analyze`. A cached result is returned before torch is imported.

    Args:
        model: see there.
        settings: see there.
        random: see there.
        defaults: settings for a subject that brings no recipe (a rulebook's).
        use_cache: look into the cache, and store the result there.
    """
    key = None
    if use_cache and isinstance(model, str):
        key = fingerprint(model, {"settings": settings, "defaults": defaults, "random": random})
    if key is not None:
        known = _cached(key)
        if known is not None:
            return known
    result = _analyze(model, settings, defaults, random)
    if key is not None:
        cache.store("analysis", key, dumps(result, SCHEMA))
    return result


def _cached(key: str) -> Analysis | None:
    text = cache.load("analysis", key)
    if text is None:
        return None
    try:
        return loads(Analysis, text, SCHEMA)
    except FormatError:
        return None  # damaged, or of another version: made again


def _analyze(model: Any, settings: Mapping[str, Any], defaults: Mapping[str, Any] | None, random: bool) -> Analysis:
    from costmodel.passes.summary import summarise
    from costmodel.tracing.training import plan_training, trace_training

    plan = plan_training(model, settings, defaults)
    training = trace_training(plan)
    digest = source_digest(model) if isinstance(model, str) else ""
    return summarise(training, describe(plan, training, random=random, digest=digest), random=random)


def describe(plan: Any, training: Training, *, random: bool = True, digest: str = "") -> Subject:
    """What a traced plan (:class:`costmodel.tracing.training.Plan`) is, in the user's words."""
    recipe = plan.recipe
    first = recipe.stretches()[0]
    return Subject(
        name=_short(plan.subject.name),
        model_options={name: str(value) for name, value in sorted(recipe.model_options.items())},
        input=", ".join(map(str, first.input or ())) if "example_batch" not in plan.subject.source else "own batch",
        batch=training.phases[0].batch,
        loss=_name(recipe.loss, plan.subject.source, "training_step"),
        optimizer=_optimizer(recipe, first.optimizer, plan.subject.source),
        samples=first.samples,
        epochs=first.epochs,
        convention="haet" if random else "haet without random",
        source_digest=digest,
    )


def _short(reference: str) -> str:
    """The subject without its folders: an analysis says the same wherever the file lies."""
    return reference.replace("\\", "/").rpartition("/")[2]


def _name(value: Any, source: Mapping[str, Any], own: str) -> str:
    if own in source:
        return f"own {own}"
    return value if isinstance(value, str) else getattr(value, "__name__", type(value).__name__)


def _optimizer(recipe: Any, of_phase: str | None, source: Mapping[str, Any]) -> str:
    if of_phase is None and "configure_optimizers" in source:
        return "own configure_optimizers"
    name = of_phase or _name(recipe.optimizer, {}, "")
    options = ", ".join(f"{k}={v}" for k, v in sorted(recipe.optimizer_options.items()))
    return f"{name}({options})" if options else name
