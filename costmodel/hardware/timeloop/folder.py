"""A Timeloop folder, read as it is into a hardware spec.

Version 0.3: ``arch/*.yaml`` (with ``arch/components/*.yaml``), ``constraints/*.yaml``, for depthwise layers another
folder of constraints whose name has ``dw`` or ``depthwise`` in it, ``mapper/*.yaml``. Version 0.4: files of any name.
In both, Accelergy's energy and area tables where there are any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from costmodel.errors import UsageError
from costmodel.files.documents import first_problem
from costmodel.files.located import Located
from costmodel.hardware.spec import DATASPACES, HardwareSpec
from costmodel.hardware.timeloop.architecture import Component
from costmodel.hardware.timeloop.constraints import Gathered
from costmodel.hardware.timeloop.design import Design, mapper_of
from costmodel.hardware.timeloop.documents import read_plain, top_keys, yaml_files
from costmodel.hardware.timeloop.energies import Price, PriceList, price_list
from costmodel.hardware.timeloop.nodes_design import nodes_design
from costmodel.hardware.timeloop.tree_design import tree_design

NAMELESS = ("arch", "architecture", "parsed-processed-input")
"""Files of such names say nothing of the machine; its name is then the folder's."""
FLATTENED = "flattened_architecture"
"""Accelergy's own output beside a result."""


def read_timeloop_folder(path: Path, design: Path | None = None) -> HardwareSpec:
    """The machine that a Timeloop folder describes.

    One of version 0.3 is read under the behaviour of the course's docker (D), one of version 0.4 under that of the
    release that its published reference outputs are of (E).

    Args:
        path: of the folder.
        design: the file with the architecture, where the folder has several.

    Raises:
        UsageError: a file that is missing, not understood or contradicts itself, something that is not modelled and
            makes figures wrong, or a component whose energy nobody gives; names file and line.
    """
    file = design or _the_architecture(path)
    read = read_plain(file)
    tree = read.get("architecture")
    if not isinstance(tree, Located):
        raise UsageError(f"{read.at('architecture')}: architecture is expected to be a mapping")
    said = nodes_design(path, file, tree) if "nodes" in tree else tree_design(path, read)
    components = said.components
    storage = [component for component in components if component.storage]
    multipliers = [component for component in components if not component.storage]
    if not storage or len(multipliers) != 1:
        what = f"{len(storage)} storage levels and {len(multipliers)} kinds of multipliers"
        raise UsageError(
            f"{read.at('architecture')}: {what}; some storage and then one kind of multipliers are expected"
        )
    inner_first, multiplier = storage[::-1], multipliers[0]
    fans = _fan_outs(inner_first, multiplier)
    names = [component.name for component in inner_first]
    prices = price_list(path, said.definitions, known=said.behaviour == "D")
    priced = {one.name: prices.price(one) for one in components if not one.storage or _stores(one, said.normal, names)}
    levels = [
        _level(component, fan, said, priced.get(component.name), outermost=component.name == names[-1])
        for component, fan in zip(inner_first, fans, strict=True)
    ]
    data = {
        "name": file.stem if file.stem not in NAMELESS else path.resolve().name,
        "title": f"read from the Timeloop folder {path.resolve().name}",
        "timeloop": said.behaviour,
        "sources": _sources(path, file, said, prices),
        "compute": _compute(multiplier, priced[multiplier.name], said) | _words(levels, multiplier),
        "levels": levels,
        "constraints": said.normal.specs(depthwise=False),
        "depthwise_constraints": (said.depthwise or said.normal).specs(depthwise=said.depthwise is None),
        "mapper": mapper_of(said.mapper),
        "notes": (*said.notes, *_clusters(storage), *_without_a_cycle(priced, said)),
    }
    if said.cycle_seconds is not None:
        hertz = 1 / Decimal(str(said.cycle_seconds))
        data["clock"] = _quantity(hertz / 10**6, "MHz", "arch")
    return _spec(path, data)


def _the_architecture(path: Path) -> Path:
    if not path.is_dir():
        raise UsageError(f"{path}: no such folder; a Timeloop folder has an architecture inside")
    files = yaml_files(path / "arch") or yaml_files(path)
    designs = [file for file in files if "architecture" in top_keys(file) and FLATTENED not in file.name]
    if len(designs) != 1:
        names = ", ".join(file.name for file in designs) or "none"
        where = f"{path}/arch" if yaml_files(path / "arch") else str(path)
        choose = "; give the path of one of them" if designs else ""
        raise UsageError(f"{where}: one YAML file with an architecture is expected, found {names}{choose}")
    return designs[0]


def _clusters(storage: Sequence[Component]) -> Iterator[str]:
    for component in storage:
        if component.cluster > 1 and not component.only_fans:
            yield (
                f"an access to {component.name} serves {component.cluster} instances: each has its share of the "
                "energy, as if all of them worked"
            )


def _without_a_cycle(priced: Mapping[str, Price], said: Design) -> Iterator[str]:
    leaking = [name for name, price in priced.items() if price.leak]
    if leaking and said.cycle_seconds is None:
        where = f"the energy table has leakage a cycle for {', '.join(leaking)}"
        yield f"{where}, and nobody says how long a cycle is (global_cycle_seconds): no figure has it"


