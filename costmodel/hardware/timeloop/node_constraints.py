"""Constraints in and beside v0.4 nodes: the front end's short words written out, and data spaces shared among branches.

Source: timeloopfe, v4/processors/constraint_macro.py, constraint_attacher.py and dataspace2branch.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from costmodel.errors import UsageError
from costmodel.files.located import Located
from costmodel.hardware.spec import DATASPACES
from costmodel.hardware.timeloop.constraints import ABSENT, BYPASS, DIMS, Gathered, take
from costmodel.hardware.timeloop.node_attributes import Scope, is_whole, whole
from costmodel.hardware.timeloop.nodes import Line, Place

RANKS = {
    False: {"Weights": "CMRS", "Inputs": "NCRPSQ", "Outputs": "NMPQ"},
    True: {"Weights": "CRS", "Inputs": "NCRPSQ", "Outputs": "NCPQ"},
}
"""Dims that move in a data space, of normal and of depthwise layers (mapping/problem.py)."""

_LOOPS = (
    "target", "name", "type", "version", "factors", "factors_only", "permutation", "split",
    "no_iteration_over_dataspaces", "must_iterate_over_dataspaces", "default_max_factor",
)  # fmt: skip
_KEPT = ("target", "name", "type", "version", "keep", "bypass", "keep_only", "bypass_only")
_NOTED = {
    "maximize_dims": "the search finds the best factors by itself",
    "maximize_dims_capacity": "the search finds the best factors by itself",
    "remainders": "factors multiply out to each dim here",
    "no_link_transfer": "words do not hop from neighbour to neighbour here",
}
_REFUSED = {
    "no_reuse": "a memory that forgets, or no multicast, is not modelled",
    "no_coalesce": "accesses that are not coalesced are not modelled",
    "rmw_first_update": "a first update that reads is not modelled",
    "default_min_factor": "a least factor is not modelled",
    "max_overbooked_proportion": "a tile larger than its memory is not modelled",
    "utilization": "a least utilisation is not modelled",
}
_KINDS = ("spatial", "temporal", *BYPASS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """One constraint on one place."""

    place: Place
    kind: str
    words: Located

    def names(self, key: str) -> list[str] | None:
        """A list of data spaces; None where the key is not there. ``*`` is all of them."""
        found = self.words.get(key)
        if found is None:
            return None
        names = found if isinstance(found, list) else [found]
        if "*" in names:
            return list(DATASPACES)
        for name in names:
            if name not in DATASPACES:
                where = f"{self.words.at(key)}: unknown data space {name!r}"
                raise UsageError(f"{where}; layers have {', '.join(DATASPACES)}")
        return [str(name) for name in names]


def gather_nodes(
    line: Line, scope: Scope, beside: Iterable[Located], fanning: Sequence[str], *, depthwise: bool
) -> tuple[Gathered, list[tuple[str, str]]]:
    """All that the nodes, and the constraints beside them, say.

    Args:
        line: the nodes.
        scope: for names in factors.
        beside: what stands under ``constraints`` in the folder's files.
        fanning: levels that can have spatial loops.
        depthwise: of layers without the dim M.

    Returns:
        The constraints, and where and what of them is not modelled.

    Raises:
        UsageError: something that is not understood, is not modelled, or contradicts itself, by file and line.
    """
    said = [*_in_nodes(line), *_attached(line, beside)]
    gathered = Gathered()
    notes: list[tuple[str, str]] = []
    levels = [component.name for component in line.components if component.storage][::-1]
    for one in said:
        notes += _unmodelled(one)
        form = _KEPT if one.kind in BYPASS else _LOOPS
        for key in one.words:
            if key not in (*form, *_NOTED, *_REFUSED):
                raise UsageError(f"{one.words.at(key)}: {key} is not understood here; known: {', '.join(form)}")
        target = one.place.spread if one.kind == "spatial" else one.place.loops
        if one.kind in BYPASS:
            words = _kept(one)
        else:
            words = _factored(one, scope, depthwise=depthwise)
        notes += _read_otherwise(one, words)
        if target is not None:
            entry = whole(words | {"target": target, "type": one.kind}, one.words)
            take(gathered, entry, levels, fanning)
    for loops in gathered.loops.values() if depthwise else ():
        loops["max_factors"].pop("M", None)
    for component in line.components:
        if component.only_fans:
            gathered.bypassed.setdefault(component.name, set()).update(DATASPACES)
    _share_among_branches(line, said, gathered)
    return gathered, notes


def _in_nodes(line: Line) -> list[_Said]:
    found = []
    for place in line.places:
        constraints = place.node.get("constraints")
        if constraints in (None, {}):
            continue
        if not isinstance(constraints, Located):
            raise UsageError(f"{place.node.at('constraints')}: constraints of {place.name}: a mapping is expected")
        for kind, words in constraints.items():
            if words in (None, {}):
                continue
            if kind in _REFUSED:
                raise UsageError(f"{constraints.at(kind)}: {kind} of {place.name}: {_REFUSED[kind]}; leave it out")
            if kind not in _KINDS or not isinstance(words, Located):
                what = "known: spatial, temporal, dataspace, each a mapping"
                raise UsageError(f"{constraints.at(kind)}: constraint {kind!r} of {place.name}; {what}")
            found.append(_Said(place=place, kind=kind, words=words))
    return found


def _attached(line: Line, beside: Iterable[Located]) -> list[_Said]:
    places = {place.name: place for place in line.places}
    found = []
    for document in beside:
        for entry in document.parts("targets"):
            target, kind = entry.get("target", entry.get("name")), entry.get("type")
            if target not in places:
                raise UsageError(f"{entry.at('target')}: target {target!r} is not a node; nodes: {', '.join(places)}")
            if kind in _REFUSED:
                raise UsageError(f"{entry.at('type')}: {kind} of {target}: {_REFUSED[kind]}; leave it out")
            if kind not in _KINDS:
                known = ", ".join(_KINDS)
                raise UsageError(f"{entry.at('type')}: constraint type {kind!r}; known: {known}")
            found.append(_Said(place=places[target], kind=kind, words=entry))
    return found


def _unmodelled(one: _Said) -> list[tuple[str, str]]:
    found = []
    for key, value in one.words.items():
        if value in (None, [], {}, False):
            continue
        if key in _REFUSED:
            what = f"{key} of {one.place.name}: {_REFUSED[key]}; leave it out"
            raise UsageError(f"{one.words.at(key)}: {what}")
        if key in _NOTED:
            found.append((one.words.at(key), f"{key} of {one.place.name} is not a constraint here: {_NOTED[key]}"))
    return found


def _read_otherwise(one: _Said, words: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where the front end makes something else of a constraint than it says."""
    name = one.place.name
    if one.kind == "temporal" and one.place.loops is None:
        return [(one.words.at(), f"temporal of {name} has no effect: a container has no loops in time")]
    order, listed = words.get("permutation", []), str(one.words.get("permutation"))
    fixed = [word[0] for word in words.get("factors", ()) if word[1:] == "=1" and word[0] not in listed]
    if one.place.spread is None or not fixed or not 0 < words.get("split", 0) <= len(order):
        return []
    what = f"split of {name} counts the dims that its permutation lists, {' '.join(order)}"
    return [(one.words.at("split"), f"{what}; timeloopfe puts {' '.join(sorted(fixed))} before them, and counts these")]


