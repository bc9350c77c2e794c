"""The public zoos through the tool: what is complete, at least or refused, and whether the figures agree with others.

Beside them stand small repositories of our own in the shape of public training scripts, with figures worked out by
hand (``stand_ins``). The zoos need torchvision, timm and transformers (``pip install torchvision timm transformers``);
one that is missing is said and left out. ``COSTMODEL_COVERAGE`` picks models by a shell pattern
(``torchvision/resnet*``).
"""

from __future__ import annotations

import fnmatch
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from tabulate import tabulate

from benchmarks.coverage.zoos import ZOOS

TIMM, TRANSFORMERS = 0.97, 0.90
"""Bars: the share that is complete."""
OUTCOMES = ("complete", "at least", "one batch", "refused", "crash")
_PATTERN = os.environ.get("COSTMODEL_COVERAGE", "*")
_LONGEST = 600
"""Seconds for one model."""


@dataclass(frozen=True)
class Row:
    """What became of one model.

    Attributes:
        outcome: complete, at least, one batch, refused or crash.
        parameters: whether ours are those of the built model.
        macs: of one inference, ours.
        published: the zoo's own figure in 10⁹ with three decimals, None where it has none.
        by_hand: MACs of a training step, worked out by hand; ours are then those of a step too.
        right: the outcome that a stand-in has to have.
        flop_counter: torch's FlopCounterMode, None where it fails.
        why: of what is not complete.
    """

    zoo: str
    name: str
    outcome: str
    parameters: bool = False
    macs: int = 0
    published: float | None = None
    by_hand: int | None = None
    right: str = ""
    flop_counter: int | None = None
    why: str = ""

    @property
    def as_published(self) -> bool | None:
        """Whether our MACs round to the zoo's figure, or are the one worked out by hand."""
        if self.by_hand is not None:
            return self.macs == self.by_hand
        return None if self.published is None else round(self.macs / 1e9, 3) == round(self.published, 3)


def rows_of(zoo: str) -> Iterator[Row]:
    """The models of a zoo, looked at in processes of their own: one that ends takes no other along."""
    waiting = [n for n in ZOOS[zoo].names() if fnmatch.fnmatch(f"{zoo}/{n}", _PATTERN)]
    while waiting:
        command = [sys.executable, "-m", "benchmarks.coverage.look", zoo, *waiting]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL) as child:
            assert child.stdout is not None
            for line in child.stdout:
                row = Row(**json.loads(line))
                waiting.remove(row.name)
                yield row
        if child.returncode and waiting:
            yield Row(zoo, waiting.pop(0), "crash", why=f"the process ended with {child.returncode}")


def main() -> bool:
    """Print a table, and each model that is not complete or differs; say whether the bars hold."""
    held, table = True, []
    for zoo in ZOOS:
        if not ZOOS[zoo].is_there():
            print(f"{zoo} was not measured: it is not installed")
            continue
        rows = []
        for row in rows_of(zoo):
            rows.append(row)
            print(json.dumps(asdict(row)), file=sys.stderr)
            if row.outcome != "complete":
                print(f"{zoo}/{row.name}: {row.outcome}: {row.why}")
            if row.as_published is False:
                given = row.by_hand if row.published is None else f"{row.published} · 10⁹"
                print(f"{zoo}/{row.name}: {row.macs:,} MACs, published {given}")
            if row.flop_counter not in (None, row.macs):
                print(f"{zoo}/{row.name}: {row.macs:,} MACs, FlopCounterMode {row.flop_counter:,}")
        if rows:
            table.append(_summary(zoo, rows))
            held = held and _holds(zoo, rows)
    headers = ("zoo", "models", *OUTCOMES, "parameters equal", "MACs as published", "MACs as FlopCounterMode")
    print(tabulate(table, headers))
    return held


def _summary(zoo: str, rows: list[Row]) -> tuple[object, ...]:
    reached = [row for row in rows if row.outcome in ("complete", "at least", "one batch")]
    published = [row for row in reached if row.as_published is not None]
    counted = [row for row in reached if row.flop_counter is not None]
    return (
        zoo,
        len(rows),
        *(
            sum(row.outcome == kind for row in rows)
            for kind in ("complete", "at least", "one batch", "refused", "crash")
        ),
        f"{sum(row.parameters for row in reached)} of {len(reached)}",
        f"{sum(bool(row.as_published) for row in published)} of {len(published)}" if published else "",
        f"{sum(row.flop_counter == row.macs for row in counted)} of {len(counted)}" if counted else "",
    )


def _holds(zoo: str, rows: list[Row]) -> bool:
    complete = sum(row.outcome == "complete" for row in rows) / max(len(rows), 1)
    bar = {"timm": TIMM, "transformers": TRANSFORMERS}.get(zoo, 0.0)
    reached = [row for row in rows if row.outcome not in ("refused", "crash")]
    if any(row.right and (row.outcome != row.right or row.as_published is False) for row in rows):
        return False
    return complete >= bar and all(row.parameters for row in reached) and all(row.outcome != "crash" for row in rows)
