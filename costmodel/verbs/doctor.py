<<<<<<< HEAD
"""Doctor: what of costmodel works on this machine, what is missing, and what to do."""
=======
"""The verb behind ``doctor``: try each part of costmodel on this machine, and say what is missing and what to do."""
>>>>>>> walls

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any

from costmodel import backends
from costmodel.backends.backend import Run
from costmodel.files.cache import cache_folder
from costmodel.sandbox.probe import probe
from costmodel.sandbox.walls import all_walls


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was tried.

    Attributes:
        needed: whether the default backends need it.
        seen: version, place, or what went wrong.
        advice: what to do if it is missing; "" if it works.
    """

    name: str
    works: bool
    needed: bool
    seen: str
    advice: str


<<<<<<< HEAD
def examine(words: Mapping[str, Any]) -> list[Finding]:
=======
def examine(timeloop_bin: str | None = None, docker: str | None = None) -> list[Diagnosis]:
>>>>>>> walls
    """Try everything; what is needed first.

    Args:
        words: options of the backends (``timeloop_bin``, ``docker``).
    """
    return [
        *(_package(name) for name in ("torch", "fvcore", "numpy", "pydantic")),
        _cache(),
<<<<<<< HEAD
        *_backends(Run(options=words)),
        *_walls(),
=======
        *_backends(place),
        _docker(),
        _accelergy(),
        *walls_of_this_machine(),
        _cores(),
>>>>>>> walls
    ]


def _diagnosis(name: str, works: bool, seen: str, advice: str, *, needed: bool = False) -> Diagnosis:
    return Diagnosis(name, works, needed, seen, "" if works else advice)


def _package(name: str) -> Diagnosis:
    advice = f"install {name} into the environment of costmodel"
    try:
        return _diagnosis(name, True, metadata.version(name), advice, needed=True)
    except metadata.PackageNotFoundError:
        return _diagnosis(name, False, "not installed", advice, needed=True)


def _cache() -> Diagnosis:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        seen = f"{folder}: {error.strerror or error}"
        return _diagnosis("cache folder", False, seen, "set COSTMODEL_CACHE to a folder that can be written")
    return _diagnosis("cache folder", True, f"{folder} can be written", "")


<<<<<<< HEAD
def _backends(run: Run) -> Iterator[Finding]:
    """What each backend says of itself; the default one is needed."""
    for name in backends.names():
        backend = backends.load(name)
        for tried in backend.examine(run if backend.OPTIONS else replace(run, options={})):
            yield _finding(tried.name, tried.works, tried.seen, tried.advice, needed=name == backends.DEFAULT)
=======
def _backends(place: Place) -> Iterator[Diagnosis]:
    spec = load_hardware(_LAB)
    report = analytical.estimate(_trial(), spec)
    solved = report.layers[0]
    seen = f"engine {report.backend_version}: {solved.energy_pj:,.2f} pJ, {solved.cycles} cycles on a trial layer"
    yield _diagnosis("backend analytical", solved.valid, seen, "report it: the engine solves no layer", needed=True)
    for name in (MAPPER, MODEL):
        try:
            tool = find_tool(name, place)
        except UsageError as error:
            yield _diagnosis(f"backend timeloop: {name}", False, "not found", str(error))
            continue
        if name == MAPPER:
            yield _diagnosis(f"backend timeloop: {name}", True, f"{tool.path} ({tool.version})", "")
        else:
            yield _trial_of_model(place, spec, f"{tool.path} ({tool.version})")


def _trial() -> Workload:
    layer = Layer(
        places=(LayerPlace(part="forward", layer="trial", times=1),),
        instance={"C": 16, "M": 16, "R": 3, "S": 3, "P": 4, "Q": 4},
        depthwise=False,
        word_bits=16,
        lowered_as="convolution",
    )
    return Workload(phase="inference", layers=(layer,), not_mapped=(), operations=layer.macs, bytes_moved=0)


def _trial_of_model(place: Place, spec: HardwareSpec, where: str) -> Diagnosis:
    """Timeloop says no version; which of the engine's behaviours it agrees with says more."""
    name = f"backend timeloop: {MODEL}"
    for behaviour in _BEHAVIOURS:
        machine = spec.model_copy(update={"timeloop": behaviour})
        with tempfile.TemporaryDirectory() as folder:
            runs = Settings(place=place, work=Path(folder), time_limit=_SECONDS)
            check = verify(analytical.estimate(_trial(), machine), machine, settings=runs)[0]
        if check.energy_pj is None:
            return _diagnosis(name, False, f"{where}: {check.because}", "build Timeloop again, or name another build")
        if check.agrees:
            return _diagnosis(name, True, f"{where}; agrees with behaviour {behaviour} on the trial layer", "")
    theirs = f"{check.energy_pj:,.2f} pJ, {check.cycles} cycles on the trial layer: {check.because}"
    return _diagnosis(name, True, f"{where}; agrees with none of the analytical engine's behaviours: {theirs}", "")


def _docker() -> Diagnosis:
    name = "docker"
    if shutil.which("docker") is None:
        return _diagnosis(name, False, "no docker on the PATH", "only for --docker IMAGE: install Docker")
    words = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]
    try:
        result = subprocess.run(words, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return _diagnosis(name, False, str(error), "only for --docker IMAGE: start Docker")
    if result.returncode != 0:
        said = (result.stderr.strip().splitlines() or ["no answer"])[-1]
        return _diagnosis(name, False, said, "only for --docker IMAGE: start Docker")
    images = [line for line in result.stdout.split() if "timeloop" in line]
    return _diagnosis(name, True, f"images named timeloop: {', '.join(images) or 'none'}", "")


def _accelergy() -> Diagnosis:
    path = shutil.which("accelergy")
    advice = "not needed: exported folders bring their energy table (ERT.yaml)"
    return _diagnosis("accelergy", path is not None, path or "not on the PATH", advice)
>>>>>>> walls


def walls_of_this_machine() -> Iterator[Diagnosis]:
    """Every wall around untrusted code, tried with everything that it must hold against."""
    for wall, status in zip(all_walls(), probe(), strict=True):
        yield _diagnosis(f"wall {wall.name}", status.is_whole, status.summary, wall.advice)


def _cores() -> Diagnosis:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return _diagnosis("cores", True, str(cores), "")
