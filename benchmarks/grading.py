"""A class of 30: CPU seconds per submission, cold and unchanged, and what a second worker gives; a class of 300."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

from costmodel.sandbox.process_tree import descendants

STUDENTS, MANY = 30, 300
COLD, WARM, TWO_WORKERS = 0.8, 0.05, 1.8
SECONDS, GIGABYTES = 240, 1.5
"""Of the large class, with two workers."""
WHOLE = bool(os.environ.get("COSTMODEL_WHOLE_CLASS"))
LOOK_EVERY_SECONDS = 0.2

SMALL = """from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(3, {a}, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d({a}, {b}, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear({b} * 25, {c}), nn.ReLU(), nn.Linear({c}, 10),
        )
"""


def students(folder: Path, count: int) -> None:
    """Half of the class has ResNet-18 or LeNet-5 as handed out (shared layers), half has a network of its own."""
    zoo = Path("examples/zoo")
    folder.mkdir()
    for number in range(count):
        file = folder / f"student{number:03}.py"
        if number % 10 == 0:
            text = (zoo / "resnet.py").read_text(encoding="utf-8")
            file.write_text(text[: text.index("def ResNet50")], encoding="utf-8")
        elif number % 2 == 0:
            file.write_text((zoo / "lenet.py").read_text(encoding="utf-8"), encoding="utf-8")
        else:
            file.write_text(SMALL.format(a=6 + number, b=16 + number, c=84 + number), encoding="utf-8")


@dataclass(frozen=True)
class Run:
    """CPU seconds of the whole tree, wall seconds, and the most memory that the tree held at once, in bytes."""

    cpu: float
    wall: float
    memory: int


def grade(place: Path, out: Path, cache: str, *words: str) -> Run:
    """Grade a class in a process of its own, its start and that of everything below it counted."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "costmodel", "grade", str(place), "--rules", "mit-lab2-2022", "--out", str(out), *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "COSTMODEL_CACHE": cache},
    )
    memory = 0
    while process.poll() is None:
        memory = max(memory, sum(map(held_by, descendants(process.pid))))
        time.sleep(LOOK_EVERY_SECONDS)
    wall = time.perf_counter() - start
    assert process.returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Run(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, memory)


def held_by(process: int) -> int:
    """Bytes of a process, each page that is shared as its share (PSS): a fork holds little of its own."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def main() -> bool:
    """Print what a class costs beside the bars; with ``COSTMODEL_WHOLE_CLASS=1`` a class of 300 too."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        students(folder / "class", STUDENTS)
        cold = grade(folder / "class", folder / "out", str(folder / "cache"), "--jobs", "1")
        again = grade(folder / "class", folder / "out", str(folder / "cache"), "--resume", "--jobs", "1")
        two = grade(folder / "class", folder / "two", str(folder / "cache2"), "--jobs", "2")
        rows = [
            ("cold cache, CPU s per submission", cold.cpu / STUDENTS, COLD, cold.cpu / STUDENTS <= COLD),
            ("nothing changed, CPU s per submission", again.cpu / STUDENTS, WARM, again.cpu / STUDENTS <= WARM),
            ("one worker / two workers, wall", cold.wall / two.wall, TWO_WORKERS, cold.wall / two.wall >= TWO_WORKERS),
        ]
        if WHOLE:
            students(folder / "whole", MANY)
            many = grade(folder / "whole", folder / "many", str(folder / "cache3"), "--jobs", "2")
            rows += [
                (f"{MANY} of them, two workers, wall s", many.wall, SECONDS, many.wall <= SECONDS),
                (f"{MANY} of them, two workers, GB", many.memory / 1e9, GIGABYTES, many.memory / 1e9 <= GIGABYTES),
            ]
    print(tabulate(rows, (f"a class of {STUDENTS}", "measured", "bar", "met"), floatfmt=".2f"))
    if not WHOLE:
        print(f"a class of {MANY} was not measured: COSTMODEL_WHOLE_CLASS=1")
    return all(met for *_, met in rows)
