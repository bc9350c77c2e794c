"""Compare a class's results with those of the last run: who, from, to, because of which file."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.ir.changes import Change, Changes
from costmodel.ir.grades import Graded, Grades

_OF_OTHERS = ("rank", "bonus", "total")
"""What may change because somebody else's result does, where nothing of one's own does."""


def changes_between(before: Grades, after: Grades) -> Changes:
    """Every value that is another now."""
    old = {graded.name: graded for graded in before.submissions}
    new = {graded.name: graded for graded in after.submissions}
    inputs = tuple(_inputs(before, after))
    found = [
        change
        for name in dict.fromkeys((*new, *old))
        for change in _of_one(name, old.get(name), new.get(name), ", ".join(inputs))
    ]
    return Changes(title=after.title, changes=tuple(found), inputs=inputs)


def _inputs(before: Grades, after: Grades) -> Iterator[str]:
    """What the provenance says differently of both runs."""
    for name in sorted({*before.provenance, *after.provenance}):
        if before.provenance.get(name) != after.provenance.get(name):
            yield name.removeprefix("input ")


def _of_one(name: str, before: Graded | None, after: Graded | None, inputs: str) -> Iterator[Change]:
    if before is None or after is None:
        there = ("", "there") if before is None else ("there", "")
        yield Change(name=name, what="submission", before=there[0], after=there[1], because="the class's folder")
        return
    files = "its files" if before.digest != after.digest else ""
    decided = {c.what: f"decided: {c.reason}" for c in after.verdict.corrections}
    gone = {c.what for c in before.verdict.corrections} - set(decided)
    withdrawn = "a decision that was withdrawn" if gone else ""
    was, now = _figures(before), _figures(after)
    own = False
    for what in dict.fromkeys((*was, *now)):
        if was.get(what, "") == now.get(what, ""):
            continue
        because = files or decided.get(what) or (withdrawn if what in gone else "")
        if not because and what in _OF_OTHERS and not own:
            because = "the results of others"
        own = own or what not in _OF_OTHERS
        because = because or "; ".join(dict.fromkeys(decided.values())) or withdrawn or inputs
        yield Change(name=name, what=what, before=was.get(what, ""), after=now.get(what, ""), because=because)


def _figures(graded: Graded) -> dict[str, str]:
    """Everything of a result that somebody may ask about."""
    verdict = graded.verdict
    found: dict[str, object] = {"model": verdict.judged and str(verdict.judged)}
    found |= {claim.metric: claim.used for claim in verdict.claims}
    if verdict.points is not None:
        found |= {f"points:{row.table}": row.points for row in verdict.points.tables}
    found |= {"outcome": verdict.outcome.value, "total": graded.total}
    if graded.entry is not None:
        found |= {"rank": graded.entry.rank, "bonus": graded.entry.bonus}
    return {name: "" if value is None else str(value) for name, value in found.items()}
