"""The page of a ranking: the entries by their number, then every one with its reasons."""

from __future__ import annotations

from costmodel.ir.ranking import Ranking
from costmodel.ir.run import Run
from costmodel.ir.verdict import Outcome
from costmodel.reports.chart import Chart
from costmodel.reports.charts.bar import Bar, bars
from costmodel.reports.html.element import Html, el
from costmodel.reports.html.parts import Parts, tiles
from costmodel.reports.pages.run import time_lines
from costmodel.reports.tables import ranking as tables_of
from costmodel.reports.view import View

NOUN = Ranking

_BARS = 40
_RUNS = 100
_OVER_TIME = (
    "host_memory_bytes", "gpu_memory_bytes", "cpu_energy_joules", "gpu_energy_joules", "cpu_seconds",
    "gpu_busy_percent",
)  # fmt: skip
"""Memory, power and use; the page of a run has everything."""
_TONES = {Outcome.PASS: "", Outcome.FAIL: "bad", Outcome.UNDECIDED: "open"}


def parts(ranking: Ranking, view: View) -> Parts:
    """Who is first, the numbers, the table."""
    shown = tables_of.tables(ranking, view)
    ranked = [entry for entry in ranking.entries if entry.rank is not None]
    first = ", ".join(entry.name for entry in ranked if entry.rank == 1)
    lead = tiles(
        ("first", first or "nobody", f"by {ranking.metric}, {ranking.order}"),
        ("ranked", f"{len(ranked)}", f"of {len(ranking.entries)} entries"),
    )
    return Parts(shown[0].title, lead, [chart(ranking), *map(_over_time, ranking.runs[:_RUNS])], shown)


def _over_time(run: Run) -> Html:
    """Memory, power and use of one run, folded; what it was ended for in its title."""
    endings = ", ".join(f"{s.stage} {s.ending.value}{f': {s.because}' if s.because else ''}" for s in run.stages)
    return el(
        "details",
        el("summary", f"{run.submission}, run {run.number}: {endings}"),
        *time_lines(run, _OVER_TIME),
        class_="wide",
    )


def chart(ranking: Ranking) -> Chart:
    """The number of each entry that has one, in the order of the ranking."""
    rows = []
    for entry in [e for e in ranking.entries if e.metric is not None][:_BARS]:
        place = "not ranked" if entry.rank is None else f"{entry.rank:g}."
        said = f"{entry.metric:,} {ranking.unit}; {entry.outcome.value}; {'; '.join(entry.because)}"
        length = max(float(entry.metric or 0), 0.0)
        group = " ".join(filter(None, (entry.task, entry.bracket)))
        name = f"{place} {entry.name}{f' ({group})' if group else ''}"
        rows.append(Bar(name, (length,), said, f"{entry.metric:,.6g}", _TONES[entry.outcome]))
    unit = f" [{ranking.unit}]" if ranking.unit else ""
    return bars(rows, f"{ranking.metric}{unit}: {ranking.order}, the first is best")


PLOTS = {"entries": chart}
