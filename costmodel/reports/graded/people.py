"""The students behind a result: one, or each of a group that handed in together."""

from __future__ import annotations

from costmodel.ir.grades import Graded, Member


def people_of(graded: Graded) -> tuple[Member, ...]:
    """With sid and email as the roster has them; "" is not known."""
    return graded.members or (Member(name=graded.name, email=graded.email, sid=graded.sid),)
