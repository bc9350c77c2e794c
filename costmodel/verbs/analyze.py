"""The verb behind ``analyze``: trace, count and summarise, or find the result in the cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costmodel.errors import FormatError
from costmodel.files import cache
from costmodel.files.fingerprint import fingerprint, source_digest
from costmodel.ir.analysis import SCHEMA, Analysis
from costmodel.ir.codec import dumps, loads


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
    from costmodel.tracing.description import describe
    from costmodel.tracing.training import plan_training, trace_training

    plan = plan_training(model, settings, defaults)
    training = trace_training(plan)
    digest = source_digest(model) if isinstance(model, str) else ""
    return summarise(training, describe(plan, training, random=random, digest=digest), random=random)