def _kept(one: _Said) -> dict[str, Any]:
    keep, bypass = one.names("keep") or [], one.names("bypass") or []
    for key, into, others in (("keep_only", keep, bypass), ("bypass_only", bypass, keep)):
        only = one.names(key)
        if only is not None:
            into += [name for name in only if name not in into]
            others += [name for name in DATASPACES if name not in only and name not in others]
    return {key: names for key, names in (("keep", keep), ("bypass", bypass)) if names}


def _factored(one: _Said, scope: Scope, *, depthwise: bool) -> dict[str, Any]:
    words = one.words
    dims = [dim for dim in DIMS if not (depthwise and dim == "M")]
    factors = _factors(one, "factors", scope)
    only = _factors(one, "factors_only", scope)
    if only is not None:
        factors = {**(factors or {}), **only}
        factors |= {(dim, "="): 1 for dim in dims if (dim, "=") not in factors and (dim, "<=") not in factors}
    factors = dict(factors or {})
    ranks = RANKS[depthwise]
    still = one.names("no_iteration_over_dataspaces")
    moving = one.names("must_iterate_over_dataspaces")
    fixed = {dim for name in still or () for dim in ranks[name]}
    if moving is not None:
        fixed |= set(dims) - {dim for name in moving for dim in ranks[name]}
    for dim in sorted(fixed):
        if factors.setdefault((dim, "="), 1) != 1:
            raise UsageError(f"{words.at()}: {one.place.name} {one.kind} has {dim}={factors[dim, '=']} and {dim}=1")
    found: dict[str, Any] = {
        "factors": [f"{dim}{sign}{number}" for (dim, sign), number in factors.items() if dim in dims]
    }
    if words.get("default_max_factor") is not None:
        found["default_max_factor"] = words["default_max_factor"]
    if words.get("permutation"):
        found["permutation"] = _order(words["permutation"], dims)
    if words.get("split") is not None:
        found["split"] = _split(one, scope, found.get("permutation"), words.get("permutation"))
        order = found.get("permutation", [])
        # our own exports list for the front end what says nothing: the last one of all dims, and dims of bound 1
        if 0 < found["split"] < len(order) == len(dims):
            order.pop()
        while 0 < found["split"] < len(order) and factors.get((order[-1], "=")) == 1:
            order.pop()
    return found


