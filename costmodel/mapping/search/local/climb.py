"""Machines without a closed form: hill climbing from the widest spreads, with kicks; deterministic, never a proof.

A climb starts with all loops on the outermost level, where every tile is small, and moves prime factors between the
blocks of loops and loops within their block while that helps. When nothing helps it is kicked and climbs again, until
its share of the nests is used up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from costmodel.mapping.cost.nest import LevelLoops
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import LATENCY, OBJECTIVES, Cost, Objective
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.bypass_choice import best_choice
from costmodel.mapping.search.front import Front
from costmodel.mapping.search.local.neighbours import MapspacePoint, kicked, neighbours
from costmodel.mapping.search.local.starts import narrowest, starting_points
from costmodel.mapping.space.bypasses import KeptLevels
from costmodel.mapping.space.mapspace import Mapspace, mapspace_of

NESTS = 6000
"""Nests that are costed for one objective; some three seconds."""

IDLE = 30
"""Kicks after which no new nest was met, and the search gives up."""

STARTS = 6
"""Spreads that are climbed from."""


@dataclass(slots=True, kw_only=True)
class Climber:
    """One search for one objective; ``left`` nests may still be costed."""

    space: Mapspace
    objective: Objective
    left: int
    front: Front[Mapping]
    known: dict[tuple[LevelLoops, ...], tuple[Cost, KeptLevels] | None] = field(default_factory=dict)
    seen: dict[MapspacePoint, Cost | None] = field(default_factory=dict)

    def cost(self, place: MapspacePoint) -> Cost | None:
        """The cost of a place with its best bypass; None where it cannot run."""
        if place not in self.seen:
            self.seen[place] = self._cost(place)
        return self.seen[place]

    def _cost(self, place: MapspacePoint) -> Cost | None:
        levels = place.loops(self.space)
        if levels is None:
            return None
        nest = tuple(levels)
        if nest not in self.known:
            self.left -= 1
            self.known[nest] = best_choice(self.space, levels, self.objective)
            found = self.known[nest]
            if found is not None and self.front.open_to(*found[0]):
                self.front.offer(*found[0], self.space.mapping(levels, found[1]))
        found = self.known[nest]
        return found and found[0]

    def climb(self, place: MapspacePoint, cost: Cost, until: int, random: Random) -> tuple[MapspacePoint, Cost]:
        """Take the first move that helps, again and again, until none does or ``until`` nests are left."""
        improved = True
        while improved and self.left > until:
            improved = False
            for moved in neighbours(self.space, place, random):
                found = self.cost(moved)
                if found is not None and self.objective.rank(found) < self.objective.rank(cost):
                    place, cost, improved = moved, found, True
                    break
                if self.left <= until:
                    break
        return place, cost

    def run(self, starts: list[MapspacePoint]) -> MapspacePoint | None:
        """Climb from every start, then kick the best and climb again; the best place, None if no start can run."""
        random = Random(0)
        best: tuple[MapspacePoint, Cost] | None = None
        share = self.left // (2 * max(1, len(starts)))  # half of all nests for the first climbs, half for the kicks
        for start in starts:
            best = self._better(best, self._climbed(start, share, random))
        idle = 0
        while best is not None and self.left > 0 and idle < IDLE:
            before = self.left
            best = self._better(best, self._climbed(kicked(self.space, best[0], random), share, random))
            idle = idle + 1 if self.left == before else 0
        return best and best[0]

    def _climbed(self, start: MapspacePoint, share: int, random: Random) -> tuple[MapspacePoint, Cost] | None:
        cost = self.cost(start)
        return None if cost is None else self.climb(start, cost, max(0, self.left - share), random)

    def _better(
        self, one: tuple[MapspacePoint, Cost] | None, other: tuple[MapspacePoint, Cost] | None
    ) -> tuple[MapspacePoint, Cost] | None:
        if one is None or other is None:
            return one or other
        return other if self.objective.rank(other[1]) < self.objective.rank(one[1]) else one


def local_front(problem: Problem, machine: Machine, front: Front[Mapping], shorter: int = 1) -> None:
    """Offer the best mappings that are met to the front; ``shorter`` divides the nests that are costed.

    Every search also starts from what was found for the others before it; the fastest mapping is looked for first.
    """
    space = mapspace_of(problem, machine)
    starts = starting_points(space, STARTS)
    asked = OBJECTIVES.values() if front.objective is None else (front.objective,)
    objectives = [LATENCY, *(objective for objective in asked if objective is not LATENCY)]
    for objective in objectives:
        climber = Climber(space=space, objective=objective, left=NESTS // shorter // len(objectives), front=front)
        best = climber.run(starts)
        if best is None:  # the widest spreads can all need more words than there is room for
            last = narrowest(space)
            best = None if last is None else climber.run([last])
        if best is not None:
            starts = [best, *starts]
