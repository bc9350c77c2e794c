"""Look at models of one zoo, a line of JSON for each: ``python -m benchmarks.coverage.look timm resnet18``."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

import costmodel
from benchmarks.coverage import Row
from benchmarks.coverage.zoos import ZOOS, Zoo
from benchmarks.coverage.zoos.of_stand_ins import StandIn
from costmodel.errors import CostModelError

_FLOPS_PER_MAC = 2
_MOST = 200_000_000
"""Parameters of a model that is recorded on real tensors where it must be."""


def look(zoo: str, name: str) -> Row:
    """One model: its training step, its inference, and what others say of it."""
    here: Zoo = ZOOS[zoo]
    if here.by_hand is not None:
        return _as_by_hand(zoo, name, here.by_hand(name))
    settings = here.settings(name)
    try:
        analysis = _analysed(here, name, settings)
        inference = costmodel.analyze(lambda: here.build(name), phase="inference", concrete=True, **_alone(settings))
    except CostModelError as error:
        return Row(zoo, name, "refused", why=str(error)[:300])
    except Exception as error:  # the benchmark asks whether there is any
        return Row(zoo, name, "crash", why=f"{type(error).__name__}: {error}"[:300])
    kind = "complete" if analysis.totals.complete else "one batch" if "values" in analysis.provenance else "at least"
    ops = ", ".join(sorted({row.op for row in analysis.uncounted}))
    why = "; ".join([*([f"no formula for {ops}"] if ops else []), *(f"{v.where}: {v.what}" for v in analysis.varies)])
    return Row(
        zoo,
        name,
        kind,
        parameters=analysis.totals.parameters + analysis.totals.frozen_parameters == _parameters(here, name),
        macs=inference.totals.macs.step,
        published=here.published(name),
        flop_counter=_flop_counter(here, name, settings),
        why=why[:300],
    )


def _as_by_hand(zoo: str, name: str, known: StandIn) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        try:
            analysis = costmodel.analyze(known.write(Path(folder)), cache=False, **known.settings)
        except CostModelError as error:
            return Row(zoo, name, "refused", right=known.outcome, why=str(error).replace(folder, "")[:300])
        except Exception as error:  # the benchmark asks whether there is any
            return Row(zoo, name, "crash", right=known.outcome, why=f"{type(error).__name__}: {error}"[:300])
    totals = analysis.totals
    return Row(
        zoo,
        name,
        "complete" if totals.complete else "at least",
        parameters=totals.parameters + totals.frozen_parameters == known.parameters,
        macs=totals.macs.step,
        by_hand=known.macs,
        right=known.outcome,
    )


def _analysed(here: Zoo, name: str, settings: dict[str, Any]) -> Any:
    try:
        return costmodel.analyze(lambda: here.build(name), batch=2, optimizer="adamw", **settings)
    except CostModelError as error:
        if _parameters(here, name) > _MOST:
            raise
        try:
            return costmodel.analyze(lambda: here.build(name), batch=2, optimizer="adamw", concrete=True, **settings)
        except CostModelError:
            raise error from None


def _alone(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name == "input"}


def _parameters(here: Zoo, name: str) -> int:
    try:
        with torch.device("meta"):
            model = here.build(name)
    except (NotImplementedError, RuntimeError):  # its constructor asks for values, which meta tensors do not have
        model = here.build(name)
    return sum(p.numel() for p in model.parameters())


def _flop_counter(here: Zoo, name: str, settings: dict[str, Any]) -> int | None:
    """Torch's own count of one inference, on the meta device; None where that does not run."""
    from costmodel.tracing.inputs import batch_of, call
    from costmodel.tracing.recipe.recipe import make_recipe

    try:
        with torch.device("meta"), torch.no_grad():
            model = here.build(name).eval()
            batch = batch_of({}, make_recipe(_alone(settings), "benchmark").input, 1, model)
            with FlopCounterMode(display=False) as counter:
                call(model, batch)
    except Exception:
        return None
    return int(counter.get_total_flops()) // _FLOPS_PER_MAC


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for each in sys.argv[2:]:
        with contextlib.redirect_stdout(sys.stderr):  # what a model prints is no row
            row = look(sys.argv[1], each)
        print(json.dumps(asdict(row)), flush=True)