def _factors(one: _Said, key: str, scope: Scope) -> Mapping[tuple[str, str], int] | None:
    """Bounds by dim and sign (= or <=); None where the key is not there."""
    said = one.words.get(key)
    if said is None:
        return None
    where = one.words.at(key)
    parts = said if isinstance(said, list) else re.split(r"[,\s]+", re.sub(r"\s*(<=|>=|=)\s*", r"\1", str(said)))
    found: dict[tuple[str, str], int] = {}
    for part in parts:
        text = "".join(map(str, part)) if isinstance(part, list) else str(part).strip()
        if not text:
            continue
        match = re.fullmatch(r"([A-Za-z]+)\s*(<=|>=|=|<|>)\s*(.+)", text)
        if match is not None and match[1] in ABSENT:
            continue
        if match is None or match[1] not in DIMS:
            raise UsageError(f"{where}: factor {text!r}; write C=16 or C<=16, layers have {', '.join(DIMS)}")
        dim, sign, bound = match.groups()
        number = scope.number(bound, whole({}, one.words), where)
        if not is_whole(number) or number < 0:
            raise UsageError(f"{where}: factor {text!r}; a whole number of at least 0 is expected")
        if sign in (">", ">="):
            raise UsageError(f"{where}: factor {text!r}: a least factor is not modelled; write = or <=")
        if sign == "<":
            sign, number = "<=", number - 1
        if found.setdefault((dim, sign), int(number)) != int(number):
            raise UsageError(f"{where}: {dim}{sign}{found[dim, sign]} and {text} contradict each other")
    return found


def _order(said: object, dims: Sequence[str]) -> list[str]:
    letters = said if isinstance(said, list) else list(re.sub(r"[\s,]", "", str(said)))
    return [str(letter) for letter in letters if letter in dims or letter not in (*DIMS, *ABSENT)]


def _split(one: _Said, scope: Scope, order: list[str] | None, written: object) -> int:
    """How many of the listed dims lie along X; those that a depthwise layer lacks do not count."""
    found = scope.number(one.words["split"], whole({}, one.words), one.words.at("split"))
    if not is_whole(found) or found < 0:
        raise UsageError(f"{one.words.at('split')}: split is {found:g}; a number of dims is expected")
    split = int(found)
    if order is None or written is None:
        return split
    before = [str(letter) for letter in (written if isinstance(written, list) else re.sub(r"[\s,]", "", str(written)))]
    if split > len(before):  # 999 is "all of them along X"
        return split
    return split - sum(letter not in order for letter in before[:split])


def _share_among_branches(line: Line, said: Sequence[_Said], gathered: Gathered) -> None:
    """What one branch of a ``!Parallel`` keeps, the others pass by."""
    keeps: dict[tuple[tuple[int, int], ...], set[str]] = {}
    for one in said:
        if one.kind in BYPASS:
            for depth in range(1, len(one.place.branch) + 1):
                keeps.setdefault(one.place.branch[:depth], set()).update(_kept(one).get("keep", ()))
    branches = {place.branch[:depth]: place for place in line.places for depth in range(1, len(place.branch) + 1)}
    forks: dict[tuple[tuple[tuple[int, int], ...], int], set[str]] = {}
    for branch, place in branches.items():
        fork = (branch[:-1], branch[-1][0])
        taken = forks.setdefault(fork, set())
        twice = taken & keeps.get(branch, set())
        if twice:
            names = ", ".join(sorted(twice))
            raise UsageError(f"{place.node.at()}: {names} are kept in two branches of a !Parallel; one may keep them")
        taken |= keeps.get(branch, set())
    for (around, number), taken in forks.items():
        wanted = keeps.get(around, set()) if around else set(DATASPACES)
        if wanted - taken:
            place = next(p for branch, p in branches.items() if (branch[:-1], branch[-1][0]) == (around, number))
            names = ", ".join(name for name in DATASPACES if name in wanted - taken)
            raise UsageError(
                f"{place.node.at()}: {names} have no branch in this !Parallel; keep each in one, or add "
                f"- !Nothing {{constraints: {{dataspace: {{keep: [{names}]}}}}}}"
            )
    for place in line.places:
        if place.loops is None:
            continue
        for depth in range(1, len(place.branch) + 1):
            passed = set(DATASPACES) - keeps.get(place.branch[:depth], set())
            gathered.bypassed.setdefault(place.loops, set()).update(passed)
