"""Finished traces of an interrupted run: one file per submission, taken only for the same work."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from costmodel.errors import FormatError
from costmodel.files.writing import write_text
from costmodel.grading.intake.digest import digest_of
from costmodel.grading.job import SCHEMA, Job, TracedSubmission
from costmodel.hardware.gpu.cards import load_gpu
from costmodel.ir.codec import dumps, loads


@dataclass(frozen=True)
class ResumeStore:
    """A folder of finished traces."""

    folder: Path

    def emptied(self) -> ResumeStore:
        """The same folder, without the traces of earlier runs."""
        for file in self.folder.glob("*.json"):
            file.unlink(missing_ok=True)
        return self

    def load(self, key: str) -> TracedSubmission | None:
        """A finished trace; None if there is none, or the file is damaged: then it is made again."""
        try:
            return loads(TracedSubmission, (self.folder / f"{key}.json").read_text(encoding="utf-8"), SCHEMA)
        except (OSError, UnicodeDecodeError, FormatError):
            return None

    def store(self, key: str, traced: TracedSubmission) -> None:
        """Keep a finished trace, whole or not at all."""
        write_text(self.folder / f"{key}.json", dumps(traced, SCHEMA))


def trace_key(job: Job, digest: str, version: str) -> str:
    """Digest of all that a trace depends on: files, way of tracing, our own source; not where the files lie.

    The name of the file or folder belongs to them: a trace names its file, and a folder may be imported as a package.
    """
    recipe = (sorted(job.settings.items()), sorted(job.defaults.items()))
    inputs = digest_of(job.inputs) if job.inputs is not None else ""
    cards = [load_gpu(name).digest for name in job.cards]
    words = (job.path.name, digest, job.reference, recipe, job.random, job.phase, job.wall, job.limits, inputs, cards,
             version)  # fmt: skip
    return hashlib.sha256(repr(words).encode()).hexdigest()
