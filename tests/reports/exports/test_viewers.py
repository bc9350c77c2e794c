"""The files of viewers, read as their formats say: the Trace Event Format, and Graphviz's language (by dot itself)."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any
from xml.etree import ElementTree

import pytest

import costmodel
from costmodel.ir.timeline import CYCLES, SECONDS, Slice, Timeline
from costmodel.reports.exports import perfetto
from costmodel.verbs.export import Viewed, viewer_file

LENET = "examples/zoo/lenet.py:LeNet5"
GPU = "v100-sxm2-16gb"


def events(text: str) -> list[dict[str, Any]]:
    """Events of a file, checked field by field against "Trace Event Format" (Google, 2016)."""
    data = json.loads(text)
    assert set(data) == {"traceEvents", "displayTimeUnit", "otherData"}
    assert data["displayTimeUnit"] in ("ms", "ns")
    found: list[dict[str, Any]] = data["traceEvents"]
    for event in found:
        assert isinstance(event["name"], str)
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        assert isinstance(event["args"], dict)
        if event["ph"] == "M":
            assert event["name"] in ("process_name", "thread_name", "thread_sort_index")
            key = "sort_index" if event["name"] == "thread_sort_index" else "name"
            assert set(event["args"]) == {key}
        else:
            assert event["ph"] == "X"
            assert event["ts"] >= 0
            assert event["dur"] >= 0
            assert event["cat"] in ("phase", "layer", "op")
    return found


def nested(found: list[dict[str, Any]]) -> None:
    """Complete events of a thread lie in one another or apart: else a viewer drops one of them."""
    for thread in {event["tid"] for event in found}:
        own = [e for e in found if e["ph"] == "X" and e["tid"] == thread]
        stack: list[float] = []
        for event in sorted(own, key=lambda e: (e["ts"], -e["dur"])):
            end = event["ts"] + event["dur"]
            while stack and stack[-1] <= event["ts"] + 2e-3:  # times are written to the nanosecond
                stack.pop()
            assert not stack or end <= stack[-1] + 2e-3
            stack.append(end)


def slices(*rows: tuple[str, str, str, float]) -> tuple[Slice, ...]:
    return tuple(Slice(phase=p, layer=layer, op=op, duration=d) for p, layer, op, d in rows)


def test_layers_lie_in_layers_and_end_where_the_next_op_leaves_them() -> None:
    line = Timeline(title="t", unit=SECONDS, slices=slices(
        ("forward", "a.b", "x", 1e-6), ("forward", "a.c", "y", 2e-6), ("forward", "", "z", 3e-6),
        ("backward", "a", "w", 4e-6),
    ))  # fmt: skip
    found = events(perfetto.text(line))
    nested(found)
    timed = {(e["name"], e["tid"]): (e["ts"], e["dur"]) for e in found if e["ph"] == "X"}
    assert timed == {
        ("x", 1): (0, 1), ("b", 1): (0, 1), ("y", 1): (1, 2), ("c", 1): (1, 2), ("a", 1): (0, 3), ("z", 1): (3, 3),
        ("forward", 1): (0, 6), ("w", 2): (6, 4), ("a", 2): (6, 4), ("backward", 2): (6, 4),
    }  # fmt: skip


def test_a_step_on_a_gpu_takes_as_long_as_its_kernels() -> None:
    found = events(viewer_file(LENET, "perfetto", Viewed(hardware=GPU), batch=64))
    nested(found)
    estimate = costmodel.estimate(LENET, GPU, batch=64)
    ops = [e for e in found if e.get("cat") == "op"]
    assert sum(e["dur"] for e in ops) == pytest.approx(1e6 * estimate.time.card_seconds, rel=1e-4)
    assert {e["args"]["layer"] for e in ops} >= {"conv1", "conv2", "fc1", "(loss)"}
    threads = [e["args"]["name"] for e in found if e["name"] == "thread_name"]
    assert threads == ["forward", "loss", "backward", "optimizer"]
    evaluated = events(viewer_file(LENET, "perfetto", Viewed(hardware=GPU, phase="inference"), batch=64))
    assert {e["name"] for e in evaluated if e.get("cat") == "phase"} == {"forward"}


def test_on_an_accelerator_a_microsecond_is_a_cycle() -> None:
    text = viewer_file(LENET, "perfetto", Viewed(hardware="simple_weight_stationary"))
    found = events(text)
    cost = costmodel.estimate(LENET, "simple_weight_stationary")
    ops = [e for e in found if e.get("cat") == "op"]
    assert sum(e["dur"] for e in ops) == cost.cycles
    assert [e["args"]["layer"] for e in ops] == ["conv1", "conv2", "fc1", "fc2", "fc3"]
    assert json.loads(text)["otherData"]["unit"] == CYCLES


def test_strangers_text_is_data() -> None:
    evil = 'a"]}</script>\\n\x1b[31m'
    line = Timeline(title=evil, unit=CYCLES, slices=slices((evil, evil, evil, 1.0)))
    assert "\x1b" not in perfetto.text(line)
    nested(events(perfetto.text(line)))


def test_dot_itself_draws_every_call_and_nothing_else() -> None:
    text = viewer_file(LENET, "dot", Viewed(hardware=""))
    trace = costmodel.trace(LENET).phases[0].trace
    assert text.count("fillcolor=") == len(trace.calls) + text.count("shape=ellipse")
    # conv1 of LeNet on 3 x 32 x 32: 6 x 28 x 28 results of 4 bytes
    assert "convolution\\n1×6×28×28 float32, 18,816 B" in text
    if shutil.which("dot") is None:
        pytest.skip("Graphviz: there is no dot on PATH")
    drawn = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=False)
    assert (drawn.returncode, drawn.stderr) == (0, "")
    classes = [g.get("class") for g in ElementTree.fromstring(drawn.stdout).iter("{http://www.w3.org/2000/svg}g")]
    assert classes.count("node") == text.count("fillcolor=")
    assert classes.count("edge") == text.count(" -> ")
    assert classes.count("cluster") == text.count("subgraph cluster_")
