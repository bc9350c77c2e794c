"""``costmodel rules [list | show NAME | validate FILE… | diff ONE OTHER | init [FILE]]``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.cli.showing import start, view_of
from costmodel.errors import RulebookError, UsageError
from costmodel.reports.formats.text import as_text
from costmodel.reports.table import Cell, Table

_VERBS = ("list", "show", "validate", "diff", "init")
_STARTER = "rules/starter.yaml"


def rules(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="list, show NAME, validate FILE…, diff ONE OTHER, init [FILE] (one to start from); or just NAME",
            metavar="[VERB] [NAME]…",
        ),
    ] = None,
) -> int:
    """List the rulebooks, show one in words, check a file, or compare two."""
    verb, *names = words or ["list"]
    if verb not in _VERBS:
        verb, names = "show", [verb, *names]
    if verb == "list":
        return _list(names)
    if verb == "show":
        return _show(names)
    if verb == "init":
        _expect(len(names) < 2, "rules init takes one new file, or none")
        start(_STARTER, names[0] if names else None)
        return 0
    return _validate(names) if verb == "validate" else _diff(names)


def _list(names: Sequence[str]) -> int:
    from costmodel.rules.schema.rulebook import load_rulebook, rulebook_names

    _expect(not names, "rules list takes no name")
    books = [load_rulebook(book) for book in rulebook_names()]
    _table(("rulebook", "edition", "title"), [(b.name, b.edition, b.title) for b in books])
    return 0


def _show(names: Sequence[str]) -> int:
    from costmodel.rules.schema.rulebook import load_rulebook
    from costmodel.rules.telling.prose import describe

    _expect(len(names) == 1, "rules show takes one rulebook's name or YAML file")
    typer.echo(describe(load_rulebook(names[0])), nl=False)
    return 0


def _validate(names: Sequence[str]) -> int:
    """Every file is checked, whatever the others say."""
    from costmodel.rules.schema.rulebook import load_rulebook

    _expect(bool(names), "rules validate takes rulebooks' YAML files or names")
    bad = 0
    for name in names:
        try:
            book = load_rulebook(name)
        except RulebookError as error:
            typer.echo(f"costmodel: {error}", err=True)
            bad += 1
        else:
            typer.echo(f"{name}: {book.title} (edition {book.edition}): valid")
    return RulebookError.exit_code if bad else 0


def _diff(names: Sequence[str]) -> int:
    from costmodel.rules.schema.rulebook import load_rulebook
    from costmodel.rules.telling.difference import difference

    _expect(len(names) == 2, "rules diff takes two rulebooks")
    rows = difference(load_rulebook(names[0]), load_rulebook(names[1]))
    _table(("field", *names), rows)
    return 0


def _table(headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    typer.echo(as_text([Table("", headers, rows)], view_of()), nl=False)


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise UsageError(otherwise)


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(epilog=o.examples("costmodel rules show mit-lab2-2022", "costmodel rules init my-rules.yaml"))(rules)
