"""Energy of an access to a component of a Timeloop folder, and the component's area.

In this order: an energy reference table (ERT) that lies in the folder; the known components of the course's docker;
Timeloop's own register model for a component that offers neither read nor write; an ERT among recorded outputs
(whose figures are rounded).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from costmodel.errors import UsageError
from costmodel.files.located import LARGEST, Located, read_located
from costmodel.hardware.timeloop.architecture import Component

# Which actions Timeloop asks for, the first that there is (include/model/topology.hpp).
READ = ("random_read", "read")
FILL = ("random_fill", "random_write", "fill", "write")
UPDATE = ("random_update", "random_write", "update", "write")
COMPUTE = ("mac_random", "mult_random", "mac", "mult", "compute")

TABLE = Path(__file__).with_name("components.yaml")
VERSIONS = ("0.2", "0.3", "0.4")
RECORDED = ("output", "example", "ref")
"""Folders with such words in their names hold what a run once wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One component; energies in pJ of one access, area in um², None where nobody says.

    Attributes:
        leak: pJ of one cycle in which it does nothing.
        register: the energy is that of Timeloop's register model.
        source: key of the spec's sources.
    """

    read: Decimal | None = None
    write: Decimal | None = None
    compute: Decimal | None = None
    area: Decimal | None = None
    leak: Decimal | None = None
    register: bool = False
    source: str
    area_source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """All that the folder and costmodel know of components.

    Attributes:
        given, recorded: per component, its actions' energies; from the folder, and from recorded outputs in it.
        areas: per component.
        classes: definitions of compound components.
        known: the rows of the table of known components.
        sources: texts by source key.
    """

    given: Mapping[str, Mapping[str, float]]
    recorded: Mapping[str, Mapping[str, float]]
    areas: Mapping[str, float]
    classes: Mapping[str, Located]
    known: Sequence[Located]
    sources: Mapping[str, str]

    def price(self, component: Component) -> Price:
        """The price of a component.

        Raises:
            UsageError: nothing says what it costs; names what is missing and where to put it.
        """
        if component.name in self.given:
            return self._tabled(component, self.given[component.name], "ert")
        row = next((row for row in self.known if _fits(row, component, self.classes.get(component.kind))), None)
        if row is not None:
            pj = {key: Decimal(str(row[key])) for key in ("read", "write", "compute", "area") if key in row}
            register = component.storage and "read" not in row
            return Price(register=register, source="pat" if register else "known", area_source="known", **pj)
        if component.name in self.recorded:
            return self._tabled(component, self.recorded[component.name], "recorded")
        if self._is_register(component):
            return Price(register=True, source="pat", area_source="arch")
        raise UsageError(
            f"{component.at}: nothing says what an access to {component.name} (class {component.kind}) costs; "
            "put the ERT.yaml that Accelergy writes for this design into the folder"
        )

    def _tabled(self, component: Component, actions: Mapping[str, float], source: str) -> Price:
        area = self.areas.get(component.name)
        found = {
            "read": _first(actions, READ) if component.storage else None,
            "write": _first(actions, FILL) if component.storage else None,
            "compute": None if component.storage else _first(actions, COMPUTE),
            "area": None if area is None else Decimal(str(area)),
            "leak": _first(actions, ("leak",)),
        }
        if component.storage and found["write"] != _first(actions, UPDATE):
            raise UsageError(f"{component.at}: fills and updates of {component.name} cost differently; one is read")
        if not component.storage and found["compute"] is None:
            raise UsageError(f"{component.at}: the energy table has none of {', '.join(COMPUTE)} for {component.name}")
        if component.storage and (found["read"] is None) != (found["write"] is None):
            raise UsageError(f"{component.at}: the energy table has only one of read and write for {component.name}")
        register = component.storage and found["read"] is None
        if register and not self.known:  # Timeloop's own register model is of its years before version 0.4
            raise UsageError(f"{component.at}: the energy table has neither read nor write for {component.name}")
        return Price(register=register, source="pat" if register else source, area_source="art", **found)

    def _is_register(self, component: Component) -> bool:
        definition = self.classes.get(component.kind)
        if definition is None or not component.storage or component.depth != 1:
            return False
        return not {str(action.get("name")) for action in definition.parts("actions")} & {*READ, *FILL, *UPDATE}


def price_list(folder: Path, definitions: Iterable[Located], *, known: bool = True) -> PriceList:
    """Everything that a folder says of energies and areas.

    Args:
        folder: of the machine.
        definitions: of its compound components.
        known: whether the components of the course's docker are asked, too; newer estimators give them other energies.

    Raises:
        UsageError: a table that is not of Accelergy's form, by file and line.
    """
    found: dict[str, dict[str, Any]] = {"ERT": {}, "recorded ERT": {}, "ART": {}}
    texts: dict[str, list[str]] = {key: [] for key in found}
    files = [*folder.rglob("*.yaml"), *folder.rglob("*.yml")]
    for file in sorted(files, key=lambda file: (len(file.parts), str(file))):
        inside = file.relative_to(folder)
        old = any(word in part.lower() for part in inside.parts[:-1] for word in RECORDED)
        for root in sorted({key.partition("_")[0] for key in _tables(file)}):
            rows = (_energies if root == "ERT" else _areas)(read_located(file))
            place = "recorded ERT" if old and root == "ERT" else root
            texts[place].append(inside.as_posix())
            for key, value in rows.items():
                found[place].setdefault(key, value)
    table = read_located(TABLE)
    sources = {
        key: f"the folder's {', '.join(texts[place])}"
        for key, place in (("ert", "ERT"), ("recorded", "recorded ERT"), ("art", "ART"))
        if texts[place]
    }
    sources["known"] = str(table["source"])
    sources["pat"] = "Timeloop, src/pat/pat.cpp: for a class without read and write actions its own register model"
    return PriceList(
        given=found["ERT"],
        recorded=found["recorded ERT"],
        areas=found["ART"],
        classes={str(one.get("name")): one for file in definitions for one in _classes(file)},
        known=table.parts("components") if known else (),
        sources=sources,
    )


def _tables(file: Path) -> list[str]:
    """The tables that a file has at its top, by key; a summary beside the table itself says the same, rounded."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        if not re.search("[EA]RT", file.name):
            return []  # whatever it is, it is no table of ours to miss
        raise UsageError(f"{file}: {getattr(problem, 'strerror', None) or problem}") from None
    return re.findall(r"^(ERT|ART|ERT_summary|ART_summary)\s*:", text, re.MULTILINE)


