"""All candidates of one spread by the closed form: the best DRAM split of every arrangement.

A batch is one choice of (innermost DRAM loop, arrangement inside a PE, use of the buffer): at most 4 · 5 · 8 of them,
each with a column per DRAM split. Most batches are passed over without a look at capacity or bandwidth:

* before the eight uses of the buffer: private energy + Σ min(kept, bypassed) is at most the energy of each of them,
  column by column. If even its least column is not wanted, none of the eight is;
* for each use: its least column, fitting or not, is at most its least fitting column.

``wanted`` may ask for less energy than some mapping that is known, or for a cost that the front is open to with the
fewest cycles that the spread can have: both only ever refuse what could not be taken (``Front.hopeless``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from costmodel.mapping.machine import Machine
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.closed_form.arrangement import Arrangement
from costmodel.mapping.search.closed_form.buffer import BufferUse, Setting, holds, private_energy, throttled, usages
from costmodel.mapping.search.closed_form.dram_splits import Column, OuterSplits, outer_splits
from costmodel.mapping.search.closed_form.hierarchy import PAD, Spread
from costmodel.mapping.search.closed_form.inside_pe import Inner, Innermost, inner_choices
from costmodel.mapping.search.front import Front

CONVOLUTION_INNERMOST: tuple[Innermost, ...] = ("P", "Q", "C", "M")
DEPTHWISE_INNERMOST: tuple[Innermost, ...] = ("P", "Q")
"""C moves every data space of a depthwise layer, so nothing is gained with C innermost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An arrangement and the energy that the closed form gives it."""

    energy_pj: float
    arrangement: Arrangement


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One innermost DRAM loop, resting register and use of the buffer; columns over the DRAM splits.

    Attributes:
        held: how many positions weights rest over at most, for dims that say so.
        energy_pj: of each column, whether it fits or not.
    """

    spread: Spread
    setting: Setting
    splits: OuterSplits
    innermost: Innermost
    inner: Inner
    used: tuple[BufferUse, BufferUse, BufferUse]
    choice: int
    held: tuple[tuple[str, int], ...]
    energy_pj: Column

    def arrangement(self, column: int) -> Arrangement:
        """The arrangement of one column."""
        return Arrangement(
            spread=self.spread,
            outer=tuple((dim, int(values[column])) for dim, values in self.splits.outer.items()),
            innermost=self.innermost,
            resting=self.inner.resting,
            reach=self.inner.reach,
            pad=int(self.inner.pad[column]),
            choice=self.choice,
            held=self.held,
        )

    @property
    def fitting_pj(self) -> Column:
        """Of each column the energy; infinite where the buffer does not hold its tiles or throttles."""
        fits = holds(self.setting, self.splits, self.used, self.choice)
        fits &= throttled(self.setting, self.used, self.choice) <= self.setting.steps
        return np.where(fits, self.energy_pj, np.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Inputs that PEs share where kernel and positions of an axis are both spread.

    Attributes:
        held: by dim (P, Q), how many positions a PE's tile has there.
        groups: inputs that are fetched for each that one PE asks for, at least.
    """

    held: dict[str, int]
    groups: float

    def restricted(self, found: Sequence[Inner], splits: OuterSplits, kernel: int) -> Iterator[Inner]:
        """The arrangements with these tiles: weights rest over no more, outputs only where nothing is held.

        With one weight of a kernel inside a PE and no channel in the scratchpad weights rest over the buffer's
        positions, too; then no DRAM loop reuses the scratchpad.
        """
        # ``left``: how many tiles of the held positions one PE goes through in a DRAM round
        channels = splits.inner["C"]
        possible, left = np.ones_like(channels, dtype=bool), np.ones_like(channels)
        for dim, held in self.held.items():
            possible &= splits.inner[dim] % held == 0
            left *= splits.inner[dim] / held
        for inner in found:
            if inner.resting == "weights":
                # Positions that are not held are loops in the buffer. Between two of them the weights come again, but
                # not if there is only one weight: then no loop moves it before the DRAM level's.
                rests_on = kernel * channels == 1
                fills = np.where(rests_on, inner.weight_fills, inner.weight_fills * left)
                yield replace(inner, weight_fills=np.where(possible, fills, np.inf))
                if kernel == 1:  # the channels' loop behind the positions' in the buffer, one weight in the scratchpad
                    fills = np.where(possible, inner.weight_fills, np.inf)
                    yield replace(inner, reach=True, weight_fills=fills, pad_fills=channels * splits.rounds)
            elif all(held == 1 for held in self.held.values()):  # outputs rest: no position is inside a PE
                yield inner


def candidates(problem: Problem, machine: Machine, spread: Spread, *, improving: bool = False) -> Iterator[Candidate]:
    """Per innermost DRAM loop, resting register and use of the buffer the best DRAM split that is not throttled.

    With ``improving`` only candidates that are better than all before.
    """
    best = np.inf

    def wanted(energy: float) -> bool:
        return energy < best

    for batch in batches(problem, machine, spread, wanted):
        energy = batch.fitting_pj
        column = int(np.argmin(energy))
        if energy[column] < best:
            best = energy[column] if improving else np.inf
            yield Candidate(energy_pj=float(energy[column]), arrangement=batch.arrangement(column))


def offer_all(problem: Problem, machine: Machine, spread: Spread, front: Front[Arrangement]) -> None:
    """Put every arrangement of a spread that is of use into the front, throttled ones with their cycles."""
    steps = problem.macs // spread.width
    for batch in batches(problem, machine, spread, lambda energy: not front.hopeless(steps, energy)):
        fits = holds(batch.setting, batch.splits, batch.used, batch.choice)
        cycles = throttled(batch.setting, batch.used, batch.choice)
        energy = np.where(fits, batch.energy_pj, np.inf)
        for column in front.survivors(cycles, energy):
            front.offer(int(cycles[column]), float(energy[column]), batch.arrangement(column))


def batches(
    problem: Problem,
    machine: Machine,
    spread: Spread,
    wanted: Callable[[float], bool],
    shared: Shared | None = None,
) -> Iterator[Batch]:
    """All batches of a spread with a column whose energy is ``wanted``.

    Args:
        problem: the layer.
        machine: one that is ``recognised``.
        spread: spatial factors.
        wanted: of an energy, whether a mapping with it would be of use; if it says no, then to all larger ones, too.
        shared: inputs that PEs share, if they do: then the energies are bounds from below.
    """
    setting, splits = setting_of(problem, machine, spread), outer_splits(problem, spread)
    capacity = machine.levels[PAD].entries or 0
    kernel = problem.R * problem.S // (spread.of("R") * spread.of("S"))
    for innermost in DEPTHWISE_INNERMOST if problem.depthwise else CONVOLUTION_INNERMOST:
        inners: Iterable[Inner] = inner_choices(problem, splits, capacity, innermost, setting.steps, kernel)
        if shared is not None:
            inners = shared.restricted([*inners], splits, kernel)
        for inner in inners:
            together = input_groups(problem, spread, splits, inner) if shared is None else shared.groups
            groups = setting.groups[0], together, setting.groups[2]
            private, used = private_energy(setting, inner), usages(splits, innermost, inner, groups, setting)
            # whatever fits the buffer: nothing can be better than the cheaper of keeping and bypassing each data space
            bound = private + sum(np.minimum(usage.keep_pj, usage.bypass_pj) for usage in used)
            if not wanted(float(bound.min())):
                continue
            for choice in range(8):
                energy = private
                for v in range(3):
                    energy = energy + (used[v].keep_pj if choice >> v & 1 else used[v].bypass_pj)
                if wanted(float(energy.min())):
                    yield Batch(
                        spread=spread,
                        setting=setting,
                        splits=splits,
                        innermost=innermost,
                        inner=inner,
                        used=used,
                        choice=choice,
                        held=tuple(shared.held.items()) if shared is not None else (),
                        energy_pj=energy,
                    )


def setting_of(problem: Problem, machine: Machine, spread: Spread) -> Setting:
    """What all columns of a spread share."""
    used = {dim: spread.of(dim) for dim in "CMNPQRS"}
    # PEs that differ only in dims that do not move a data space want the same words of it: they are one group
    outputs = problem.N * problem.P * problem.Q * (problem.C if problem.depthwise else problem.M)
    channels = used["C"] if problem.depthwise else used["M"]
    output_groups = channels * used["N"] * used["P"] * used["Q"]
    return Setting(
        machine=machine,
        steps=problem.macs // spread.width,
        width=spread.width,
        groups=(used["C"] * used["M"] * used["R"] * used["S"], used["C"] * used["N"], output_groups),
        outputs=outputs,
        first_outputs=outputs // output_groups,
        mac_pj=machine.mac_pj * problem.macs,
    )


def input_groups(problem: Problem, spread: Spread, splits: OuterSplits, inner: Inner) -> Column | int:
    """Groups of PEs that want different inputs; positions and kernel may meet in the same input word.

    What neighbours may hand on over links is left out here; it depends on the order of single moves.
    """
    groups: Column | int = spread.of("C") * spread.of("N")
    axes = (("R", "P", problem.w_dilation, problem.w_stride), ("S", "Q", problem.h_dilation, problem.h_stride))
    for kernel, position, dilation, stride in axes:
        taps, places = spread.of(kernel), spread.of(position)
        if taps == 1 or places == 1:
            groups = groups * (taps * places)
            continue
        tap = dilation * (getattr(problem, kernel) // taps)
        # PE (i, j) starts at i·tap + j·(stride · positions in its tile): equal sums are equal inputs. With weights that
        # rest all of a PE's positions are in its tile, else one at a time.
        inside = splits.inner[position] if inner.resting == "weights" else np.ones_like(splits.inner[position])
        met = {
            float(n): len({tap * i + stride * int(n) * j for i in range(taps) for j in range(places)})
            for n in np.unique(inside)
        }
        groups = groups * np.array([met[float(n)] for n in inside])
    return groups
