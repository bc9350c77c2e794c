"""Memory of analysing a transformer with seven billion parameters, above ``import torch``."""

from __future__ import annotations

import subprocess
import sys

BAR_MIB = 1024

CODE = """
import pathlib, re, torch, costmodel
# VmHWM begins anew with the process; getrusage's peak is inherited from the one that started it
status = pathlib.Path("/proc/self/status")
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) // 1024
before = peak()
options = {"vocabulary": 32000, "context": 2048, "width": 4096, "depth": 34, "heads": 32}
a = costmodel.analyze("examples/zoo/transformer.py:GPT2", input="512:int64", model_options=options, optimizer="adamw")
print(a.totals.parameters, peak() - before)
"""


def main() -> bool:
    """Print the number of parameters and the memory."""
    result = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True)
    parameters, mib = map(int, result.stdout.split())
    print(f"{parameters / 1e9:.2f} billion parameters: {mib} MiB above import torch (bar {BAR_MIB})")
    return mib < BAR_MIB
