"""Channel counts: the natural widths of the machine's array around the present one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from torch import nn

from costmodel.tracing.surgery.change import Change, Seen
from costmodel.tracing.surgery.refit import with_outputs

_PARTS = (1, 2, 4)
"""Multiples of the array's row, its half and its quarter."""


def changes(seen: Seen) -> Iterator[Change]:
    """Fewer and more channels of a layer, or of all those whose outputs are added."""
    for group in seen.groups:
        first = seen.model.get_submodule(group[0])
        now = first.out_features if isinstance(first, nn.Linear) else first.out_channels
        assert isinstance(now, int)
        for count in _natural(now, seen.lanes):
            what = f"{now} → {count} {'features' if isinstance(first, nn.Linear) else 'channels'}"
            yield Change("channels", group, what, partial(_make, group, count), (now, count))


def _natural(now: int, lanes: int) -> list[int]:
    """From a half to twice the present count: the next two on each side, and the half and the double."""
    steps = {max(1, lanes // part) for part in _PARTS} - {1} or {max(1, now // 4)}
    multiples = sorted({step * k for step in steps for k in range(1, 2 * now // step + 1)})
    below = [n for n in multiples if now / 2 <= n < now][-2:]
    above = [n for n in multiples if now < n <= 2 * now][:2]
    return sorted({*below, *above, *([now // 2] if now % 2 == 0 else [])} - {0, now})


def _make(group: tuple[str, ...], count: int, model: nn.Module) -> None:
    for path in group:
        with_outputs(model.get_submodule(path), count)
