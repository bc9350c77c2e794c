"""One run of a Timeloop binary in a layer's folder: time limit, kept output, and no second run of the same inputs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from costmodel.backends.timeloop.loop_nest import parse_map
from costmodel.backends.timeloop.stats import Stats, parse_stats
from costmodel.backends.timeloop.tools import Tool
from costmodel.errors import FormatError, RunError
from costmodel.files.writing import write_text
from costmodel.ir.cost import MappedLevel

_WORDS_OF_STDERR = 300
_FINISHED = "finished.json"
_SECONDS_TO_KILL = 30.0
"""How long ``docker kill`` may take."""


@dataclass(frozen=True)
class ToolRun:
    """What a run says; ``fresh`` is False if its figures were in the folder already."""

    stats: Stats
    mapping: tuple[MappedLevel, ...]
    fresh: bool


def run_tool(tool: Tool, documents: Mapping[str, str], inputs: tuple[str, ...], folder: Path, limit: float) -> ToolRun:
    """The figures of a layer, from a new run or from a finished one with byte-identical inputs and the same binary.

    Args:
        tool: the binary.
        documents: text by file name; all are written.
        inputs: names of those that the binary is given.
        folder: the layer's own.
        limit: seconds.

    Raises:
        RunError: a crash, a time-out, no result, or a result that cannot be read.
    """
    digest = _digest(tool, documents, inputs)
    if _finished(folder, tool.name) == digest:
        with contextlib.suppress(RunError):  # a damaged result is made again
            return _outcome(tool, folder, fresh=False)
    try:
        _prepare(folder, tool, documents)
        _execute(tool, inputs, folder, limit)
        outcome = _outcome(tool, folder, fresh=True)
        _mark(folder, tool.name, digest)
    except OSError as error:
        raise RunError(f"{tool.name}: {folder.name}: {error.strerror or error}") from None
    return outcome


def _digest(tool: Tool, documents: Mapping[str, str], inputs: tuple[str, ...]) -> str:
    digest = hashlib.sha256(tool.version.encode())
    for name in inputs:
        digest.update(f"\0{name}\0{documents[name]}".encode())
    return digest.hexdigest()


def _finished(folder: Path, tool: str) -> str | None:
    try:
        known = json.loads((folder / f"{tool}.{_FINISHED}").read_text(encoding="utf-8"))
        return str(known["inputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _mark(folder: Path, tool: str, digest: str) -> None:
    write_text(folder / f"{tool}.{_FINISHED}", json.dumps({"inputs": digest}) + "\n")


def _prepare(folder: Path, tool: Tool, documents: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in (_FINISHED, "stats.txt", "map.txt"):
        (folder / f"{tool.name}.{old}").unlink(missing_ok=True)
    for name, text in documents.items():
        (folder / name).write_text(text, encoding="utf-8")


def _execute(tool: Tool, inputs: tuple[str, ...], folder: Path, limit: float) -> None:
    container = f"costmodel-{os.getpid()}-{folder.name}"
    with (
        (folder / f"{tool.name}.stdout.txt").open("wb") as out,
        (folder / f"{tool.name}.stderr.txt").open("wb") as err,
    ):
        process = subprocess.Popen(
            tool.command(inputs, folder.resolve(), container),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=folder,
            env={**os.environ, **tool.environment},
            start_new_session=True,  # so that a time-out also ends what the binary started
        )
        try:
            code = process.wait(timeout=limit)
        except BaseException as error:
            _stop(tool, process, container)
            if isinstance(error, subprocess.TimeoutExpired):
                raise RunError(
                    f"{tool.name} was stopped after {limit:g} s (raise --time-limit; what it said is in {folder.name})"
                ) from None
            raise
    if code != 0:
        raise RunError(f"{tool.name} failed with {_code(code)}: {_said(tool, folder)} (output in {folder.name})")


def _stop(tool: Tool, process: subprocess.Popen[bytes], container: str) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if tool.image is not None:  # the container outlives its client
        with contextlib.suppress(subprocess.TimeoutExpired):
            words = [str(tool.path), "kill", container]
            subprocess.run(words, capture_output=True, check=False, timeout=_SECONDS_TO_KILL)


def _code(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"signal {signal.Signals(-code).name}"


def _said(tool: Tool, folder: Path) -> str:
    """The last complaint on stderr; Timeloop marks its own with ERROR."""
    text = (folder / f"{tool.name}.stderr.txt").read_text(encoding="utf-8", errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line] or lines
    return errors[-1][:_WORDS_OF_STDERR] if errors else "it said nothing"


def _outcome(tool: Tool, folder: Path, *, fresh: bool) -> ToolRun:
    texts = {}
    for name in ("stats.txt", "map.txt"):
        file = folder / f"{tool.name}.{name}"
        try:
            texts[name] = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            # the mapper says so and leaves with 0 when no mapping is valid (src/applications/mapper)
            raise RunError(
                f"{tool.name} wrote no {file.name}: no valid mapping was found (output in {folder.name})"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(f"{file.name} cannot be read: {error} (in {folder.name})") from None
    try:
        return ToolRun(parse_stats(texts["stats.txt"]), parse_map(texts["map.txt"]), fresh)
    except FormatError as error:
        raise RunError(f"{tool.name}: {error} (in {folder.name})") from None
