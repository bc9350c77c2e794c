"""A page for every machine: each number with its unit and the source that it was taken from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from costmodel.hardware.gpu.cards import load_machine
from costmodel.hardware.machines import gpu_names, hardware_names
from docs.generate.markdown import table


def pages() -> Iterator[tuple[str, str]]:
    """(path, Markdown) of the list and of every machine."""
    rows = []
    for kind, names in (("accelerator", hardware_names()), ("GPU or processor", gpu_names())):
        for name in names:
            machine = load_machine(name)
            rows.append((f"[{name}]({name}.md)", kind, machine.title))
            yield f"machines/{name}.md", _page(machine)
    yield "machines/index.md", f"# Machines\n\n{table(('machine', 'kind', 'what'), rows)}"


def _page(machine: Any) -> str:
    numbers = [(place, value, unit, machine.sources.get(key, key)) for place, value, unit, key in quantities(machine)]
    sources = table(("source", "what it is"), machine.sources.items())
    return (
        f"# {machine.title}\n\n`--hardware {machine.name}`\n\n"
        f"{table(('what', 'value', 'unit', 'source'), numbers)}\n## Sources\n\n{sources}"
    )


def quantities(part: Any, place: str = "") -> Iterator[tuple[str, str, str, str]]:
    """(place, value, unit, key of the source) of every number of a spec."""
    if isinstance(part, BaseModel):
        unit, source = getattr(part, "unit", None), getattr(part, "source", None)
        if isinstance(unit, str) and isinstance(source, str):
            yield place, _value(part), unit, source
            return
        name = getattr(part, "name", None)
        here = f"{place} {name}".strip() if isinstance(name, str) and place else place
        for field in type(part).model_fields:
            yield from quantities(getattr(part, field), f"{here} {field.replace('_', ' ')}".strip())
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from quantities(value, f"{place} {key}".strip())
    elif isinstance(part, (tuple, list)):
        for value in part:
            yield from quantities(value, place)


def _value(part: Any) -> str:
    if hasattr(part, "value"):
        return f"{part.value:,}"
    middle = "" if part.median is None else f", median {part.median:,}"
    return f"{part.low:,} to {part.high:,}{middle}"