def _fan_outs(inner_first: Sequence[Component], multiplier: Component) -> list[tuple[int, int]]:
    """Per level how many instances of the next inner one feed from it, along X and Y."""
    fans = []
    below = multiplier
    for component in inner_first:
        (x, y), (inner_x, inner_y) = component.mesh, below.mesh
        if inner_x % x or inner_y % y:
            mesh = f"{inner_x} by {inner_y} over {x} by {y}"
            raise UsageError(f"{component.at}: {below.name} does not spread evenly over {component.name}: {mesh}")
        fans.append((inner_x // x, inner_y // y))
        below = component
    return fans


def _stores(component: Component, said: Gathered, names: Sequence[str]) -> bool:
    if component.only_fans:
        return False
    return component.name == names[-1] or said.bypassed.get(component.name, set()) != set(DATASPACES)


def _level(
    component: Component, fan: tuple[int, int], said: Design, price: Price | None, *, outermost: bool
) -> dict[str, Any]:
    bypassed, kept = (by.get(component.name, set()) for by in (said.normal.bypassed, said.normal.kept))
    if outermost and bypassed:
        names = ", ".join(name for name in DATASPACES if name in bypassed)
        raise UsageError(f"{component.at}: {component.name} is the outermost memory; it cannot pass by {names}")
    level: dict[str, Any] = {
        "name": component.name,
        "instances": _quantity(component.instances, "instances", "arch"),
        "words_per_access": _quantity(component.block, "words", "arch"),
        "keep": [v for v in DATASPACES if v in kept or (outermost and v not in bypassed)],
        "free": [v for v in DATASPACES if v not in kept and v not in bypassed and not outermost],
    }
    optional = (
        ("capacity", None if component.only_fans else component.entries, "words"),
        ("word_bits", None if component.only_fans else component.said_word_bits, "bits"),
        ("read_bandwidth", component.attributes.number(("read_bandwidth",), float, least=0), "words/cycle"),
        ("write_bandwidth", component.attributes.number(("write_bandwidth",), float, least=0), "words/cycle"),
        ("fanout_x", fan[0] if fan[0] > 1 else None, "instances"),
        ("fanout_y", fan[1] if fan[1] > 1 else None, "instances"),
    )
    for key, value, unit in optional:
        if value is not None:
            level[key] = _quantity(value, unit, "arch")
    return level | (_energy(component, price, said) if price is not None else {})


def _energy(component: Component, price: Price, said: Design) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if price.register:
        width = component.width or component.word_bits * component.block
        found["pat_register"] = {
            "depth": _quantity(component.depth or 1, "words", "pat"),
            "width": _quantity(width, "bits", "pat"),
        }
    else:
        for key, energy in (("read", price.read), ("write", price.write)):
            share = energy / component.cluster if energy is not None and component.cluster > 1 else energy
            found[key] = _quantity(share, "pJ", price.source)
    return found | _standing(price, said)


def _standing(price: Price, said: Design) -> dict[str, Any]:
    """What an instance takes while it does nothing: area, and power where the length of a cycle is known."""
    found: dict[str, Any] = {}
    if price.area is not None:
        found["area"] = _quantity(price.area, "um2", price.area_source)
    if price.leak is not None and said.cycle_seconds is not None:
        nanoseconds = Decimal(str(said.cycle_seconds)) * 10**9
        found["leakage"] = _quantity(price.leak / nanoseconds, "mW", price.source)
    return found


def _compute(multiplier: Component, price: Price, said: Design) -> dict[str, Any]:
    found = {
        "units": _quantity(multiplier.instances, "MACs", "arch"),
        "word_bits": _quantity(multiplier.word_bits, "bits", "arch"),
        "energy": _quantity(price.compute, "pJ", price.source),
    }
    return found | _standing(price, said)


def _words(levels: Sequence[dict[str, Any]], multiplier: Component) -> dict[str, Any]:
    """Data spaces whose words have another width than the multipliers', the same in all memories that hold them."""
    found = {}
    for space in DATASPACES:
        holding = [level for level in levels if space in level["keep"]]
        widths = {level["word_bits"]["value"] if "word_bits" in level else None for level in holding}
        (width,) = widths if len(widths) == 1 else (None,)
        if width is not None and width != multiplier.word_bits:
            found[space] = _quantity(width, "bits", "arch")
    return {"data_space_bits": found} if found else {}


def _quantity(value: Decimal | float | None, unit: str, source: str) -> dict[str, Any]:
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return {"value": number, "unit": unit, "source": source}


def _sources(path: Path, file: Path, said: Design, prices: PriceList) -> dict[str, str]:
    texts = {"arch": f"the folder's {file.relative_to(path).as_posix()}"}
    if said.mapper_source:
        texts["mapper"] = f"the folder's {said.mapper_source}"
    return texts | dict(prices.sources)


def _spec(path: Path, data: dict[str, Any]) -> HardwareSpec:
    used = _named(data, "source")
    data["sources"] = {key: text for key, text in data["sources"].items() if key in used}
    try:
        return HardwareSpec.model_validate(data)
    except ValidationError as problem:
        location, message = first_problem(problem, HardwareSpec)
        raise UsageError(": ".join(filter(None, (str(path), ".".join(map(str, location)), message)))) from None


def _named(data: Any, name: str) -> set[str]:
    """All values under a key, however deep."""
    if isinstance(data, dict):
        own = {data[name]} if isinstance(data.get(name), str) else set()
        return own.union(*(_named(value, name) for value in data.values()))
    return set().union(*(_named(item, name) for item in data)) if isinstance(data, list) else set()
