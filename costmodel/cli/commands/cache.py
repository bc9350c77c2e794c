"""``costmodel cache clear|where``."""

from __future__ import annotations

import typer

from costmodel.files import cache as store

cache = typer.Typer(help="The folder of results by content.", no_args_is_help=True)


@cache.command()
def clear() -> int:
    """Delete every cached result."""
    typer.echo(f"{store.clear()} cached results deleted")
    return 0


@cache.command()
def where() -> int:
    """Print the cache folder."""
    typer.echo(store.cache_folder())
    return 0


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.add_typer(cache, name="cache")
