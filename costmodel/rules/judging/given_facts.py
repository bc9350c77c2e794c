"""Facts as people give them: words into decimals in the unit of their metric."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from costmodel.errors import UnknownNameError, UsageError
from costmodel.facts.quantity import quantity_in
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import Fact, FactSheet

CLAIM = "claimed_"
"""Prefix of a fact that the submission says of itself."""


def parse_facts(texts: Mapping[str, str], book: Rulebook, *, because: str = "given as a fact") -> FactSheet:
    """Facts by their metric's own name, with a unit or without (``5.5 GB``, ``2h``, ``21.7%``), as tables have them.

    ``150±5`` has an uncertainty, ``81;80.5`` are runs.

    Raises:
        UsageError: not a number, outside what its unit allows, or two facts that contradict each other.
        UnknownNameError: the rulebook knows no such fact.
    """
    measured: dict[str, Fact] = {}
    claimed: dict[str, Fact] = {}
    names = spelt(book)
    for given, text in texts.items():
        claim = given.startswith(CLAIM) and given not in names
        name = given.removeprefix(CLAIM) if claim else given
        if name not in names:
            raise UnknownNameError(f"fact for rulebook {book.name}", name, names)
        sheet = claimed if claim else measured
        if names[name] in sheet:
            raise UsageError(f"fact {names[name]} is given twice, once as {given}")
        said = f"claimed by the submission{because.removeprefix('given as a fact')}" if claim else because
        sheet[names[name]] = parse_fact(given, text, book.metrics[names[name]].unit, said)
    for sheet in (measured, claimed):
        _complements_agree(sheet, book)
    return FactSheet(measured, claimed)


def spelt(book: Rulebook) -> dict[str, str]:
    """Every word under which a fact may be given, with its metric."""
    names = {name: name for name in book.metrics}
    for name, spec in book.metrics.items():
        names |= {alias: name for alias in spec.aliases if alias not in names}
    return names


def parse_fact(name: str, text: str, unit: str, because: str) -> Fact:
    """One fact's text.

    Raises:
        UsageError: not a number in the unit, negative, or a percentage above 100 or that could be a fraction.
    """
    if unit == "name":
        return Fact(word=text.strip().lower(), because=because)
    read = [quantity_in(unit, part, f"fact {name}") for part in text.split(";")]
    given = any(quantity.unit_given for quantity in read)
    for value in (quantity.value for quantity in read):
        if unit == "%" and 0 < value <= 1 and not given:
            raise UsageError(f"fact {name}={text}: is it {value} % or {value * 100} %? write the % sign")
    if given and not all(quantity.unit_given or not quantity.value for quantity in read):
        raise UsageError(f"fact {name}={text}: write the unit of every run, or of none")
    halves = [quantity.uncertainty for quantity in read if quantity.uncertainty is not None]
    if len(halves) > 1:
        raise UsageError(f"fact {name}={text}: one uncertainty is that of all runs; give it once")
    return Fact(runs=tuple(quantity.value for quantity in read), uncertainty=sum(halves, Decimal(0)), because=because)


def _complements_agree(sheet: Mapping[str, Fact], book: Rulebook) -> None:
    for name, spec in book.metrics.items():
        one, other = sheet.get(name), sheet.get(spec.complement_of or "")
        if one is None or other is None or len(one.runs) != 1 or len(other.runs) != 1:
            continue
        if one.runs[0] + other.runs[0] != 100:
            raise UsageError(
                f"facts {name}={one.runs[0]} and {spec.complement_of}={other.runs[0]} contradict: they must sum to 100"
            )
