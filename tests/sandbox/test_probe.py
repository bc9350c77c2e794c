"""The walls of this machine: each is tried, says why it does not work, and keeps what it promises."""

from __future__ import annotations

import pytest

from costmodel.errors import SandboxError
from costmodel.sandbox import probe as probing
from costmodel.sandbox.probe import WallStatus, best_wall, probe
from costmodel.sandbox.walls import wall_names


def test_each_wall_is_tried_and_says_why_not() -> None:
    found = {status.wall: status for status in probe()}
    assert tuple(found) == wall_names()
    assert found["limits"].works
    for status in found.values():
        assert str(status).startswith(status.wall)
        assert status.works or len(status.why) > 5


def test_bubblewrap_holds_where_it_works() -> None:
    status = probe()[0]
    if not status.works:
        pytest.skip(f"NOT TESTED HERE: {status}")
    assert status.is_whole, str(status)
    assert best_wall(require_sandbox=True) == status


def test_a_weaker_wall_is_an_error_where_a_sandbox_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = (WallStatus(wall="bubblewrap", why="not installed"), WallStatus(wall="limits", keeps=("network",)))
    monkeypatch.setattr(probing, "_tried", lambda _: iter(weak))
    assert best_wall().wall == "limits"
    with pytest.raises(SandboxError, match=r"bubblewrap: does not work: not installed; limits: works, without"):
        best_wall(require_sandbox=True)
