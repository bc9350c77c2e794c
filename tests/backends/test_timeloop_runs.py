"""Running Timeloop: found or not, crashed, stopped, unreadable, resumed. The binaries here are small scripts."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from costmodel import backends
from costmodel.backends.backend import Run, Search
from costmodel.backends.timeloop import estimate, verify
from costmodel.backends.timeloop.tools import MAPPER, MODEL, Installation, find_tool
from costmodel.errors import UsageError
from costmodel.hardware.machines import load_hardware
from costmodel.ir.cost import CostReport
from costmodel.ir.workload import Layer, Workload
from costmodel.ir.workload import Place as LayerPlace

DATA = Path(__file__).parent / "data"
LAB = load_hardware("simple_weight_stationary")
SUCCESS = f"""
echo run >> runs.txt
cp {DATA}/fc.mapper.2022.stats.txt $(basename $0).stats.txt
cp {DATA}/fc.mapper.2022.map.txt $(basename $0).map.txt
"""

Fake = Callable[[str], Path]


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    """A folder with both binaries, which run the shell lines given."""

    def write(lines: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name in (MAPPER, MODEL):
            file = folder / name
            file.write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
            file.chmod(0o755)
        return folder

    return write


def workload(*instances: dict[str, int]) -> Workload:
    layers = tuple(
        Layer(
            places=(LayerPlace(part="forward", layer=f"layer{i}", times=2),),
            instance=instance,
            depthwise=False,
            word_bits=16,
            lowered_as="convolution",
        )
        for i, instance in enumerate(instances)
    )
    return Workload(phase="inference", layers=layers, not_mapped=(), operations=1, bytes_moved=0)


FC = {"C": 84, "M": 10}


def run(folder: Path, work: Path, *instances: dict[str, int], limit: float = 60.0, jobs: int = 1) -> CostReport:
    run = Run(jobs=jobs, options={"timeloop_bin": str(folder), "work": work, "time_limit": limit})
    return estimate(workload(*(instances or (FC,))), LAB, Search(), run)


def test_the_mappers_figures_become_a_report(fake: Fake, tmp_path: Path) -> None:
    report = run(fake(SUCCESS), tmp_path / "work")
    assert (report.backend, report.search, report.complete) == ("timeloop", MAPPER, True)
    assert report.backend_version.startswith("binary ")
    assert (report.energy_pj, report.cycles) == (2 * 129_233.83, 12)
    solved = report.layers[0]
    assert solved.utilisation == 840 / (256 * 6)
    assert not solved.optimal
    assert [str(o.bound) + (o.spatial or "") for o in solved.mapping[1].loops] == ["10Y", "14X"]


def test_a_finished_layer_is_not_run_again_unless_its_inputs_or_the_binary_change(fake: Fake, tmp_path: Path) -> None:
    work = tmp_path / "work"
    first = run(fake(SUCCESS), work)
    (folder,) = work.iterdir()
    assert run(fake(SUCCESS), work) == first
    assert (folder / "runs.txt").read_text().splitlines() == ["run"]
    run(fake(SUCCESS), work, {"C": 84, "M": 12})
    assert len(list(work.iterdir())) == 2
    run(fake(SUCCESS + "# another build"), work)
    assert (folder / "runs.txt").read_text().splitlines() == ["run", "run"]


def test_a_damaged_result_is_made_again(fake: Fake, tmp_path: Path) -> None:
    work = tmp_path / "work"
    first = run(fake(SUCCESS), work)
    (folder,) = work.iterdir()
    (folder / f"{MAPPER}.stats.txt").write_text("half of", encoding="utf-8")
    assert run(fake(SUCCESS), work) == first
    assert (folder / "runs.txt").read_text().splitlines() == ["run", "run"]


def test_a_layer_that_failed_is_tried_again(fake: Fake, tmp_path: Path) -> None:
    assert not run(fake("exit 1"), tmp_path / "work").complete
    assert run(fake(SUCCESS), tmp_path / "work").complete


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("echo first >&2; echo 'ERROR: no such level' >&2; echo last >&2; exit 3", "exit code 3: ERROR: no such level"),
        ("kill -SEGV $$", "signal SIGSEGV"),
        ("exit 1", "it said nothing"),
        ("exit 0", "no valid mapping was found"),
        (f"echo nonsense > {MAPPER}.stats.txt; echo > {MAPPER}.map.txt", "name no level"),
        (f"printf '\\377' > {MAPPER}.stats.txt; echo > {MAPPER}.map.txt", "cannot be read"),
    ],
)
def test_a_failure_says_what_happened_and_where(fake: Fake, tmp_path: Path, lines: str, said: str) -> None:
    solved = run(fake(lines), tmp_path / "work").layers[0]
    assert not solved.valid
    assert said in solved.because
    (folder,) = (tmp_path / "work").iterdir()
    assert folder.name in solved.because
    assert (folder / f"{MAPPER}.stderr.txt").exists()


def test_one_bad_layer_loses_no_other(fake: Fake, tmp_path: Path) -> None:
    lines = f"if grep -q 'M: 13' problem.yaml; then echo 'ERROR: thirteen' >&2; exit 1; fi\n{SUCCESS}"
    zero = {"C": 0, "M": 1}
    report = run(fake(lines), tmp_path / "work", FC, {"C": 84, "M": 13}, zero, {"C": 84, "M": 14}, jobs=3)
    assert [solved.valid for solved in report.layers] == [True, False, False, True]
    assert "thirteen" in report.layers[1].because
    assert "C is 0" in report.layers[2].because
    assert not report.complete


def test_a_run_that_takes_too_long_is_stopped_with_its_children(fake: Fake, tmp_path: Path) -> None:
    lines = "(sleep 2; touch survived.txt) & echo started >&2; sleep 60"
    begun = time.monotonic()
    solved = run(fake(lines), tmp_path / "work", limit=0.5).layers[0]
    assert time.monotonic() - begun < 20
    assert "stopped after 0.5 s" in solved.because
    (folder,) = (tmp_path / "work").iterdir()
    assert (folder / f"{MAPPER}.stderr.txt").read_text() == "started\n"
    time.sleep(2.2)
    assert not (folder / "survived.txt").exists()


def test_what_is_no_program_says_so(fake: Fake, tmp_path: Path) -> None:
    folder = fake("")
    (folder / MAPPER).write_bytes(b"\x7fELF nothing")
    assert "Exec format" in run(folder, tmp_path / "work").layers[0].because


def test_the_model_judges_our_mappings(fake: Fake, tmp_path: Path) -> None:
    ours = backends.load().estimate(workload(FC, {"C": 84, "M": 13}), LAB, Search(search="course"), Run())
    run = Run(options={"timeloop_bin": str(fake(SUCCESS)), "work": tmp_path / "work"})
    same, other = verify(ours, LAB, run)
    assert (same.agrees, same.energy_pj, same.cycles, same.because) == (True, 129_233.83, 6, "")
    assert not other.agrees
    assert " and " in other.because
    assert len(list(tmp_path.glob("work/*/mapping.yaml"))) == 2


def test_what_only_one_of_the_two_counts_is_a_difference(fake: Fake, tmp_path: Path) -> None:
    # a level of which the model says nothing, or of which we say nothing, was passed over once
    ours = backends.load().estimate(workload(FC), LAB, Search(search="course"), Run())
    run = Run(options={"timeloop_bin": str(fake(SUCCESS)), "work": tmp_path / "work"})
    (cost,) = ours.layers
    first, rest = cost.accesses[0], cost.accesses[1:]
    assert (first.level, first.dataspace, first.reads) == ("output_activation_reg", "Outputs", 5)  # six sums
    for accesses, said in (
        (rest, "output_activation_reg Outputs reads 0 and 5"),
        ((replace(first, level="cellar"), *cost.accesses), "cellar Outputs reads 5 and 0"),
    ):
        (check,) = verify(replace(ours, layers=(replace(cost, accesses=accesses),)), LAB, run)
        assert not check.agrees
        assert said in check.because


def test_a_missing_binary_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=f"not in {tmp_path}.*--timeloop-bin"):
        run(tmp_path, tmp_path / "work")
    monkeypatch.delenv("COSTMODEL_TIMELOOP_BIN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="on the PATH"):
        find_tool(MODEL, Installation())
    with pytest.raises(UsageError, match="no docker"):
        find_tool(MODEL, Installation(docker="image"))


def test_the_variable_names_the_folder_and_the_option_comes_first(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fake("")
    monkeypatch.setenv("COSTMODEL_TIMELOOP_BIN", str(folder))
    assert find_tool(MAPPER, Installation()).path == folder / MAPPER
    with pytest.raises(UsageError, match="is not in"):
        find_tool(MAPPER, Installation(str(tmp_path / "elsewhere")))


def test_the_library_of_a_build_is_found(fake: Fake, tmp_path: Path) -> None:
    folder = fake(f"echo $LD_LIBRARY_PATH >&2; {SUCCESS}")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libtimeloop-model.so").touch()
    run(folder, tmp_path / "work")
    (kept,) = (tmp_path / "work").glob("*/*.stderr.txt")
    assert str(tmp_path / "lib") in kept.read_text()


def test_a_docker_image_is_given_the_layers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_folder = tmp_path / "docker bin"
    bin_folder.mkdir()
    docker = bin_folder / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/words.txt\nsleep 30\n', encoding="utf-8")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_folder}:{Path(shutil.which('sleep') or '').parent}")
    run = Run(options={"docker": "lab:2022", "work": tmp_path / "work", "time_limit": 0.5})
    monkeypatch.setattr("costmodel.backends.timeloop.tool_run._SECONDS_TO_KILL", 0.5)
    report = estimate(workload(FC), LAB, Search(), run)
    assert report.backend_version == "docker image lab:2022"
    assert "stopped after" in report.layers[0].because
    started, killed = (tmp_path / "words.txt").read_text().splitlines()
    (folder,) = (tmp_path / "work").iterdir()
    assert f"-v {folder}:/layer -w /layer lab:2022 {MAPPER} problem.yaml" in started
    name = killed.split()[1]
    assert killed == f"kill {name}"
    assert f"--name {name} " in started
