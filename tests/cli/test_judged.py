"""The model that was judged is named in every output, and a user can say which it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.tracing.presentations import GIVEN, HEAD, NEEDS, NET
from tests.tracing.test_presented import laid_out

WIDE = ("--rules", "mit-lab2-2022", "--input", "3x32x32")
NAMES = {
    # what each format says of Net(width=64), class in line 5, built in line 12
    "text": ("Net      net.py       5  width=64", "net.py:12 builds it; with its defaults Net would have 162"),
    "md": ("| Net     | net.py | 5      | width=64    | 2,442 ", "net.py:12 builds it"),
    "csv": ("width=64", "net.py:12 builds it; with its defaults Net would have 162"),
    "html": (
        '<td class="short" data-h="class">Net</td><td class="short" data-h="file">net.py</td>'
        '<td class="n" data-v="5" data-h="line">5</td>',
        "width=64</td>",
        "2,442",
    ),
    "json": ('"arguments": "width=64"', '"line": 5', '"parameters": 2442', '"because": "net.py:12 builds it; with'),
}


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    return laid_out(tmp_path / "handed_in", GIVEN["an instance beats the defaults"][0])


@pytest.mark.parametrize("format", NAMES)
def test_every_format_of_analyze_and_check_names_it(run: Run, wide: Path, format: str) -> None:
    said = [
        run("analyze", f"{wide}/net.py", "--input", "3x32x32", "-f", format).stdout,
        run("check", f"{wide}/net.py", *WIDE, "-f", format).stdout,
        run("check", str(wide), *WIDE, "-f", format).stdout,
    ]
    for text in said:
        for part in NAMES[format]:
            assert part in text
        assert str(wide) not in text


def test_a_user_says_which_it_is(run: Run, tmp_path: Path) -> None:
    files = {"a.py": HEAD + NET, "b.py": HEAD + NET.replace("=4", "=64") + NEEDS.replace("Net", "Other")}
    folder = laid_out(tmp_path / "handed_in", files)
    open_ = run("check", str(folder), *WIDE)
    assert open_.returncode == 2
    assert "undecided for want of the model; name it with --model FILE.py:NAME" in open_.stderr
    assert "The model\n" not in open_.stdout

    def parameters(*words: str) -> int:
        said = json.loads(run("check", *words, *WIDE, "-f", "json").stdout)
        return int(said["judged"]["parameters"])

    assert parameters(str(folder), "--model", "a.py:Net") == parameters(f"{folder}/a.py", "--model", "Net") == 162
    assert parameters(str(folder), "--model", "b.py:Net") == parameters(f"{folder}/b.py", "--model", "b.py:Net") == 2442
    assert parameters(f"{folder}/b.py", "--model", "Other", "--model-option", "width=64") == 2442
    for words in ((f"{folder}/a.py:Net", "--model", "Net"), (f"{folder}/a.py", "--model", "b.py:Net")):
        result = run("check", *words, *WIDE)
        assert (result.returncode, result.stdout) == (3, "")
        assert "--model" in result.stderr


def test_many_classes_that_need_arguments_are_one_word(run: Run, tmp_path: Path) -> None:
    folder = laid_out(tmp_path, {"net.py": HEAD + "".join(NEEDS.replace("Net", f"Net{n}") for n in range(20))})
    result = run("analyze", f"{folder}/net.py")
    assert result.returncode == 2
    first = "net.py:Net0(width): missing a required argument: 'width'"
    assert result.stderr.endswith(f"…); {first}; name the model as FILE.py:NAME (check and grade: --model)\n")
    assert len(result.stderr) < 300
