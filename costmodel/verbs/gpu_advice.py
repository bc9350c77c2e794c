"""Advise on a GPU: estimate the same training run otherwise, and say what that gains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from costmodel.backends.gpu.options import GpuOptions
from costmodel.errors import UsageError
from costmodel.hardware.gpu.cards import load_gpu
from costmodel.ir.gpu_advice import GpuAdvice, GpuChange
from costmodel.ir.gpu_estimate import GpuEstimate
from costmodel.verbs.gpu_estimate import estimate_on_gpu

_LEAST_GAIN = 1.02
"""What gains less is not worth a line: it is less than what the median knows."""
_FUSED = "the same arithmetic, fused; the gain is the median of published ones, not computed of this network"
_ACCURACY = "what it does to accuracy is not known here"


def advise_on_gpu(model: Any, settings: Mapping[str, Any], hardware: str, *, phase: str | None) -> GpuAdvice:
    """See :func:`costmodel.advise`."""
    analysis, now = estimate_on_gpu(model, settings, hardware, GpuOptions(), phase=phase)
    found = []
    others = _others(now, hardware)
    for change, option, options, words, note in others:
        try:
            _, after = estimate_on_gpu(model, {**settings, **words}, hardware, options, phase=phase)
        except UsageError:
            continue  # a file with a batch or a step of its own takes no such word
        gain = _rate(after) / _rate(now)
        if gain >= _LEAST_GAIN and after.memory.fits is not False:
            found.append(
                GpuChange(
                    change=change,
                    option=option,
                    batch=after.run.batch,
                    step_seconds=after.time.step_seconds,
                    factor=gain,
                    card_bytes=after.memory.card_bytes,
                    fits=after.memory.fits,
                    note=note,
                )
            )
    return GpuAdvice(
        subject=analysis.subject.name,
        run=now.run,
        time=now.time,
        card_bytes=now.memory.card_bytes,
        changes=tuple(sorted(found, key=lambda one: -one.factor)),
        tried=len(others),
    )


def _rate(found: GpuEstimate) -> float:
    """Samples a second."""
    return found.run.batch / found.time.step_seconds.median


Other = tuple[str, str, GpuOptions, dict[str, Any], str]


def _others(now: GpuEstimate, hardware: str) -> list[Other]:
    """Other ways to run: (change, option, options, settings, note)."""
    peaks = load_gpu(hardware).peaks
    plain = GpuOptions()
    found: list[Other] = []
    if now.run.precision == "default" and peaks.tf32 is not None:
        note = f"products in TF32, too (torch.backends.cuda.matmul.allow_tf32); {_ACCURACY}"
        found.append(("TF32", "--precision tf32", replace(plain, precision="tf32"), {}, note))
    if now.run.precision != "amp" and (peaks.fp16_tensor or peaks.fp16_vector) is not None:
        note = f"autocast to float16 with a gradient scaler; {_ACCURACY}"
        found.append(("mixed precision", "--precision amp", replace(plain, precision="amp"), {}, note))
    channels_last = "model.to(memory_format=torch.channels_last): the same arithmetic"
    found.append(("channels last", "--channels-last", replace(plain, layout="nhwc"), {}, channels_last))
    found.append(("torch.compile", "--compile", replace(plain, compiled=True), {}, _FUSED))
    if peaks.fp16_tensor is not None and now.run.precision != "amp":
        both = replace(plain, precision="amp", layout="nhwc")
        words = "--precision amp --channels-last"
        found.append(("mixed precision and channels last", words, both, {}, _ACCURACY))
    for times in (2, 4):
        batch = now.run.batch * times
        note = f"{times} times fewer updates an epoch; {_ACCURACY}"
        found.append((f"a batch of {batch}", f"--batch {batch}", plain, {"batch": batch}, note))
    return found
