"""The pictures and pages that the tutorials show: made by the commands that they name, when the site is built."""

from __future__ import annotations

from pathlib import Path

import costmodel
from costmodel.backends.gpu.options import GpuOptions
from costmodel.ir.noun import Noun
from costmodel.ir.settings import Settings
from costmodel.reports import View, render
from costmodel.verbs.gpu_estimate import timeline_of

_RESNET = "examples/zoo/resnet.py:ResNet18"
_LENET = "examples/zoo/lenet.py:LeNet5"
_CARD = "v100-sxm2-16gb"
_MACHINE = "simple_weight_stationary"


def write_pictures(folder: Path) -> list[str]:
    """Write them below ``pictures/`` and ``pages/``; the names, as a page refers to them."""
    words: Settings = {"batch": 128, "optimizer_options": {"momentum": 0.9}}
    analysis = costmodel.analyze(_RESNET, hardware=_CARD, progress=False, **words)
    step = costmodel.trace(_RESNET, **words).phases[0].trace
    cost = costmodel.estimate(_LENET, _MACHINE, progress=False)
    verdict = costmodel.check(_LENET, "mit-lab2-2022", facts={"error_rate_percent": 30})
    found = []
    wanted: list[tuple[str, Noun, tuple[str, ...]]] = [
        ("resnet18", analysis, ("layers", "tree", "activations", "memory", "roofline")),
        ("lenet-accelerator", cost, ("components", "cycles", "layers", "arrays")),
        ("lenet-lab2", verdict, ("rules", "activations")),
    ]
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    (folder / "pages").mkdir(exist_ok=True)
    for name, noun, plots in wanted:
        for plot in plots:
            costmodel.plot(noun, plot).save(folder / "pictures" / f"{name}-{plot}.svg")
            found.append(f"pictures/{name}-{plot}.svg")
        view = View(step=step, timeline=timeline_of(step, _CARD, GpuOptions())) if noun is analysis else View()
        text = render(noun, "html", view)  # type: ignore[arg-type]  # these three can be shown
        (folder / "pages" / f"{name}.html").write_text(text, encoding="utf-8")
        found.append(f"pages/{name}.html")
    return found
