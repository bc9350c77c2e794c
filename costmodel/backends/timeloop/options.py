"""The words that Timeloop's backend alone understands. No import here is slow: ``--help`` reads it."""

from __future__ import annotations

from costmodel.backends.backend import BackendOption

OPTIONS = (
    BackendOption("timeloop_bin", "folder of Timeloop's binaries [default: COSTMODEL_TIMELOOP_BIN, then PATH]"),
    BackendOption("docker", "run Timeloop in this Docker image"),
    BackendOption("work", "keep Timeloop's runs in this folder [default: in the cache folder]"),
    BackendOption("time_limit", "seconds that Timeloop may take for a layer", 3600.0, float),
    BackendOption(
        "syntax", "v0.3 (Timeloop until 2023, the course's), v0.4 (newer) or v0.4-nodes (timeloopfe's)", "v0.3"
    ),
)

INDEX = "layers.json"
"""Name of an export's list of folders."""
