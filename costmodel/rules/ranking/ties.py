"""Order and ties: equal values, and measurements whose intervals overlap, share a place by a named policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from costmodel.rules.schema.ranking_rule import TiePolicy

T = TypeVar("T")


@dataclass(frozen=True)
class Placed(Generic[T]):
    """One item to rank; a smaller ``key`` is better, ``width`` is its half-width."""

    name: str
    submitted: str
    key: Decimal
    width: Decimal
    payload: T


def tie_groups(items: Sequence[Placed[T]]) -> list[list[Placed[T]]]:
    """Items best first, in groups that cannot be told apart.

    Overlap is not transitive, so an item ties with the best of a group: its interval must touch that one's.
    """
    groups: list[list[Placed[T]]] = []
    for item in sorted(items, key=lambda i: (i.key, i.name)):
        if groups:
            leader = groups[-1][0]
            if item.key - item.width <= leader.key + leader.width:
                groups[-1].append(item)
                continue
        groups.append([item])
    return groups


def with_ranks(
    groups: Sequence[Sequence[Placed[T]]], policy: TiePolicy
) -> Iterator[tuple[int | float, list[str], Placed[T]]]:
    """(rank, names that it is tied with, item), best first."""
    before = 0
    for number, group in enumerate(groups, start=1):
        ordered = sorted(group, key=lambda i: i.submitted) if policy == "earliest" else list(group)
        for offset, item in enumerate(ordered):
            apart = policy == "ordinal" or (policy == "earliest" and _submitted_apart(ordered))
            if policy == "dense":
                rank: int | float = number
            elif policy == "average":
                middle = before + (len(group) + 1) / 2
                rank = int(middle) if middle.is_integer() else middle
            else:
                rank = before + 1 + (offset if apart else 0)
            yield rank, [] if apart else [other.name for other in group if other is not item], item
        before += len(group)


def _submitted_apart(group: Sequence[Placed[T]]) -> bool:
    """Whether every time of submission is known and different."""
    times = {item.submitted for item in group}
    return len(times) == len(group) and "" not in times
