"""AccelForge's best mappings of layer problems, from its own Python: one JSON request in, one line out per answer.

It is started by ``benchmarks.peers`` and imports nothing of costmodel, which that Python need not have.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any


def axis(dims: str, bounds: dict[str, int]) -> str:
    """One axis of the input: output position plus filter tap, or one of them; a loop of one trip is left out."""
    return " + ".join(dim.lower() for dim in dims if bounds[dim] > 1)


def workload(bounds: dict[str, int]) -> str:
    """A convolution of stride 1 as one Einsum over the loops of more than one trip."""
    shape = "".join(f"    {dim.lower()}: 0 <= {dim.lower()} < {bound}\n" for dim, bound in bounds.items() if bound > 1)
    weights, outputs = (", ".join(dim.lower() for dim in dims if bounds[dim] > 1) for dims in ("CMRS", "NMPQ"))
    inputs = {rank: axis(dims, bounds) for rank, dims in (("B", "N"), ("C", "C"), ("Y", "PR"), ("X", "QS"))}
    projection = ", ".join(f"{rank}: {terms}" for rank, terms in inputs.items() if terms)
    return (
        f"workload:\n  iteration_space_shape:\n{shape}  bits_per_value: {{All: 8}}\n  einsums:\n  - name: layer\n"
        f"    tensor_accesses:\n    - {{name: W, projection: [{weights}]}}\n"
        f"    - {{name: I, projection: {{{projection}}}}}\n"
        f"    - {{name: O, projection: [{outputs}], output: True}}\n    renames: {{weight: W, input: I, output: O}}\n"
    )


def searched(af: Any, architecture: str, bounds: dict[str, int], even: bool) -> dict[str, Any]:
    """The points that no other beats in cycles and energy, and the seconds; or the exception, and where it rose."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / "architecture.yaml", Path(folder) / "workload.yaml"]
        for file, text in zip(files, (architecture, workload(bounds)), strict=True):
            file.write_text(text, encoding="utf-8")
        start = time.perf_counter()
        try:
            spec = af.Spec.from_yaml(*map(str, files))
            metrics = af.mapper.Metrics
            spec.mapper.metrics = metrics.ENERGY | metrics.LATENCY
            spec.mapper._timeloop_style_even = even
            with contextlib.redirect_stdout(sys.stderr):
                found = spec.map_workload_to_arch(print_progress=False)
            cycles, energies = (one if isinstance(one, list) else [one] for one in (found.latency(), found.energy()))
        except Exception as error:  # a peer's crash is a finding
            last = traceback.extract_tb(error.__traceback__)[-1]
            words = f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}: {str(error)[:200]}"
            return {"fault": words}
    points = sorted((float(one), float(other)) for one, other in zip(cycles, energies, strict=True))
    return {"points": points, "seconds": time.perf_counter() - start}


def main() -> None:
    """Answer each problem of the request as soon as it is done."""
    af = importlib.import_module("accelforge")
    af.util.set_n_parallel_jobs(1)
    request = json.load(sys.stdin)
    print(json.dumps({"version": importlib.import_module("importlib.metadata").version("accelforge")}), flush=True)
    for bounds, even in request["problems"]:
        print(json.dumps(searched(af, request["architecture"], bounds, even)), flush=True)


if __name__ == "__main__":
    main()
