"""A layer less: one that gives as much as it takes is left out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from torch import nn

from costmodel.tracing.surgery.change import Change, Seen, replaced


def changes(seen: Seen) -> Iterator[Change]:
    """Convolutions and linear layers whose output has the shape of their input; and blocks of several of them."""
    for path, module in seen.model.named_modules():
        if not path or path not in seen.shapes or seen.shapes[path][0] != seen.shapes[path][1]:
            continue
        works = [m for m in module.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
        if not works or (len(works) == 1 and module is not works[0]):
            continue
        what = "left out" if module is works[0] else f"left out, a block of {len(works)} layers"
        yield Change("removal", (path,), what, partial(_leave_out, path))


def _leave_out(path: str, model: nn.Module) -> None:
    parent, _, name = path.rpartition(".")
    holder: Any = model.get_submodule(parent)
    if isinstance(holder, (nn.Sequential, nn.ModuleList)) and name.isdigit():
        holder[int(name)] = nn.Identity()
    else:
        replaced(model, path, nn.Identity())
