"""Seconds and joules against steps that torch.cuda measured: ``python -m calibration.time.held_out``.

Nothing is fitted to ``calibration/measured``. The estimate is made as ``costmodel.estimate`` makes it. The host that
measured was a slow virtual machine: where its own launches took as long as the step, the case says nothing of the card,
and stands in a line of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import costmodel
from calibration.time.fit import line

MEASURED = Path(__file__).parents[1] / "measured"
_PRECISION = {"amp_fp16": "amp", "amp_bf16": "amp"}
_AUTOCAST = {"amp_fp16": "float16", "amp_bf16": "bfloat16"}
_CARD = {"NVIDIA H100 80GB HBM3": "h100-sxm5"}
_HOST_BOUND = 0.9
"""Launching for so much of the step's time means that the step waited for its host."""


def estimate_of(case: Mapping[str, Any], card: str) -> Any:
    """What costmodel says of a measured case."""
    words: dict[str, Any] = {name: case.get(name) for name in ("batch", "optimizer", "optimizer_options")}
    if case["precision"] in _AUTOCAST:
        words["autocast"] = _AUTOCAST[case["precision"]]
    shape = "x".join(map(str, case["sample_shape"])) + ":int64" * (len(case["sample_shape"]) == 1)
    return costmodel.estimate(
        case["reference"], card, phase=case["phase"], input=shape,
        precision=_PRECISION.get(case["precision"], case["precision"]), layout=case["layout"],
        **{name: value for name, value in words.items() if value is not None},
    )  # fmt: skip


def main() -> None:
    """The tables."""
    for file in sorted(MEASURED.glob("*.json")):
        record = json.loads(file.read_text(encoding="utf-8"))
        card = _CARD[record["surroundings"]["card"]["name"]]
        seconds: dict[str, list[float]] = {}
        joules: list[float] = []
        inside = []
        for case in record["cases"]:
            if case["outcome"] != "ok":
                continue
            found = estimate_of(case, card)
            measured = case["step_seconds"]["median"]
            step = found.time.step_seconds
            error = float(np.log(step.median / measured))
            waits = (case["host_launch_seconds_median"] or 0) > _HOST_BOUND * measured
            seconds.setdefault("steps that wait for the host" if waits else "steps that keep the card busy", []).append(
                error
            )
            inside.append(step.low <= measured <= step.high)
            joules.append(float(np.log(found.energy.step_joules.median / case["step_joules"])))
            print(f"{case['case']:62s} {step.low * 1e3:7.1f} {step.median * 1e3:7.1f} {step.high * 1e3:7.1f} ms, "
                  f"measured {measured * 1e3:7.1f}")  # fmt: skip
        print(f"\n{card}: seconds")
        for title, errors in seconds.items():
            print(line(title, np.array(errors)))
        print(f"inside the interval: {np.mean(inside):.0%} of {len(inside)}")
        print(line("joules", np.array(joules)))


if __name__ == "__main__":
    main()
