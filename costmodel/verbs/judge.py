"""Judge: a rulebook's verdict on an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costmodel.errors import UsageError
from costmodel.ir.analysis import TRAINING, Analysis
from costmodel.ir.verdict import AS_WRITTEN, Verdict


def judge(
    analysis: Analysis,
    rules: str,
    *,
    facts: Mapping[str, Any] | None = None,
    track: str | None = None,
    reading: str = AS_WRITTEN,
) -> Verdict:
    """A rulebook's verdict on an analysis.

    Args:
        analysis: from :func:`costmodel.analyze`, or loaded from its JSON. A cost report that it holds counts where it
            is of the rulebook's machine and phase.
        rules: a rulebook's name, or the path of a rulebook YAML.
        facts: values measured elsewhere (``{"error_rate_percent": 21.7}``), in the unit of the rulebook's metric;
            ``claimed_energy_mj`` is a figure that the submission claims.
        track: one of the rulebook's tracks; None is its first.
        reading: how ambiguous rules are read; ``as-written`` is the rulebook's own reading.

    Raises:
        UsageError, RulebookError: an unknown name, a fact that is not a number, an impossible rulebook.
    """
    from costmodel.rules.figures import Computed, held_by
    from costmodel.rules.judging.given_facts import parse_facts
    from costmodel.rules.judging.judge import judge as judge_computed
    from costmodel.rules.schema.rulebook import load_rulebook

    if analysis.subject.phase != TRAINING:
        raise UsageError(f"the analysis is of one {analysis.subject.phase}, and rules are about a training: analyze it")
    book = load_rulebook(rules)
    sheet = parse_facts({name: str(value) for name, value in (facts or {}).items()}, book)
    rule = book.hardware
    computed = Computed(analysis) if rule is None else held_by(analysis, rule.machine, rule.phase, rule.search)
    return judge_computed(computed, book, sheet, subject=analysis.subject.name, track=track, reading=reading)
