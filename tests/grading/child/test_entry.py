"""The child's answer to a submission that fails: its kind, and the modules that it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.grading.child.entry import answer
from costmodel.grading.child.messages import REQUEST, Request, Wanted
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.scrutiny.parse import parse
from costmodel.grading.walled_trace import trace_behind_wall
from costmodel.ir.codec import dumps

SETTINGS = {"input": "3x8x8", "batch": 2}


def said(place: Path, **files: str) -> Notice:
    place.mkdir(exist_ok=True)
    for name, text in files.items():
        (place / f"{name}.py").write_text(text, encoding="utf-8")
    request = Request(wanted=Wanted(settings=SETTINGS))
    error = parse(answer(dumps(request, REQUEST).encode(), (str(place),))).error
    assert error is not None
    return error


def test_a_missing_module_is_a_value(tmp_path: Path) -> None:
    one = said(tmp_path / "one", model="import no_such_package.transforms\n")
    assert (one.kind, one.missing_modules) == (NoticeKind.SUBJECT, ("no_such_package",))
    two = said(tmp_path / "two", a="import no_such_a\nclass A(X): pass\n", b="import no_such_b\nclass B(X): pass\n")
    assert (two.kind, two.missing_modules) == (NoticeKind.NO_MODEL, ("no_such_a", "no_such_b"))
    none = said(tmp_path / "none", model="raise ImportError(\"No module named 'made_up'\")\n")
    assert (none.kind, none.missing_modules) == (NoticeKind.SUBJECT, ())  # its own words decide nothing


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x = 1\n", NoticeKind.NO_MODEL),
        ("def broken(:\n", NoticeKind.SUBJECT),
        ("raise MemoryError\n", NoticeKind.MEMORY),
        ("raise SystemExit(3)\n", NoticeKind.SUBJECT),
        ("raise KeyboardInterrupt\n", NoticeKind.EXITED),
    ],
)
def test_what_went_wrong_is_a_kind(tmp_path: Path, text: str, kind: NoticeKind) -> None:
    assert said(tmp_path, model=text).kind is kind


def test_a_stranger_cannot_name_what_is_no_module(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(
        "raise ModuleNotFoundError('gone', name='install evil; rm -rf')\n", encoding="utf-8"
    )
    notice = trace_behind_wall(tmp_path, None, SETTINGS, wall="limits").notice
    assert notice is not None
    assert notice.missing_modules == ()
