"""Facts: values measured elsewhere, read from tables and logs."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path

from costmodel.contracts.kinds.names import NameRule
from costmodel.facts.quantity import parse_quantity
from costmodel.facts.reader import read_facts as read_file
from costmodel.facts.reader import refuse_idle
from costmodel.ir.facts import Facts
from costmodel.rules.schema.rulebook import load_rulebook, rulebook_names

__all__ = ["parse_target", "read_facts", "refuse_idle"]


def read_facts(
    path: str | Path,
    solution: str | Path | None = None,
    *,
    format: str | None = None,
    score: str | None = None,
    iterations: int | None = None,
    window: str | None = None,
    target: Decimal | None = None,
) -> Facts:
    """The readings of a file, with units, samples and gaps.

    Args:
        path: the file. A name that claims figures by the contract of one of the rulebooks is read too.
        solution: labels to score predictions against.
        format: the name of a format of facts; None recognises it.
        score: what a Kaggle leaderboard's Score is (``accuracy-fraction``, ``error-percent``, …).
        iterations: how many iterations an energy log is of; energies are then given for 200.
        window: the Zeus window that counts.
        target: accuracy in percent whose first crossing a DAWNBench log is asked for.

    Raises:
        FormatError: the file is not what its format says; file, line, what to do.
        UsageError: an unknown name, no iterations.
    """
    # a claim is a number: only for a name with a digit are the rulebooks read
    numbered = any(character.isdigit() for character in Path(path).name)
    return read_file(
        path,
        solution,
        format=format,
        score=score,
        iterations=iterations,
        window=window,
        target=target,
        names=_names_of_rulebooks() if numbered else (),
    )


@cache
def _names_of_rulebooks() -> tuple[NameRule, ...]:
    contracts = (load_rulebook(name).contract for name in rulebook_names())
    return tuple(rule for contract in contracts if contract is not None for rule in contract.of(NameRule))


def parse_target(text: str) -> Decimal:
    """An accuracy in percent.

    Raises:
        UsageError: it is not one.
    """
    return parse_quantity("accuracy_percent", text).value