def _first(actions: Mapping[str, float], names: Iterable[str]) -> Decimal | None:
    return next((Decimal(str(actions[name])) for name in names if name in actions), None)


def _fits(row: Located, component: Component, definition: Located | None) -> bool:
    if row["kind"] != component.kind or ("made_of" in row and definition is None):
        return False
    if definition is not None and "made_of" in row:
        parts = {str(part.get("class")) for part in definition.parts("subcomponents")}
        if parts != set(row["made_of"]):
            return False
    defaults = definition.get("attributes") if definition is not None else None
    for key, value in row["needs"].items():
        own = component.setting(key)
        if own is None and isinstance(defaults, Located):
            own = defaults.get(key)
        if own != value:
            return False
    return True


def _classes(file: Located) -> list[Located]:
    found = file.get("compound_components")
    return found.parts("classes") if isinstance(found, Located) else []


def _rows(file: Located, root: str) -> list[Located]:
    table = file.get(root, file.get(f"{root}_summary"))
    if not isinstance(table, Located):
        raise UsageError(f"{file.at()}: no {root}; a table that Accelergy 0.2 to 0.4 wrote is expected")
    if str(table.get("version", "0.3")) not in VERSIONS:
        what = f"version {table.get('version')} of {root}; {', '.join(VERSIONS)} are read"
        raise UsageError(f"{table.at('version')}: {what}")
    return [*table.parts("tables"), *table.parts("table_summary")]


def _name(row: Located) -> str:
    return re.sub(r"\[[^\]]*\]", "", str(row.get("name"))).rpartition(".")[2]


def _energies(file: Located) -> dict[str, dict[str, float]]:
    """Per component and action the largest energy of all argument combinations, as Timeloop takes it."""
    found: dict[str, dict[str, float]] = {}
    for row in _rows(file, "ERT"):
        actions = found.setdefault(_name(row), {})
        for action in row.parts("actions"):
            energy = _number(action, "max_energy" if "max_energy" in action else "energy")
            name = str(action.get("name"))
            actions[name] = max(actions.get(name, energy), energy)
    return found


def _areas(file: Located) -> dict[str, float]:
    return {_name(row): _number(row, "area") for row in _rows(file, "ART")}


def _number(row: Located, key: str) -> Any:
    value = row.get(key)
    if isinstance(value, str):  # 1e-05, as Accelergy writes it, has no point and is no number for YAML 1.1
        try:
            value = float(value)
        except ValueError:
            value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LARGEST:
        raise UsageError(f"{row.at(key)}: {key} is {value!r}; a number of at least 0 is expected")
    return value
