"""Refit the constants of the memory estimate, and print the error tables: ``python -m calibration.memory.fit``.

What nvidia-smi shows is taken as ``context + reserved · residual + copies · inputs``: ``reserved`` is the simulated
allocator's (column of the table, made by :mod:`calibration.memory.features`), the rest is fitted on every second family
of models and judged on the others. Nothing is fitted to ``calibration/measured``.
"""

from __future__ import annotations

import csv
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).parent / "gpumemnet.csv"
CARD = 40_536
"""MiB of the A100 that the table is from: what needs more did not run, and shows what was left of it."""

LEAST_CONTEXT = 1_450
"""MiB that the authors' smallest multilayer perceptrons show: less than this is no context of that software."""

MOST_COPIES = 3
"""The next batch as bytes, as numbers, and normalised."""


@dataclass(frozen=True)
class Case:
    """One training: what it is, what nvidia-smi showed, what the simulation reserves (all in MiB)."""

    name: str
    family: str
    batch: int
    measured: float
    reserved: float
    inputs: float


@dataclass(frozen=True)
class Fit:
    """The constants."""

    context: int
    copies: int
    low: float = 1.0
    high: float = 1.0

    def card(self, case: Case) -> float:
        """MiB that nvidia-smi shows, by the estimate's median."""
        return self.context + case.reserved + self.copies * case.inputs

    def inside(self, case: Case) -> bool:
        """Whether the measurement lies between the ends, with the software's age known."""
        rest = case.measured - self.context - self.copies * case.inputs
        return self.low * case.reserved <= rest <= self.high * case.reserved


def cases() -> tuple[Case, ...]:
    """The table without what cannot have fitted, and without runs that had failed: a larger batch showed no more."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        read = [
            Case(
                name=row["model"],
                family=row["family"],
                batch=int(row["batch"]),
                measured=float(row["measured_mib"]),
                reserved=float(row["reserved_mib"]),
                inputs=float(row["inputs_mib"]),
            )
            for row in csv.DictReader(file)
        ]
    fits = [case for case in read if case.reserved + LEAST_CONTEXT <= CARD]
    failed = {a.name for a in read for b in read if a.name == b.name and a.batch < b.batch and a.measured >= b.measured}
    return tuple(case for case in fits if case.name not in failed)


def halves(every: Sequence[Case]) -> tuple[list[Case], list[Case]]:
    """Every second family, by name, and the others."""
    families = sorted({case.family for case in every})
    first = set(families[::2])
    return [c for c in every if c.family in first], [c for c in every if c.family not in first]


def fitted(on: Sequence[Case]) -> Fit:
    """The constants with the least mean error, of which no case counts for more than 30 % (some runs had failed)."""

    def loss(fit: Fit) -> float:
        return statistics.fmean(min(0.3, abs(fit.card(case) / case.measured - 1)) for case in on)

    best = min(
        (Fit(context, copies) for context in range(LEAST_CONTEXT, 1_901, 10) for copies in range(MOST_COPIES + 1)),
        key=loss,
    )
    ratios = sorted((c.measured - best.context - best.copies * c.inputs) / c.reserved for c in on)
    return Fit(best.context, best.copies, *(round(quantile(ratios, share), 3) for share in (0.05, 0.95)))


def quantile(ordered: Sequence[float], share: float) -> float:
    """By the nearest rank."""
    return ordered[round(share * (len(ordered) - 1))]


def table(fit: Fit, parts: Iterable[tuple[str, Sequence[Case]]]) -> str:
    """Errors of each part, and its worst cases by name."""
    lines = [f"{'':28s}{'cases':>6s}{'median':>9s}{'90th':>9s}{'inside':>9s}"]
    for title, found in parts:
        errors = sorted(abs(fit.card(case) / case.measured - 1) for case in found)
        inside = sum(map(fit.inside, found)) / len(found)
        median, ninth = statistics.median(errors), quantile(errors, 0.9)
        lines.append(f"{title:28s}{len(found):6d}{median:9.1%}{ninth:9.1%}{inside:9.0%}")
    worst = sorted((case for _, found in parts for case in found), key=lambda c: -abs(fit.card(c) / c.measured - 1))
    lines.append("worst:")
    for case in worst[:10]:
        shown = f"{case.measured:,.0f} MiB, estimated {fit.card(case):,.0f}"
        lines.append(f"  {case.name}, batch {case.batch}: {shown} ({fit.card(case) / case.measured - 1:+.0%})")
    return "\n".join(lines)


def main() -> None:
    """Fit on one half, judge on the other."""
    every = cases()
    first, second = halves(every)
    fit = fitted(first)
    print("constants for costmodel/backends/gpu/memory/constants.yaml")
    print(f"  context.eager.ampere.median: {fit.context} MiB")
    print(f"  next_batch.median: {fit.copies} batches of inputs")
    print(f"  residual: {fit.low} to {fit.high} of what is reserved\n")
    print(table(fit, [("families fitted on", first), ("families left out", second)]))


if __name__ == "__main__":
    main()
