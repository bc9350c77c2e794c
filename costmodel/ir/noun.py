"""Abilities that every noun has: it says what it is in one line, saves and loads itself, and lists its rows."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from costmodel.errors import FormatError, UsageError
from costmodel.files.writing import write_text
from costmodel.ir.codec import dumps, loads, to_data
from costmodel.ir.showing import plots_of, table_of

N = TypeVar("N", bound="Noun")

_KINDS: dict[str, type[Noun]] = {}


class Noun:
    """A result, or a step on the way to one.

    Attributes:
        SCHEMA: name and number of its JSON form; a field that goes, or changes its meaning, is another number.
        ROWS: the field whose items are its rows, "" if it has none.
    """

    __slots__ = ()
    SCHEMA: ClassVar[str]
    ROWS: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        # a dataclass with slots is made twice; the second class is the one that stays
        _KINDS[cls.SCHEMA] = cls

    def summary(self) -> str:
        """The noun in a few words, for its ``repr``."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.summary()}>"

    def _repr_html_(self) -> str | None:
        """The table that a notebook shows; None where there is none, and the notebook then shows the ``repr``."""
        return table_of(self)

    @property
    def plot(self) -> Any:
        """The noun's plots: each is a method that returns a picture, and ``dir`` lists them.

        ``analysis.plot.layers()``, ``analysis.plot.roofline("v100-sxm2-16gb")``; a notebook shows them, ``save``
        writes them, ``backend="matplotlib"`` has matplotlib draw them.
        """
        return plots_of(self)

    def to_json(self) -> str:
        """The noun in its JSON schema, indented, with a final newline."""
        return dumps(self, self.SCHEMA, indent=2)

    def save(self, path: str | Path) -> None:
        """Write the noun's JSON form to a file, whole or not at all.

        Raises:
            UsageError: the file cannot be written.
        """
        try:
            write_text(Path(path), self.to_json())
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror or error}") from None

    @classmethod
    def load(cls: type[N], path: str | Path) -> N:
        """The noun that a file holds; ``Noun.load`` takes any.

        Raises:
            UsageError: the file cannot be read.
            FormatError: it is not JSON, or of another schema; with the path of the field that is wrong.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
        try:
            kind = _kind_of(text) if cls is Noun else cls
            return loads(kind, text, kind.SCHEMA)  # type: ignore[return-value]  # a kind of Noun where cls is Noun
        except FormatError as error:
            raise FormatError(f"{path}: {error}") from None

    def to_dataframe(self) -> Any:
        """The rows as a pandas DataFrame; fields of a field get names with dots.

        Raises:
            UsageError: pandas is not installed, or the noun has no rows.
        """
        if not self.ROWS:
            raise UsageError(f"a {type(self).__name__} has no rows; save() keeps all of it as JSON")
        try:
            pandas = importlib.import_module("pandas")
        except ImportError:
            raise UsageError("to_dataframe() needs pandas, which is not installed; to_json() holds the same") from None
        return pandas.DataFrame([_flat(row) for row in getattr(self, self.ROWS)])


def _kind_of(text: str) -> type[Noun]:
    """The class whose schema a text names."""
    import json

    try:
        data = json.loads(text)
    except ValueError as error:
        raise FormatError(f"not JSON: {error}") from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema not in _KINDS:  # a noun is known once its module is imported
        for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
            importlib.import_module(f"{__package__}.{module.name}")
    if schema not in _KINDS:
        raise FormatError(f"schema {schema!r}: known are {', '.join(sorted(_KINDS))}")
    return _KINDS[schema]


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """A row as one level of names and plain values."""
    row: dict[str, Any] = {}
    items = value.items() if isinstance(value, Mapping) else ((f.name, getattr(value, f.name)) for f in fields(value))
    for name, item in items:
        if is_dataclass(item) or isinstance(item, Mapping):
            row |= _flat(item, f"{prefix}{name}.")
        else:
            row[f"{prefix}{name}"] = float(item) if isinstance(item, Decimal) else to_data(item)
    return row
