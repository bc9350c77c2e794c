"""A course's own Timeloop v0.3 folder, read as it is into a hardware spec.

``arch/*.yaml`` (with ``arch/components/*.yaml``), ``constraints/*.yaml``, for depthwise layers another folder of
constraints whose name has ``dw`` or ``depthwise`` in it, ``mapper/*.yaml``, and energy and area tables where there are
any.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from costmodel.errors import UsageError
from costmodel.files.documents import first_problem
from costmodel.files.located import Located, read_located
from costmodel.hardware.spec import DATASPACES, HardwareSpec
from costmodel.hardware.timeloop.architecture import Component, components_of
from costmodel.hardware.timeloop.constraints import Gathered, gather
from costmodel.hardware.timeloop.energies import Price, PriceList, price_list


def read_timeloop_folder(path: Path) -> HardwareSpec:
    """The machine that a Timeloop folder describes, under the behaviour of the course's docker (D).

    Raises:
        UsageError: a file that is missing, not understood or contradicts itself, or a component whose energy nobody
            gives; names file and line.
    """
    design = _the_architecture(path)
    components = components_of(design)
    storage = [component for component in components if component.storage]
    multipliers = [component for component in components if not component.storage]
    if not storage or len(multipliers) != 1:
        what = f"{len(storage)} storage levels and {len(multipliers)} kinds of multipliers"
        raise UsageError(f"{design.at('architecture')}: {what}; some storage and one kind of multipliers are expected")
    inner_first = storage[::-1]
    fans = _fan_outs(inner_first, multipliers[0])
    names = [component.name for component in inner_first]
    fanning = [name for name, (x, y) in zip(names, fans, strict=True) if x * y > 1]
    normal, depthwise = _constraints(path, names, fanning)
    definitions = [read_located(file) for place in ("arch/components", "components") for file in _files(path / place)]
    prices = price_list(path, definitions)
    levels = [
        _level(component, fan, normal, prices.price(component) if _stores(component, normal, names) else None)
        for component, fan in zip(inner_first, fans, strict=True)
    ]
    multiplier = multipliers[0]
    return _spec(
        path,
        {
            "name": Path(design.file).stem,
            "title": f"read from the Timeloop folder {path.name}",
            "sources": _sources(path, design, prices),
            "compute": _compute(multiplier, prices.price(multiplier)),
            "levels": levels,
            "constraints": normal.specs(depthwise=False),
            "depthwise_constraints": (depthwise or normal).specs(depthwise=depthwise is None),
            "mapper": _mapper(path),
        },
    )


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml")) + sorted(folder.glob("*.yml"))


def _the_architecture(path: Path) -> Located:
    if not path.is_dir():
        raise UsageError(f"{path}: no such folder; a Timeloop folder has arch, constraints and mapper inside")
    found = [read_located(file) for file in _files(path / "arch") or _files(path)]
    designs = [file for file in found if "architecture" in file]
    if len(designs) != 1:
        names = ", ".join(Path(file.file).name for file in designs) or "none"
        raise UsageError(f"{path}/arch: one YAML file with an architecture is expected, found {names}")
    return designs[0]


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


def _constraints(path: Path, names: Sequence[str], fanning: Sequence[str]) -> tuple[Gathered, Gathered | None]:
    """Those of normal layers, and those of depthwise layers if the folder has its own."""
    folders = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and "constraints" in folder.name.lower()]
    own = [folder for folder in folders if "dw" in folder.name.lower() or "depthwise" in folder.name.lower()]
    read = [
        gather([read_located(file) for folder in chosen for file in _files(folder)], names, fanning)
        for chosen in ([folder for folder in folders if folder not in own], own)
    ]
    if not own:
        return read[0], None
    if (read[0].kept, read[0].bypassed) != (read[1].kept, read[1].bypassed):
        where = f"{own[0]}: keep and bypass differ from those of normal layers"
        raise UsageError(f"{where}; a machine keeps the same on its levels for both")
    return read[0], read[1]


def _stores(component: Component, said: Gathered, names: Sequence[str]) -> bool:
    return component.name == names[-1] or said.bypassed.get(component.name, set()) != set(DATASPACES)


def _level(component: Component, fan: tuple[int, int], said: Gathered, price: Price | None) -> dict[str, Any]:
    bypassed, kept = said.bypassed.get(component.name, set()), said.kept.get(component.name, set())
    outermost = component.entries is None
    level: dict[str, Any] = {
        "name": component.name,
        "instances": _quantity(component.instances, "instances", "arch"),
        "words_per_access": _quantity(component.block, "words", "arch"),
        "keep": [v for v in DATASPACES if v in kept or (outermost and v not in bypassed)],
        "free": [v for v in DATASPACES if v not in kept and v not in bypassed and not outermost],
    }
    optional = (
        ("capacity", component.entries, "words"),
        ("read_bandwidth", component.attributes.number(("read_bandwidth",), float, least=0), "words/cycle"),
        ("write_bandwidth", component.attributes.number(("write_bandwidth",), float, least=0), "words/cycle"),
        ("fanout_x", fan[0] if fan[0] > 1 else None, "instances"),
        ("fanout_y", fan[1] if fan[1] > 1 else None, "instances"),
    )
    for key, value, unit in optional:
        if value is not None:
            level[key] = _quantity(value, unit, "arch")
    if "bandwidth" in component.attributes:
        where = component.attributes.at("bandwidth")
        raise UsageError(f"{where}: bandwidth is not read; give read_bandwidth and write_bandwidth")
    return level | (_energy(component, price) if price is not None else {})


def _energy(component: Component, price: Price) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if price.register:
        width = component.width or component.word_bits * component.block
        found["pat_register"] = {
            "depth": _quantity(component.depth or 1, "words", "pat"),
            "width": _quantity(width, "bits", "pat"),
        }
    else:
        found["read"], found["write"] = (_quantity(n, "pJ", price.source) for n in (price.read, price.write))
    if price.area is not None:
        found["area"] = _quantity(price.area, "um2", price.area_source)
    return found


def _compute(multiplier: Component, price: Price) -> dict[str, Any]:
    found = {
        "units": _quantity(multiplier.instances, "MACs", "arch"),
        "word_bits": _quantity(multiplier.word_bits, "bits", "arch"),
        "energy": _quantity(price.compute, "pJ", price.source),
    }
    if price.area is not None:
        found["area"] = _quantity(price.area, "um2", price.area_source)
    return found


def _quantity(value: Decimal | float | None, unit: str, source: str) -> dict[str, Any]:
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return {"value": number, "unit": unit, "source": source}


def _mapper(path: Path) -> dict[str, Any] | None:
    """The settings of Timeloop's random-pruned search; None where the folder has another search or none."""
    for file in (read_located(file) for file in _files(path / "mapper")):
        said = file.get("mapper")
        if not isinstance(said, Located):
            raise UsageError(f"{file.at()}: no mapper")
        if said.get("algorithm", "random_pruned") not in ("random-pruned", "random_pruned"):
            return None
        keys = ("num_threads", "timeout", "victory_condition", "max_permutations_per_if_visit")
        names = ("threads", "timeout", "victory_condition", "max_permutations")
        found = {name: said.number((key,)) for name, key in zip(names, keys, strict=True)}
        missing = [key for key, value in zip(keys, found.values(), strict=True) if value is None]
        if missing:
            raise UsageError(f"{said.at()}: the mapper does not give {', '.join(missing)}")
        return found | {"source": "mapper"}
    return None


def _sources(path: Path, design: Located, prices: PriceList) -> dict[str, str]:
    texts = {"arch": f"the folder's {Path(design.file).relative_to(path).as_posix()}"}
    if _files(path / "mapper"):
        texts["mapper"] = f"the folder's mapper/{_files(path / 'mapper')[0].name}"
    return texts | dict(prices.sources)


def _spec(path: Path, data: dict[str, Any]) -> HardwareSpec:
    used = _named(data, "source")
    data["sources"] = {key: text for key, text in data["sources"].items() if key in used}
    try:
        return HardwareSpec.model_validate(data)
    except ValidationError as problem:
        location, message = first_problem(problem, HardwareSpec)
        raise UsageError(f"{path}: {'.'.join(map(str, location))}: {message}") from None


def _named(data: Any, name: str) -> set[str]:
    """All values under a key, however deep."""
    if isinstance(data, dict):
        own = {data[name]} if isinstance(data.get(name), str) else set()
        return own.union(*(_named(value, name) for value in data.values()))
    return set().union(*(_named(item, name) for item in data)) if isinstance(data, list) else set()
