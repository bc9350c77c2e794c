"""Small files of our own in the shape of public training scripts, each with figures that were worked out by hand.

A stand-in is one text: a head in YAML, then ``--- NAME`` over each file of the repository that it stands for. A
notebook's cells have ``# %%`` between them. Nothing of it is edited before it is analysed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_TEXTS = Path(__file__).parents[1] / "stand_ins"
_FILE = re.compile(r"^--- (.+)\n", re.MULTILINE)


@dataclass(frozen=True)
class StandIn:
    """A repository in small.

    Attributes:
        what: shape of script it is.
        subject: what a user would point at, a file or a folder.
        settings: of the analysis.
        outcome: that is right: ``complete``, or ``refused`` where no tool could know the model.
        parameters: all of them, trained or not; None where it is refused.
        macs: of one training step.
        files: text of each file by its name.
    """

    what: str
    subject: str
    settings: dict[str, Any]
    outcome: str
    parameters: int | None
    macs: int | None
    files: dict[str, str]

    def write(self, folder: Path) -> str:
        """Put the files into a folder and give the subject there."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_notebook(text) if path.suffix == ".ipynb" else text)
        return str(folder / self.subject)


def names() -> list[str]:
    """All of them."""
    return sorted(text.stem for text in _TEXTS.glob("*.txt"))


def read(name: str) -> StandIn:
    """One of them."""
    head, *rest = _FILE.split((_TEXTS / f"{name}.txt").read_text())
    fields = yaml.safe_load(head)
    return StandIn(
        what=fields["what"],
        subject=fields["subject"],
        settings=fields.get("settings", {}),
        outcome=fields["outcome"],
        parameters=fields.get("parameters"),
        macs=fields.get("macs"),
        files=dict(zip(rest[::2], rest[1::2], strict=True)),
    )


def _notebook(text: str) -> str:
    cells = [{"cell_type": "code", "source": part.strip("\n"), "metadata": {}} for part in text.split("# %%\n")]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
