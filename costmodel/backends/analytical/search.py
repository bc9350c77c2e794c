"""The engine's searches, and the words that choose among them."""

from __future__ import annotations

from costmodel.backends.backend import Search
from costmodel.errors import UnknownNameError, UsageError
from costmodel.mapping.objective import EFFORTS, LATENCY, OBJECTIVES

SEARCHES = {"optimum": "proven", "course": "the course's own mapper"}
"""``optimum``: the best mapping for the objective, proven; ``course``: what the course's own mapper would find."""


def checked(search: Search) -> Search:
    """The search itself, if its words are known.

    Raises:
        UnknownNameError: one of them is not.
        UsageError: an objective for the course's search, which has its own.
    """
    for kind, value, known in (
        ("search", search.search, tuple(SEARCHES)),
        ("objective", search.objective, OBJECTIVES),
        ("effort", search.effort, EFFORTS),
    ):
        if value not in known:
            raise UnknownNameError(kind, value, known)
    if search.search == "course" and search.objective != LATENCY.name:
        raise UsageError(f"objective {search.objective}: the course's search takes {LATENCY.title}; use search optimum")
    return search
