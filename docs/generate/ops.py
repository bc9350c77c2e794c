"""A page for every family of ops: the formula of each op and the scalar program that it is the count of."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator

from costmodel.ops import formulas
from costmodel.ops.convention import CHOICES, HAET
from costmodel.ops.formula import Formula
from docs.generate.markdown import code, docstring, table


def pages() -> Iterator[tuple[str, str]]:
    """(path, Markdown) of the convention with the list of ops, and of every family."""
    families: dict[str, dict[int, Formula]] = {}
    for entry in formulas().values():
        families.setdefault(inspect.unwrap(entry.work).__module__.rpartition(".")[2], {})[id(entry)] = entry
    rows = [(f"[{name}]({name}.md)", ", ".join(sorted(n for e in entries.values() for n in e.names)))
            for name, entries in sorted(families.items())]  # fmt: skip
    choices = table(("no.", "what", "choice"), [(i, *row) for i, row in enumerate(CHOICES, 1)])
    yield (
        "ops/index.md",
        (
            f"# Ops and the counting convention\n\nConvention `{HAET}`: one operation is one scalar result.\n\n"
            f"{choices}\n## The ops that have a formula\n\n{table(('family', 'ops'), rows)}"
        ),
    )
    for name, entries in families.items():
        yield (
            f"ops/{name}.md",
            "\n".join([f"# {name.replace('_', ' ').capitalize()}\n", *map(_entry, entries.values())]),
        )


def _entry(entry: Formula) -> str:
    parts = [f"## {', '.join(entry.names)}\n"]
    if entry.work.__doc__:
        parts.append(docstring(entry.work.__doc__) + "\n")
    parts.append(code(_source(entry.work), "python"))
    if entry.scalar_program is None:
        parts.append("No arithmetic: this op only moves or names data.\n")
    elif inspect.unwrap(entry.scalar_program) is not inspect.unwrap(entry.work):
        parts.append(f"The scalar program:\n\n{code(_source(entry.scalar_program), 'python')}")
    return "\n".join(parts)


def _source(function: object) -> str:
    try:
        return textwrap.dedent(inspect.getsource(inspect.unwrap(function)))  # type: ignore[arg-type]
    except (OSError, TypeError):
        return f"# made by {getattr(function, '__module__', type(function).__module__)}"
