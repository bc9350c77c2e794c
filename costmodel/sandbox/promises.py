"""The promises that a wall can keep; a probe tries each of them for real."""

from __future__ import annotations

PROMISES = {
    "network": "no connection to the outside",
    "processes": "no new process",
    "signals": "no signal to another process",
    "memory": "no look into another process",
    "files": "no file outside is read",
    "names": "no name or time of a file outside is seen",
    "writing": "no file outside is written",
    "shown": "no file that it is shown is changed",
}
"""By name. A wall that keeps all of them is whole."""
