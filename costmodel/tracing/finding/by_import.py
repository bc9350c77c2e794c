"""Models that only an import shows: classes made by a function, instances that reading does not recognise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from types import ModuleType

from torch import nn

from costmodel.errors import CostModelError
from costmodel.tracing.finding.candidates import Candidate, Given, of_error
from costmodel.tracing.finding.plan import Plan, plan_named
from costmodel.tracing.finding.subject import model_names
from costmodel.tracing.reading.source import Source

_MOST = 40


def by_import(given: Given, sources: Sequence[Source]) -> list[Candidate]:
    """The classes of the files, else the instances that they leave behind; a file that fails is one candidate."""
    classes: list[Candidate] = []
    instances: list[Candidate] = []
    problems: list[Candidate] = []
    for source in sources[:_MOST]:
        try:
            module = given.session().load(source.path)
        except CostModelError as error:
            problems.append(of_error(source.place, error))
            continue
        classes += [_named(given, source, name) for name in model_names(module)]
        instances += [_named(given, source, name) for name in _instances(module)]
    return (classes or instances) + problems


def _named(given: Given, source: Source, name: str) -> Candidate:
    label = given.label(source, name)
    return Candidate(label, partial(_plan, given, source, name, label))


def _plan(given: Given, source: Source, name: str, label: str) -> Plan:
    return plan_named(f"{source.path}:{name}", given.settings, given.session(), label, given.root)


def _instances(module: ModuleType) -> Iterator[str]:
    for name, value in vars(module).items():
        if isinstance(value, nn.Module) and name.isidentifier():
            yield name
