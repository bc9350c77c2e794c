"""Whatever a file holds: facts, or an error that names it; never another exception."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from costmodel.errors import CostModelError, FormatError
from costmodel.facts.facts_format import facts_formats
from costmodel.facts.reader import read_facts
from tests.facts.conftest import Write

FORMATS = [format.NAME for format in facts_formats()]

NASTY = [
    b"",
    b"\n\n \n",
    b"\x00\x01\x02",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf",
    b"\xff\xff\xff\xff",
    b"{",
    b"[]",
    b"{}",
    b"[" * 100_000,
    b'{"date": 1, "metrics": 2}',
    b'{"date": "0001-01-01", "metrics": {"cpu": {"intel_power": 1e999}}}\n' * 3,
    b'{"accuracy": 1, "power_draw": 1e99999}',
    b'{"accuracy": null, "power_draw": {}}',
    b'{"submissions": []}',
    b"a: &a [*a]\n",
    b"? [1, 2]\n: 3\n",
    b"--- !!python/object:os.system\ncycles: 1\n",
    b"cycles: !!python/name:os.system\n",
    b"{{{{",
    b"%YAML 9.9\n---\ncycles: 1",
    b"#\n",
    b"---\n",
    b"x" * 200_000 + b",cycles\n1,2\n",
    b"Id,Prediction\n",
    b"Id,Prediction\n" + b'"' * 200_001,
    b"Id,Prediction\n1," + b"x" * 300_000 + b"\n",
    b"name,cycles\n\xc3\x28,1\n",
    b"TeamName,Score\na,1e400\n",
    b"epoch\thours\ttop1Accuracy\n1\tinf\tnan\n",
    b"timestamp,power.draw [W]\n9999-12-31 23:59:59+00:01,1\n",
    b"window_name,elapsed_time,gpu0_energy\na,1,-1\n",
    b"duration,energy_consumed,emissions\n1,,1\n",
    b",,,,\n,,,,\n",
    b"\r\r\r",
    b"name,cycles\ra,5\r",
]


def complaint(file: Path, format: str | None) -> str:
    """The error's text; the file's name if there is none."""
    try:
        read_facts(file, file, format=format, score="accuracy-fraction")
    except CostModelError as problem:
        return str(problem)
    return file.name


@pytest.mark.parametrize("format", [None, *FORMATS])
@pytest.mark.parametrize("content", NASTY, ids=range(len(NASTY)))
def test_facts_or_an_error_that_names_the_file(write: Write, content: bytes, format: str | None) -> None:
    file = write("nasty", content)
    said = complaint(file, format)
    assert "nasty" in said
    assert "\n" not in said


cells = st.sampled_from(
    ["Id", "Prediction", "name", "cycles", "energy_joules", "timestamp", "power.draw [W]", "1", "-1", "0.5 %", "[N/A]",
     "2024/01/01 00:00:00", "nan", '"', "", "é", "task", "window_name", "elapsed_time", "gpu0_energy", "{", ":", "1e99"]
)  # fmt: skip
rows = st.lists(cells, min_size=1, max_size=4).map(",".join)


@given(st.lists(rows, min_size=1, max_size=5).map("\n".join), st.sampled_from([None, *FORMATS]))
@settings(
    derandomize=True, deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_mixture_of_words(tmp_path: Path, text: str, format: str | None) -> None:
    file = tmp_path / "mixture"
    file.write_text(text, encoding="utf-8")
    assert "\n" not in complaint(file, format)


def test_what_is_no_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, said in (
        (tmp_path, "not a regular file"),
        (pipe, "not a regular file"),
        (tmp_path / "gone", "No such file"),
    ):
        with pytest.raises(FormatError, match=said):
            read_facts(path)


def test_a_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "a\x1b[31m.csv"
    file.write_text("name,cycles\na,x\n", encoding="utf-8")
    with pytest.raises(FormatError) as caught:
        read_facts(file)
    assert "\x1b" not in str(caught.value)
