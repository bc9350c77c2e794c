"""A correction: what a person has put in the place of a computed value, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One value of one submission that a person has decided.

    Attributes:
        what: a metric's name, ``points:TABLE``, ``outcome``, ``model`` or ``comment``.
        computed: what stood there before, as it is shown; None if it was not known.
        value: what stands there now.
        reason: why.
        by: who decided; "" if nobody says.
    """

    what: str
    computed: str | None
    value: str
    reason: str
    by: str = ""
