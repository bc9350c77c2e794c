"""Timeloop's v0.3 constraint files: fixed and largest factors, permutations, splits, what is kept and bypassed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from costmodel.errors import UsageError
from costmodel.files.located import Located
from costmodel.hardware.spec import DATASPACES, ConstraintSpec

ROOTS = ("architecture_constraints", "mapspace_constraints", "mapspace", "constraints")
BYPASS = ("bypass", "bypassing", "datatype", "dataspace")
KNOWN = {
    "loops": ("target", "name", "type", "factors", "permutation", "split", "default_max_factor"),
    "bypass": ("target", "name", "type", "keep", "bypass"),
}
DIMS = "CMRSNPQ"
ABSENT = "G"
"""The groups of a convolution (a dim of newer exercises' problems): layers here are of one group each."""


@dataclass(slots=True)
class Gathered:
    """Everything that is said about one machine; several files may constrain the same level.

    Attributes:
        loops: by (target, type), the parts of a ``ConstraintSpec``.
        kept, bypassed: by target.
    """

    loops: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    kept: dict[str, set[str]] = field(default_factory=dict)
    bypassed: dict[str, set[str]] = field(default_factory=dict)

    def specs(self, *, depthwise: bool) -> tuple[ConstraintSpec, ...]:
        """The loop constraints; for depthwise layers, which have no M, without it."""
        found = []
        for (target, kind), said in self.loops.items():
            parts = dict(said)
            if depthwise:
                parts = _without_m(parts)
            found.append(ConstraintSpec.model_validate({"target": target, "type": kind} | parts))
        return tuple(found)


def gather(files: Iterable[Located], levels: Sequence[str], fanning: Sequence[str]) -> Gathered:
    """Read constraint files.

    Args:
        files: their YAML.
        levels: names of the storage levels, innermost first; a target may be the number of one.
        fanning: those that can have spatial loops.

    Raises:
        UsageError: something that is not understood or contradicts itself, by file and line.
    """
    gathered = Gathered()
    for file in files:
        for root in ROOTS:
            block = file.get(root)
            if block is None:
                continue
            targets = block.parts("targets") if isinstance(block, Located) else file.parts(root)
            for entry in targets:
                take(gathered, entry, levels, fanning)
    return gathered


def take(gathered: Gathered, entry: Located, levels: Sequence[str], fanning: Sequence[str]) -> None:
    """Add what one entry says; see :func:`gather`."""
    target, kind = _target(entry, levels), str(entry.get("type", ""))
    form = "bypass" if kind in BYPASS else "loops"
    if form == "loops" and kind not in ("spatial", "temporal"):
        raise UsageError(f"{entry.at('type')}: constraint type {kind!r}; known: spatial, temporal, {', '.join(BYPASS)}")
    for key in entry:
        if key not in KNOWN[form]:
            raise UsageError(f"{entry.at(key)}: {key} is not understood here; known: {', '.join(KNOWN[form])}")
    if form == "bypass":
        _take_bypass(gathered, entry, target)
        return
    _take_loops(gathered, entry, target, kind, fanning)


def _take_loops(gathered: Gathered, entry: Located, target: str, kind: str, fanning: Sequence[str]) -> None:
    if kind == "spatial" and target not in fanning:
        raise UsageError(f"{entry.at()}: {target} feeds one instance of the next level; it has no spatial loops")
    said = gathered.loops.setdefault((target, kind), {"factors": {}, "max_factors": {}})
    for dim, relation, number in _factors(entry):
        known = said["max_factors"] if relation == "<=" else said["factors"]
        if known.setdefault(dim, number) != number:
            raise UsageError(f"{entry.at('factors')}: {target} {kind} already has {dim}{relation}{known[dim]}")
    most = entry.number(("default_max_factor",))
    for dim in DIMS if most is not None else ():
        if dim not in said["factors"]:
            said["max_factors"].setdefault(dim, most)
    for key, value in (("permutation", _permutation(entry)), ("split", entry.get("split"))):
        if value in (None, ()):
            continue
        if said.setdefault(key, value) != value:
            raise UsageError(f"{entry.at(key)}: {target} {kind} already has another {key}")
    if "split" in entry and (not isinstance(entry["split"], int) or entry["split"] < 0):
        raise UsageError(f"{entry.at('split')}: split is {entry['split']!r}; a number of dims is expected")


def _target(entry: Located, levels: Sequence[str]) -> str:
    target = entry.get("target", entry.get("name"))
    if isinstance(target, int) and not isinstance(target, bool) and 0 <= target < len(levels):
        return levels[target]
    if target not in levels:
        raise UsageError(f"{entry.at('target')}: target {target!r} is not a storage level; levels: {', '.join(levels)}")
    return str(target)


def _take_bypass(gathered: Gathered, entry: Located, target: str) -> None:
    for key, into, other in (
        ("keep", gathered.kept, gathered.bypassed),
        ("bypass", gathered.bypassed, gathered.kept),
    ):
        names = entry.get(key) or []
        for name in names if isinstance(names, list) else [names]:
            if name not in DATASPACES:
                raise UsageError(f"{entry.at(key)}: unknown data space {name!r}; known: {', '.join(DATASPACES)}")
            if name in other.get(target, ()):
                raise UsageError(f"{entry.at(key)}: {name} are both kept and bypassed at {target}")
            into.setdefault(target, set()).add(name)


def _factors(entry: Located) -> list[tuple[str, str, int]]:
    """``C=16 M<=4``; a 0 is the whole dim. Lists of such words are read, too."""
    text = entry.get("factors")
    if text is None:
        return []
    words = " ".join(map(str, text)) if isinstance(text, list) else str(text)
    words = words.partition("#")[0].replace(",", " ")
    found = re.findall(r"([A-Za-z]+)\s*(<=|=|)\s*(\d+)", words)
    left = re.sub(r"([A-Za-z]+)\s*(<=|=|)\s*(\d+)", "", words).strip()
    found = [one for one in found if one[0] not in ABSENT]
    if left or any(dim not in DIMS for dim, _, _ in found):
        raise UsageError(f"{entry.at('factors')}: factors {text!r}; write C=16 or C<=16, dims are {', '.join(DIMS)}")
    return [(dim, relation or "=", int(number)) for dim, relation, number in found]


def _permutation(entry: Located) -> tuple[str, ...]:
    text = entry.get("permutation")
    if text is None:
        return ()
    letters = "".join(map(str, text)) if isinstance(text, list) else str(text).partition("#")[0]
    letters = re.sub(rf"[\s,{ABSENT}]", "", letters)
    if set(letters) - set(DIMS) or len(set(letters)) != len(letters):
        raise UsageError(f"{entry.at('permutation')}: permutation {text!r}; dims, each once, of {', '.join(DIMS)}")
    return tuple(letters)


def _without_m(parts: dict[str, Any]) -> dict[str, Any]:
    order = parts.get("permutation", ())
    without: dict[str, Any] = {
        key: {d: n for d, n in parts[key].items() if d != "M"} for key in ("factors", "max_factors")
    }
    without["permutation"] = tuple(dim for dim in order if dim != "M")
    if "split" in parts:
        split = parts["split"]
        all_along_x = split > len(order)  # 999, say
        without["split"] = split if all_along_x else split - ("M" in order[:split])
    return without
