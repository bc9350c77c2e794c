"""The words that Timeloop's backend alone understands. No import here is slow: ``--help`` reads it."""

from __future__ import annotations

from costmodel.backends.backend import Option

OPTIONS = (
    Option("timeloop_bin", "folder of Timeloop's binaries [default: COSTMODEL_TIMELOOP_BIN, then PATH]"),
    Option("docker", "run Timeloop in this Docker image"),
    Option("work", "keep Timeloop's runs in this folder [default: in the cache folder]"),
    Option("time_limit", "seconds that Timeloop may take for a layer", 3600.0, float),
    Option("syntax", "v0.3 (Timeloop until 2023, the course's) or v0.4 (newer)", "v0.3"),
)

INDEX = "layers.json"
"""Name of an export's list of folders."""
