"""A class on a Dask cluster of several processes: the same figures, and a worker that dies loses nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="Dask is not installed: costmodel[dask]")

STUDENTS = 1000 if os.environ.get("COSTMODEL_WHOLE_CLASS") else 6
"""The whole class takes half an hour: ``COSTMODEL_WHOLE_CLASS=1`` asks for it."""

NET = """from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, {channels}, 5, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear({channels} * 49, 10))
"""

CLUSTER = """
import sys
from pathlib import Path

from distributed import Client, LocalCluster

from costmodel.verbs.grade import Order, grade_order, write_grades


class Killer:
    # kills a worker once half of the class is traced
    def __init__(self, cluster):
        self.cluster = cluster

    def __call__(self, what, done, total):
        if what.startswith("tracing") and done == total // 2:
            next(iter(self.cluster.workers.values())).process.process._process.kill()
            print(f"killed a worker after {done} of {total}", flush=True)


if __name__ == "__main__":
    place, facts, here, there = map(Path, sys.argv[1:])
    order = Order(place=place, rules="mit-lab2-2022", fact_files=(facts,), use_cache=False)
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            grades = grade_order(order, there, executor=client.get_executor(), progress=Killer(cluster))
    write_grades(grades, there, ("nbgrader",))
    write_grades(grade_order(order, here), here, ("nbgrader",))
"""


def files(out: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(out)): p.read_bytes()
        for p in sorted(out.rglob("*"))
        if p.is_file() and ".kept" not in p.parts
    }


def test_a_killed_worker_changes_no_figure(tmp_path: Path) -> None:
    place = tmp_path / "class"
    place.mkdir()
    rows = ["name,error_rate_percent"]
    for number in range(STUDENTS):
        text = NET.format(channels=4 + number % 5)
        (place / f"student{number:03}.py").write_text(f"# {number}\n{text}", encoding="utf-8")
        rows.append(f"student{number:03},{10 + number % 30}")
    (tmp_path / "facts.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER, encoding="utf-8")
    words = [
        sys.executable,
        str(script),
        str(place),
        str(tmp_path / "facts.csv"),
        str(tmp_path / "a"),
        str(tmp_path / "b"),
    ]
    root = Path(__file__).parents[2]
    result = subprocess.run(
        words, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]
    assert f"killed a worker after {STUDENTS // 2} of {STUDENTS}" in result.stdout
    here, there = files(tmp_path / "a"), files(tmp_path / "b")
    assert here == there
    assert len([name for name in here if name.startswith("feedback/")]) == 2 * STUDENTS
