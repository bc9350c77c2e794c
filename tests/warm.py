"""``costmodel WORDS`` as a process of its own that need not import torch again: a fork of one that has.

Most of a cold command is that import, and there are hundreds of commands. A fork differs from a cold process in what is
imported before it begins, and in its hash seed, which all forks of one server share; tests that are about either start
a cold one, and ``pytest --cold`` starts all of them cold.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import random
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[1]

Completed = subprocess.CompletedProcess[str]


class Warm:
    """A server, and what asks it; a context.

    Args:
        folder: for what the commands print.
        cold: start a process for each command instead.
    """

    def __init__(self, folder: Path, *, cold: bool = False) -> None:
        self._out, self._err = folder / "out", folder / "err"
        self._cold = cold
        self._server: subprocess.Popen[str] | None = None

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if self._server is not None:
            self._server.communicate()

    def run(self, words: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> Completed:
        """Run ``costmodel`` with these words to its end."""
        here = {**os.environ, "PYTHONPATH": str(ROOT)}
        asked = {name: value for name, value in environment.items() if name.startswith("PYTHON")}
        if self._cold or any(here.get(name) != value for name, value in asked.items()):
            command = [sys.executable, "-m", "costmodel", *words]
            return subprocess.run(command, cwd=cwd, env=dict(environment), capture_output=True, text=True, check=False)
        if self._server is None:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "tests.warm"],
                cwd=ROOT, env=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        streams = {"out": str(self._out), "err": str(self._err)}
        call = {"words": [*words], "cwd": str(cwd), "environment": dict(environment), **streams}
        self._server.stdin.write(json.dumps(call) + "\n")
        self._server.stdin.flush()
        code = int(self._server.stdout.readline())
        out, err = (file.read_text(encoding="utf-8") for file in (self._out, self._err))
        return subprocess.CompletedProcess(["costmodel", *words], code, out, err)


def serve() -> None:
    """Import everything, and fork for every line until standard input ends."""
    import torch

    import costmodel

    for module in pkgutil.walk_packages(costmodel.__path__, "costmodel."):
        if not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except ImportError:  # an extra that is not installed
                continue
    # what torch sets up at the first trace of a process takes as long as the import; no thread may outlive it here
    torch.set_num_threads(1)
    small = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
    costmodel.check(small, "mit-lab2-2022", input=(2,), facts={"error_rate": 20})
    gc.freeze()  # a fork that collects would copy every page of it
    for line in sys.stdin:
        call = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(call)
            return
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _become(call: Mapping[str, Any]) -> None:
    """Go on as ``python -m costmodel``, and end as it ends."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    out, err = (os.open(call[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for name in ("out", "err"))
    for stream, own in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(stream, own)
        os.close(stream)
    os.chdir(call["cwd"])
    os.environ.clear()
    os.environ.update(call["environment"])
    sys.path[0] = str(Path.cwd())
    sys.argv[1:] = call["words"]
    random.seed()
    runpy.run_module("costmodel", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()
