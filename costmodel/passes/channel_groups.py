"""Sets of channel counts that have to change together: union-find, with what a set's count must be a multiple of."""

from __future__ import annotations

from math import lcm


class ChannelGroups:
    """Union-find over channel counts; the count of a frozen group cannot change."""

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._size: list[int] = []
        self._multiple_of: list[int] = []
        self._frozen: set[int] = set()

    def new(self, size: int, *, frozen: bool = False) -> int:
        """A group of its own."""
        group = len(self._parent)
        self._parent.append(group)
        self._size.append(size)
        self._multiple_of.append(1)
        if frozen:
            self._frozen.add(group)
        return group

    def find(self, group: int) -> int:
        """The one group that represents all that have been joined with this one."""
        while self._parent[group] != group:
            group = self._parent[group]
        return group

    def join(self, one: int, other: int) -> None:
        """Make two groups one; if their counts differ (a broadcast), none of them may change."""
        one, other = self.find(one), self.find(other)
        if one == other:
            return
        self._parent[other] = one
        self._multiple_of[one] = lcm(self._multiple_of[one], self._multiple_of[other])
        if other in self._frozen or self._size[one] != self._size[other]:
            self._frozen.add(one)

    def freeze(self, group: int) -> None:
        """The count of this group is given."""
        self._frozen.add(self.find(group))

    def divide(self, group: int, parts: int) -> None:
        """The channels of this group fall into so many equal parts."""
        root = self.find(group)
        self._multiple_of[root] = lcm(self._multiple_of[root], parts)

    def size(self, group: int) -> int:
        """How many channels."""
        return self._size[self.find(group)]

    def multiple_of(self, group: int) -> int:
        """Every count that the group may get is a multiple of this."""
        return self._multiple_of[self.find(group)]

    def is_frozen(self, group: int) -> bool:
        """Whether its count is given."""
        return self.find(group) in self._frozen
