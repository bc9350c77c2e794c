"""Python's garbage collector in the process of a command line, and in anybody's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _printed(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_a_command_line_sets_its_imports_apart_and_collects_as_usual_then() -> None:
    code = """
import gc
usual = gc.get_threshold()
from costmodel.files import collecting
collecting.starting()
seldom = gc.get_threshold()
import costmodel.tracing.training
print(seldom[0] > 100 * usual[0], gc.get_freeze_count() > 100_000, gc.get_threshold() == usual)
"""
    assert _printed(code) == "True True True\n"


def test_a_library_leaves_the_collector_alone() -> None:
    code = """
import gc, sys
usual = gc.get_threshold()
import costmodel
costmodel.trace("examples/zoo/lenet.py:LeNet5")
import costmodel.cli
sys.argv = ["costmodel", "rules", "list"]
try:
    costmodel.cli.main()
except SystemExit:
    pass
print(gc.get_freeze_count(), gc.get_threshold() == usual)
"""
    assert _printed(code).splitlines()[-1] == "0 True"
