"""Each hostile program is graded correctly or refused with the right finding, and leaves nothing behind."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from costmodel.grading.walled_trace import WalledTrace, trace_behind_wall
from costmodel.ir.codec import dumps
from costmodel.passes.lower import lower
from costmodel.passes.summary import summarise
from costmodel.passes.work import count
from costmodel.sandbox import fork
from costmodel.sandbox.probe import best_wall, probe
from costmodel.sandbox.process_tree import descendants
from tests.grading.conftest import HOSTILE, Hostile

SETTINGS = {"input": "3x32x32", "batch": 2, "samples": 10, "epochs": 2}
SECRET = "the solution of the exercise"
DEEDS = {
    "processes": ("FORKED", "SPAWNED", "UNSHARED", "MOUNTED", "HOARDED", "WRITTEN"),
    "network": ("CONNECTED",),
    "signals": ("SIGNALLED", "SLOWED"),
    "memory": ("ATTACHED",),
    "writing": ("EMPTIED", "MAPPED"),
    "files": ("READ", "SEEN", SECRET),
    "names": ("NOTICED",),
    "shown": ("CHANGED",),
}
"""What a program prints when it did what it must not be able to do, by the promise that forbids it."""

HONEST = """# HONEST_MARK
from torch import nn


class Net(nn.Linear):
    def __init__(self):
        super().__init__(32, 10)
"""

STATUS = {status.wall: status for status in probe()}


TELLING = {
    "reaches_server",
    "reads_left_memory",
    "disk_filler",
    "fork_and_hide",
    "kill_everybody",
    "looks_around",
    "maps_zero_device",
    "memory_bomb",
    "much_output",
    "parent_memory",
    "random_sizes",
    "reads_solution",
    "sees_names",
}
"""Programs whose fate depends on the wall, or on chance."""
WHOLE_CORPUS = "COSTMODEL_WHOLE_CORPUS" in os.environ


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


@pytest.fixture(autouse=True, scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The fork server is there before the first program is, so that every one has to leave it as it was."""
    assert honest(tmp_path_factory.mktemp("honest")).notice is None


@pytest.fixture(scope="module")
def afresh(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The honest program's training, traced in a process that was not forked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fork, "can_fork", lambda: False)
        return dumps(honest(tmp_path_factory.mktemp("afresh")).training)


def honest(folder: Path) -> WalledTrace:
    (folder / "model.py").write_text(HONEST, encoding="utf-8")
    return trace_behind_wall(folder, None, SETTINGS, wall=best_wall().wall)


def graded(hostile: Hostile, folder: Path, wall: str) -> WalledTrace:
    """The program's trace, with a check that the machine is as it was before."""
    secret = folder / "solution" / "model.py"
    secret.parent.mkdir(exist_ok=True)
    secret.write_text(SECRET, encoding="utf-8")
    as_it_was = (secret.stat().st_mode, secret.stat().st_mtime_ns)
    submission = folder / "submission" / "model.py"
    submission.parent.mkdir(exist_ok=True)
    text = hostile.text.replace("@SECRET@", str(secret))
    submission.write_text(text, encoding="utf-8")
    before = descendants(os.getpid())  # other tests of this worker may have left Python's own resource tracker
    result = trace_behind_wall(submission.parent, None, SETTINGS, limits=hostile.limits, wall=wall)
    assert not list(Path(tempfile.gettempdir()).glob("costmodel-*"))  # torch has a folder of its own
    assert set(descendants(os.getpid())) <= set(before)
    assert not leftovers(folder)
    if "writing" in STATUS[wall].keeps:
        assert secret.read_text(encoding="utf-8") == SECRET
        assert (secret.stat().st_mode, secret.stat().st_mtime_ns) == as_it_was
    if "shown" in STATUS[wall].keeps:
        assert submission.read_text(encoding="utf-8") == text
    return result


def figures_of(result: WalledTrace) -> dict[str, int]:
    assert result.training is not None
    assert result.inference is not None
    assert result.subject is not None
    workload = lower(count(result.inference))
    totals = summarise(result.training, result.subject).totals
    return {
        "macs": workload.macs,
        "operations": workload.operations,
        "complete": int(totals.complete and not workload.uncounted),
        "peak": totals.peak_activation_bytes.layer_io,
    }


def leftovers(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words:
            found.append(words.decode("utf-8", "replace"))
    return found


def assert_as_expected(hostile: Hostile, result: WalledTrace) -> None:
    outcome = "traced" if result.notice is None else result.notice.kind.value
    assert outcome in hostile.outcomes, (outcome, result.notice, result.output)
    if outcome == "traced":
        assert tuple(remark.kind.value for remark in result.remarks) == hostile.remarks, result.remarks
        assert {name: figures_of(result)[name] for name in hostile.figures} == hostile.figures
    else:
        assert result.training is None
        assert result.notice is not None
        assert result.notice.message.isprintable()
        assert result.notice.message
    kept = STATUS[result.wall].keeps
    assert not [deed for promise in kept for deed in DEEDS.get(promise, ()) if deed in result.output]


def test_behind_the_best_wall(hostile: Hostile, tmp_path: Path) -> None:
    assert_as_expected(hostile, graded(hostile, tmp_path, best_wall().wall))


@pytest.mark.parametrize("name", ["traps_next", "patches_torch", "patches_json", "patches_recorder", "kill_everybody"])
def test_the_next_one_does_not_notice(name: str, tmp_path: Path, afresh: str) -> None:
    """Whatever a program does to its process, the next submission gets the bytes that a process of its own gives."""
    (program,) = (one for one in HOSTILE if one.name == name)
    graded(program, tmp_path, best_wall().wall)
    (tmp_path / "honest").mkdir()
    after = honest(tmp_path / "honest")
    assert (after.notice, after.remarks, after.output) == (None, (), "")
    assert dumps(after.training) == afresh


@pytest.mark.slow
@pytest.mark.parametrize("wall", ["namespaces", "landlock", "limits"])
def test_behind_another_wall(hostile: Hostile, tmp_path: Path, wall: str) -> None:
    if hostile.name not in TELLING and not WHOLE_CORPUS:
        pytest.skip("the same code as behind the best wall: COSTMODEL_WHOLE_CORPUS=1 runs it")
    status = STATUS[wall]
    if "processes" not in status.keeps:
        pytest.skip(f"NOT TESTED HERE: {status}")
    if hostile.name == "disk_filler" and "writing" not in status.keeps:
        pytest.skip(f"NOT TESTED HERE, it would fill this machine's folders: {status}")
    assert_as_expected(hostile, graded(hostile, tmp_path, wall))


@pytest.mark.slow
def test_twice_the_same(hostile: Hostile, tmp_path: Path) -> None:
    if hostile.name not in TELLING and not WHOLE_CORPUS:
        pytest.skip("COSTMODEL_WHOLE_CORPUS=1 runs it")
    first, second = (graded(hostile, tmp_path, best_wall().wall) for _ in range(2))
    assert replace(first, cpu_seconds=0) == replace(second, cpu_seconds=0)
    if first.training is not None and second.training is not None:
        assert dumps(first.training) == dumps(second.training)
