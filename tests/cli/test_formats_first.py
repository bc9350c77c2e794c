"""A format that cannot show the result is refused before the work: nothing here has a subject that exists."""

from __future__ import annotations

import sys

import pytest

from costmodel import cli

COMMANDS = {
    "check": ("gone.py:Net", "--rules", "gone.yaml"),
    "analyze": ("gone.py:Net",),
    "advise": ("gone.py:Net", "--hardware", "gone.yaml"),
    "crosscheck": ("gone.py:Net",),
    "rank": ("gone.csv", "--rules", "gone.yaml"),
    "facts": ("read", "gone.csv"),
    "grade": ("gone", "--rules", "gone.yaml", "--out", "gone.out"),
    "map": ("gone.yaml", "--hardware", "gone.yaml"),
    "doctor": (),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_format_that_cannot_show_it_is_refused_first(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # grade writes every noun; what it is asked for beside them is a platform's file
    name = "md" if command == "grade" else "kaggle"
    monkeypatch.setattr(sys, "argv", ["costmodel", command, *COMMANDS[command], "--format", name])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 3
    said = capsys.readouterr().err
    assert f"format '{name}': " in said
    assert "gone" not in said


def test_what_a_csv_cannot_show_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["costmodel", "rank", "gone.csv", "--rules", "gone.yaml", "--sensitivity", "-f", "csv"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit):
        cli.main()
    assert "--sensitivity is a table beside the entries, and csv is one" in capsys.readouterr().err
