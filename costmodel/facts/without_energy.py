"""Logs that peers write and no energy can be told from: each is refused by name, with what to log instead."""

from __future__ import annotations

import re

from costmodel.facts.source import Source

_ASK_SMI = "use nvidia-smi --query-gpu=timestamp,index,power.draw --format=csv -l 1"
_ROCM = (
    "is of rocm-smi, which says no time: write a CSV with columns timestamp and power.draw [W], a row for each sample"
)
_KINDS = (
    (re.compile(r"(?i).*\b(Average Graphics|Current Socket)( Graphics)? Package Power \(W\).*"), _ROCM),
    (re.compile(r"\s*=+\s*ROCm System Management Interface\s*=+\s*"), _ROCM),
    (re.compile(r"\| NVIDIA-SMI \d.*"), f"is nvidia-smi's screen, of one moment: {_ASK_SMI}"),
    (re.compile(r"=+NVSMI LOG=+"), f"is of nvidia-smi -q: {_ASK_SMI}"),
    (re.compile(r".*<nvidia_smi_log>.*"), f"is of nvidia-smi -x: {_ASK_SMI}"),
    (
        re.compile(r"(?i)(timestamp|time),(.*,)?cpu_?(percent|utilization|usage)\b.*"),
        "has the processor's load and no power: log it with CodeCarbon, perf stat or another meter of energy",
    ),
    (
        re.compile(r"\s*Energy consumed: .* Joules\s*|CPU name:\s.*"),
        "is of likwid-powermeter: give the Joules of its domain PKG as the fact cpu_energy_joules",
    ),
)
_SEEN = 60
"""Lines that are looked at."""


def why_without_energy(source: Source) -> str:
    """Which log it is, why no energy can be told from it, and what to log instead; "" if it is none that is known."""
    lines = source.head[:_SEEN]
    return next((why for pattern, why in _KINDS for line in lines if pattern.fullmatch(line)), "")
