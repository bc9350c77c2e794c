"""Chrome's Trace Event Format, which ui.perfetto.dev and chrome://tracing open: phases, layers in layers, ops.

Complete events (``"ph": "X"``) with microseconds in ``ts`` and ``dur``; a viewer nests those of a thread by time. Every
phase is a thread of its own, named by a metadata event (``"ph": "M"``). Where the time line is of cycles, a
cycle is shown as a microsecond.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from costmodel.files.quoting import printable
from costmodel.ir.timeline import SECONDS, Slice, Timeline
from costmodel.reports.export_format import TIMELINE
from costmodel.version import __version__

TITLE = "an estimate's time line for ui.perfetto.dev (Trace Event Format)"
OF = TIMELINE

_MICROSECONDS = 1e6
_PROCESS = 1


def text(shown: Timeline) -> str:
    """The JSON object form, with a final newline."""
    notes = [*shown.notes, *(["one cycle is shown as one microsecond"] if shown.unit != SECONDS else [])]
    data = {
        "traceEvents": [*_names(shown), *_events(shown)],
        "displayTimeUnit": "ms",
        "otherData": {"made by": f"costmodel {__version__}", "unit": shown.unit, "notes": printable("; ".join(notes))},
    }
    return json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _threads(shown: Timeline) -> dict[str, int]:
    return {phase: i + 1 for i, phase in enumerate(dict.fromkeys(piece.phase for piece in shown.slices))}


def _names(shown: Timeline) -> Iterator[dict[str, Any]]:
    yield _meta("process_name", 0, {"name": printable(shown.title)})
    for phase, thread in _threads(shown).items():
        yield _meta("thread_name", thread, {"name": printable(phase)})
        yield _meta("thread_sort_index", thread, {"sort_index": thread})


def _meta(name: str, thread: int, args: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "ph": "M", "pid": _PROCESS, "tid": thread, "args": dict(args)}


def _events(shown: Timeline) -> Iterator[dict[str, Any]]:
    """Ops, and what they are in: a phase and the parts of a path, which end where the next slice leaves them."""
    scale = _MICROSECONDS if shown.unit == SECONDS else 1.0
    threads = _threads(shown)
    now, begun = 0.0, 0
    opened: list[tuple[str, float]] = []
    phase = ""
    slices = [*shown.slices, None]
    for piece in slices:
        path = _path(piece) if piece is not None else []
        same = 0
        while same < min(len(opened), len(path)) and opened[same][0] == path[same]:
            same += 1
        for depth in range(len(opened) - 1, same - 1, -1):
            name, since = opened[depth]
            kind = "phase" if depth == 0 else "layer"
            whole = ".".join(part for part, _ in opened[1 : depth + 1])
            yield _event(name, kind, threads[phase], since, now, {"path": whole} if depth else {})
        del opened[same:]
        if piece is None:
            return
        opened += [(part, now) for part in path[same:]]
        phase, begun = piece.phase, begun + 1
        end = now + piece.duration * scale
        yield _event(piece.op, "op", threads[phase], now, end, {"layer": piece.layer, "number": begun, **piece.facts})
        now = end


def _path(piece: Slice) -> list[str]:
    return [piece.phase, *([part for part in piece.layer.split(".") if part])]


def _event(name: str, kind: str, thread: int, start: float, end: float, args: Mapping[str, Any]) -> dict[str, Any]:
    said = {key: printable(value) if isinstance(value, str) else value for key, value in args.items()}
    return {
        "name": printable(name),
        "cat": kind,
        "ph": "X",
        "ts": round(start, 3),
        "dur": round(max(end - start, 0.0), 3),
        "pid": _PROCESS,
        "tid": thread,
        "args": said,
    }
