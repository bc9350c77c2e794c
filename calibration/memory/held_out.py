"""Errors on steps that torch.cuda measured, to which nothing is fitted: ``python -m calibration.memory.held_out``."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from costmodel import trace
from costmodel.backends.gpu.memory.estimate import Script, estimate_memory
from costmodel.hardware.gpu.cards import load_gpu
from costmodel.ir.gpu_memory import GpuMemory
from costmodel.ir.trace import Trace

MEASURED = Path(__file__).parents[1] / "measured" / "nvidia-h100-80gb-hbm3.json"
CARD = "h100-sxm5"
AUTOCAST = {"amp_fp16": "float16", "amp_bf16": "bfloat16"}
FIGURES = ("requested", "allocated", "reserved", "card")


def step_of(case: dict[str, Any]) -> Trace:
    """The case's step, traced."""
    tokens = len(case["sample_shape"]) == 1
    settings: dict[str, Any] = {
        "input": "x".join(map(str, case["sample_shape"])) + (":int64" if tokens else ""),
        "batch": case["batch"],
    }
    if case["phase"] == "training":
        update = {"optimizer": case["optimizer"], "optimizer_options": case["optimizer_options"]}
        settings |= {"loss": case["loss"]} | update
    else:
        settings["step"] = "evaluate"
    if case["precision"] in AUTOCAST:
        settings["autocast"] = AUTOCAST[case["precision"]]
    return trace(case["reference"], **settings).phases[0].trace


def estimate(case: dict[str, Any], step: Trace) -> GpuMemory:
    """With what is known of the script that measured."""
    script = Script(
        outputs_held=True,
        data_on_card=True,
        cudnn_benchmark=case["cudnn_benchmark"],
        lazy_loading=True,
        tf32=case["precision"] != "fp32",
    )
    return estimate_memory(step, load_gpu(CARD), script)


def shown(case: dict[str, Any]) -> dict[str, int]:
    """What was measured, from the start of the process."""
    names = {name: case["memory"][f"process_{name}_peak_bytes"] for name in FIGURES[:-1]}
    return names | {"card": case["card"]["nvml_used_bytes_ever_max"]}


def main() -> None:
    """A row a case: error of each figure, with a mark where the measurement lies outside of the interval."""
    errors: dict[str, list[float]] = {name: [] for name in FIGURES}
    outside = dict.fromkeys(FIGURES, 0)
    steps: dict[tuple[Any, ...], Trace] = {}
    print(f"{'':60s}" + "".join(f"{name:>11s}" for name in FIGURES))
    for case in json.loads(MEASURED.read_text(encoding="utf-8"))["cases"]:
        key = (case["network"], case["batch"], AUTOCAST.get(case["precision"]), case["phase"])
        steps[key] = steps[key] if key in steps else step_of(case)
        found, cells = estimate(case, steps[key]), ""
        for name, nbytes in shown(case).items():
            interval = getattr(found, f"{name}_bytes")
            error = interval.median / nbytes - 1
            missed = not interval.low <= nbytes <= interval.high
            errors[name].append(abs(error))
            outside[name] += missed
            cells += f"{error:+10.2%}{'!' if missed else ' '}"
        print(f"{case['case']:60s}{cells}")
    for name in FIGURES:
        ordered = sorted(errors[name])
        inside = 1 - outside[name] / len(ordered)
        exact = sum(error < 1e-6 for error in ordered)
        ninth = ordered[round(0.9 * (len(ordered) - 1))]
        median = statistics.median(ordered)
        print(f"{name}: median {median:.2%}, 90th percentile {ninth:.1%}, exact {exact}, inside {inside:.0%}")


if __name__ == "__main__":
    main()
