"""The page of a run: a counter becomes its rate, limits are drawn, and what was killed says when and why."""

from __future__ import annotations

import re

from costmodel.ir.run import Ending, MeterReading, Run, RunLimit, Sample, Score, StageRun
from costmodel.reports import View, render

SAMPLES = tuple(
    Sample(seconds=s, values={"cpu_energy_joules": j, "host_memory_bytes": m, "gpu_busy_percent": 0.0})
    for s, j, m in ((0.0, 5.0, 1e9), (1.0, 15.0, 2e9), (1.5, 20.0, 3e9), (2.0, 35.0, 5e9))
)
STAGE = StageRun(
    stage="main.py", command=("python", "main.py"), ending=Ending.BROKE, limit="host_memory", status=-9,
    because="it had 5 GB, the limit is 4 GB <b>", wall_seconds=2.1, asked_seconds=2.05, samples=SAMPLES,
    meters=(MeterReading(meter="rapl", quantity="cpu_energy_joules", unit="J", value=30.0),),
)  # fmt: skip
RUN = Run(
    submission="maple", number=1, seed=0, enclosure="none", keeps=(), stages=(STAGE,),
    limits=(RunLimit(name="host_memory", value=4e9, unit="bytes", kept_by="looks"),
            RunLimit(name="time", value=600, unit="s", kept_by="SIGKILL")),
    score=Score(file="submission.csv", right=9, total=10, accuracy_percent=90.0, low_percent=59.58, high_percent=98.21),
)  # fmt: skip


def _figures(run: Run) -> dict[str, str]:
    text = render(run, "html", View())
    found = re.findall(r"<figure>(.*?)</figure>", text, re.DOTALL)
    return {re.findall(r"<figcaption>(.*?)</figcaption>", one)[0]: one for one in found}


def test_each_quantity_has_its_time_line_with_its_limit() -> None:
    shown = _figures(RUN)
    assert list(shown) == ["Host memory of the whole tree: main.py", "Power of the processors: main.py"]
    memory, power = shown.values()
    assert "limit: 4,000,000,000" in memory
    assert "limit: " not in power
    # ten joules in the first second, twenty in the next, of which the looks at half of it say nothing
    assert re.findall(r"<title>([\d.]+ s: \d+)</title>", power) == ["1.00 s: 10", "2.00 s: 20"]
    for figure in shown.values():
        assert "2.05 s: asked to end; 2.10 s: over: it had 5 GB, the limit is 4 GB &lt;b&gt;" in figure
        assert "600.00 s: the time limit" in figure


def test_the_glance_says_how_it_ended_and_what_it_scored() -> None:
    text = render(RUN, "html", View())
    glance = re.findall(r'<dl class="tiles">(.*?)</dl>', text, re.DOTALL)[0]
    for said in ("broke a limit", "the limit is 4 GB &lt;b&gt;", "90.00 %", "9 of 10 right", "30.0 J"):
        assert said in glance
