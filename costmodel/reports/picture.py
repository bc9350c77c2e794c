"""A chart as a picture of its own: a notebook shows it, and it saves itself."""

from __future__ import annotations

import importlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from costmodel.errors import UnknownNameError, UsageError
from costmodel.files.writing import write_text
from costmodel.reports.chart import Chart

OURS, MATPLOTLIB = "svg", "matplotlib"
BACKENDS = (OURS, MATPLOTLIB)
_SIZE = (9.0, 5.0)
"""Inches of a figure."""


@dataclass(frozen=True, repr=False)
class Picture:
    """A chart that shows itself in a notebook.

    Attributes:
        chart: what is drawn.
    """

    chart: Chart

    @property
    def svg(self) -> str:
        """The picture as the text of an SVG file: the same bytes for the same figures."""
        return f"{self.chart.svg()}\n"

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Picture: {self.chart.title}>"

    def save(self, path: str | Path) -> None:
        """Write an SVG file, whole or not at all.

        Raises:
            UsageError: another format, or the file cannot be written.
        """
        target = Path(path)
        if target.suffix.lower() != ".svg":
            raise UsageError(
                f"{path}: pictures are SVG; name a file that ends in .svg, or ask for backend='matplotlib'"
            )
        _written(target, self.svg)


@dataclass(frozen=True, repr=False)
class MatplotlibPicture(Picture):
    """A chart that matplotlib has drawn; ``figure`` is there to be changed.

    Attributes:
        figure: a ``matplotlib.figure.Figure``.
    """

    figure: Any

    @property
    def svg(self) -> str:
        """As matplotlib writes it, without its date."""
        text = io.StringIO()
        self.figure.savefig(text, format="svg", metadata={"Date": None})
        return text.getvalue()

    def save(self, path: str | Path) -> None:
        """Write a file in any format that matplotlib knows, by the name's ending.

        Raises:
            UsageError: it does not know the format, or the file cannot be written.
        """
        try:
            self.figure.savefig(path)
        except (OSError, ValueError) as error:
            raise UsageError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def picture(chart: Chart, backend: str = OURS) -> Picture:
    """The picture of a chart, by our own means, or by matplotlib where it is asked for.

    Raises:
        UnknownNameError: no such backend.
        UsageError: matplotlib is not installed.
    """
    if backend not in BACKENDS:
        raise UnknownNameError("backend of plots", backend, BACKENDS)
    if backend == OURS:
        return Picture(chart)
    try:
        figures = importlib.import_module("matplotlib.figure")
    except ImportError:
        raise UsageError("matplotlib is not installed: install costmodel[plot], or leave out the backend") from None
    figure = figures.Figure(figsize=_SIZE, layout="constrained")  # no pyplot: nothing global, no window
    chart.draw(figure.subplots())
    return MatplotlibPicture(chart, figure)


def _written(target: Path, text: str) -> None:
    try:
        write_text(target, text)
    except OSError as error:
        raise UsageError(f"{target}: {error.strerror or error}") from None
