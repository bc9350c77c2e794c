"""GPU memory's hard cap inside an entry's Python: torch's allocator gives no more than the limit.

A copy of this file lies on the entry's path as ``sitecustomize``, which Python imports by itself. It waits for
``torch.cuda``, and asks that the fraction of each card's memory is set when CUDA is initialised, not before: a program
may still fork. What the context takes comes on top, an entry can lift the cap, and other libraries know nothing of it:
what NVML sees decides. It imports nothing of costmodel, which the entry's Python need not have.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys
from typing import Any

LIMIT = "COSTMODEL_GPU_MEMORY_BYTES"
"""The environment variable that holds the limit."""
_MODULE = "torch.cuda"


def cap(cuda: Any, limit: int) -> None:
    """Set the fraction of every card; ``cuda`` is the module ``torch.cuda``, initialised."""
    for device in range(cuda.device_count()):
        total = cuda.get_device_properties(device).total_memory
        cuda.set_per_process_memory_fraction(min(1.0, limit / total), device)


class CapFinder:
    """Finds ``torch.cuda`` as Python does, and speaks to it once it is there."""

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> Any:
        """None for every other module."""
        if name != _MODULE:
            return None
        sys.meta_path.remove(cls)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def run_and_cap(module: Any) -> None:
            run(module)
            if hasattr(module, "_lazy_call"):
                module._lazy_call(lambda: cap(module, int(os.environ[LIMIT])))

        spec.loader.exec_module = run_and_cap  # type: ignore[method-assign]
        return spec


if __name__ == "sitecustomize" and os.environ.get(LIMIT, "").isdecimal():
    sys.meta_path.insert(0, CapFinder)
