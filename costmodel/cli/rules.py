"""``costmodel rules [NAME]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from costmodel.rules.rulebook import LimitSpec, Rulebook


def rules(
    name: Annotated[str | None, typer.Argument(help="a rulebook's name or YAML file")] = None,
) -> int:
    """List the rulebooks, or show what one of them says, with its sources."""
    # pydantic is imported here: --help must not wait for it
    from tabulate import tabulate

    from costmodel.rules.rulebook import load_rulebook, rulebook_names

    if name is None:
        books = [load_rulebook(book) for book in rulebook_names()]
        typer.echo(tabulate([(b.name, b.edition, b.title) for b in books], headers=("rulebook", "edition", "title")))
        return 0
    typer.echo(_describe(load_rulebook(name)))
    return 0


def _describe(book: Rulebook) -> str:
    lines = [f"{book.title} (edition {book.edition})", f"source: {book.source}", ""]
    for limit in book.limits:
        lines += _limit(limit, "")
    for track, limits in book.tracks.items():
        for limit in limits:
            lines += _limit(limit, f"[track {track}] ")
    for table in book.points:
        cells = ", ".join(f"< {cell.below}: {cell.points}" for cell in table.cells)
        lines += [f"points for {table.table}: {cells}, else {table.otherwise}", f"    {table.source}"]
    if book.ranking is not None:
        lines += [f"ranking: {book.ranking.name}, {book.ranking.order}", f"    {book.ranking.source}"]
    facts = sorted(n for n, m in book.metrics.items() if m.figure is None and not m.sum_of)
    lines += [f"facts: {', '.join(f'{n} ({book.metrics[n].unit})' for n in facts)}"]
    lines += [f"note: {note}" for note in book.notes]
    return "\n".join(lines)


def _limit(limit: LimitSpec, prefix: str) -> list[str]:
    wanted = "can be computed" if limit.value is None else f"{limit.operator} {limit.value:,}"
    return [f"{prefix}{limit.rule}: {limit.metric} {wanted}, else {limit.on_failure}", f"    {limit.source}"]


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(rules)
