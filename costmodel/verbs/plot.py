"""Plot: a chart of a noun as a picture of its own, the same that its page shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from costmodel.errors import UnknownNameError, UsageError
from costmodel.ir.analysis import Analysis
from costmodel.ir.noun import Noun
from costmodel.reports.chart import Chart
from costmodel.reports.picture import OURS, Picture, picture
from costmodel.reports.plots import chart_of, plots_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from costmodel.ir.settings import Settings

ROOFLINE = "roofline"
"""The one plot that needs a machine."""


def plot(
    model: Any,
    what: str,
    *,
    hardware: str | None = None,
    backend: str = OURS,
    cache: bool = False,
    **settings: Unpack[Settings],
) -> Picture:
    """A chart as a picture: a notebook shows it, ``save`` writes it, ``svg`` is its text.

    Args:
        model: a noun, the path of one that was saved as JSON, or a model (see :func:`costmodel.trace`), which is
            analyzed.
        what: ``layers``, ``tree``, ``activations``, ``memory`` or ``roofline`` of an analysis; other nouns have
            others, and an unknown name lists them.
        hardware: of a ``roofline``, the GPU; of a model, the machine that it is analyzed on.
        backend: ``svg``, our own, or ``matplotlib``, where it is installed.
        cache: use the user's cache folder.
        settings: of a model; see :class:`costmodel.Settings`.

    Raises:
        UnknownNameError: no such plot, backend or machine.
        UsageError: nothing is drawn of such a noun; a machine is missing, or without effect.
    """
    noun = _noun(model)
    if noun is None:
        from costmodel.verbs.analyze import analyze

        noun = analyze(model, hardware=hardware, cache=cache, progress=False, **settings)
    elif settings:
        raise UsageError("a saved result has its settings already; plot the model instead")
    elif hardware is not None and what != ROOFLINE:
        raise UsageError(f"a plot of {what} needs no machine: hardware is for a roofline")
    return picture(_chart(noun, what, hardware), backend)


class Plots:
    """The plots of one noun, each a method: ``analysis.plot.layers()``."""

    def __init__(self, noun: Noun) -> None:
        self._noun = noun

    def __dir__(self) -> list[str]:
        return sorted([*plots_of(type(self._noun)), *[ROOFLINE] * isinstance(self._noun, Analysis)])

    def __getattr__(self, name: str) -> Callable[..., Picture]:
        if name.startswith("_") or name not in dir(self):
            raise AttributeError(f"{type(self._noun).__name__} has no plot {name}; it has {', '.join(dir(self))}")

        def drawn(hardware: str | None = None, *, backend: str = OURS) -> Picture:
            return plot(self._noun, name, hardware=hardware, backend=backend)

        drawn.__name__ = name
        return drawn

    def __repr__(self) -> str:
        return f"<plots: {', '.join(dir(self)) or 'none'}>"


def _noun(model: Any) -> Noun | None:
    if isinstance(model, Noun):
        return model
    saved = isinstance(model, str) and model.endswith(".json")
    return Noun.load(model) if saved else None


def _chart(noun: Noun, what: str, hardware: str | None) -> Chart:
    if not isinstance(noun, Analysis) or what != ROOFLINE:
        known = plots_of(type(noun))
        if isinstance(noun, Analysis) and what not in known:
            raise UnknownNameError("plot", what, [*known, ROOFLINE])
        return chart_of(noun, what)
    from costmodel.backends.gpu.options import DEFAULT_PRECISION, fastest
    from costmodel.hardware.gpu.cards import load_gpu
    from costmodel.reports.roof import Roof, roofline

    name = hardware or (noun.gpu.hardware if noun.gpu is not None else None)
    if name is None:
        raise UsageError("a roofline is of a machine: name a GPU as hardware (costmodel hardware list)")
    card = load_gpu(name)
    flops = fastest(card, noun.gpu.precision if noun.gpu is not None else DEFAULT_PRECISION)
    if flops is None or card.kind != "gpu":
        raise UsageError(f"{card.name} has no peak to draw a roof from; name a GPU (costmodel hardware list)")
    return roofline(noun, Roof(card.name, flops, card.bytes_per_second))
