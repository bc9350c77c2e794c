"""bubblewrap: the same namespaces, put up by a program that does nothing else."""

from __future__ import annotations

from costmodel.measuring.enclosure import PROMISES, Enclosure, Surroundings
from costmodel.sandbox.wall import program


def _words(around: Surroundings) -> tuple[str, ...]:
    words = [program("bwrap"), "--die-with-parent", "--unshare-all", "--cap-drop", "ALL"]
    words += ["--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev", "--proc", "/proc", "--tmpfs", "/dev/shm"]
    for place in around.hidden:
        words += ["--tmpfs", str(place)] if place.is_dir() else ["--ro-bind", "/dev/null", str(place)]
    for place in around.shown:
        words += ["--ro-bind", str(place), str(place)]
    words += ["--bind", str(around.folder), str(around.folder), "--chdir", str(around.folder), "--"]
    return tuple(words)


ENCLOSURE = Enclosure(
    name="bubblewrap",
    order=10,
    description="every namespace of its own, by bubblewrap; everything read-only but the entry's folder",
    promises=tuple(PROMISES),
    advice="install bubblewrap",
    programs=("bwrap",),
    system="linux",
    depth=2,
    words=_words,
)
