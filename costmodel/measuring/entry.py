"""An entry: a folder or none, and the commands that it is run by."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from costmodel.errors import UsageError

_LEFT_OUT = (".git", "__pycache__", ".venv")
DATA, OUT = "DATA", "OUT"
"""In a command: the folder of the data, and the entry's own."""

ARGUMENTS: Mapping[str, str] = {
    "--data_dir": DATA,
    "--net_sav": "./checkpoint/ckpt.pth",
    "--lr": "0.1",
}
"""Values of arguments that contracts ask of scripts: HAET 2022's README (training.py --lr 0.1 --net_sav
./checkpoint/ckpt.pth), and the 2023 budgeted training's --data_dir."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One command.

    Attributes:
        name: its script's, or ``command``.
        words: with DATA and OUT for the folders.
        goes_on: another stage follows, so that the time limit ends this one and breaks no rule.
    """

    name: str
    words: tuple[str, ...]
    goes_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is run.

    Attributes:
        folder: its files, which are copied; None for a command alone.
        lacks: what it is to be run by and does not have, in words; "" is nothing.
    """

    name: str
    folder: Path | None
    stages: tuple[Stage, ...]
    lacks: str = ""


def entry_of(
    name: str,
    folder: Path | None,
    command: Sequence[str],
    scripts: Mapping[str, Sequence[str]],
    *,
    goes_on: bool | None = None,
) -> Entry:
    """An entry by a command, or by the scripts that a contract names.

    Args:
        name: whose it is.
        folder: its files.
        command: any command; it goes before the contract.
        scripts: by file, the arguments that the contract asks for, in the order in which the scripts run.
        goes_on: whether the time limit ends the last stage without breaking a rule; None is no.

    Raises:
        UsageError: there is no command and no script of the contract.
    """
    if command:
        stages: tuple[Stage, ...] = (Stage(name="command", words=tuple(command), goes_on=bool(goes_on)),)
        return Entry(name=name, folder=folder, stages=stages)
    if folder is None:
        raise UsageError("nothing to run: give an entry's folder, or a command after --")
    if not scripts:
        raise UsageError(f"{name}: the rules name no script that runs an entry; give the command after --")
    missing = [script for script in scripts if not (folder / script).is_file()]
    lacks = f"it has no {missing[0]}, by which the rules run it; give the command after --" if missing else ""
    last = list(scripts)[-1]
    stages = tuple(
        Stage(
            name=script,
            words=("python", script, *_words(name, script, arguments)),
            goes_on=script != last or bool(goes_on),
        )
        for script, arguments in scripts.items()
    )
    return Entry(name=name, folder=folder, stages=stages, lacks=lacks)


def _words(name: str, script: str, arguments: Sequence[str]) -> list[str]:
    unknown = [argument for argument in arguments if argument not in ARGUMENTS]
    if unknown:
        raise UsageError(f"{name}: no value is known for {unknown[0]} of {script}; give the command after --")
    return [word for argument in arguments for word in (argument, ARGUMENTS[argument])]


def started_as(words: Sequence[str], data: Path | None, out: Path, python: str = sys.executable) -> list[str]:
    """The command as it is started: with real folders, and this Python where it says ``python``.

    Raises:
        UsageError: it needs the data, and there are none.
    """
    if data is None and DATA in words:
        raise UsageError("the command needs a data folder: give --data DIR")
    places = {DATA: str(data), OUT: str(out)}
    result = [places.get(word, word) for word in words]
    return [python, *result[1:]] if result[0] in ("python", "python3") else result


def digests(folder: Path | None) -> dict[str, str]:
    """SHA-256 of every regular file of an entry, by its place."""
    if folder is None:
        return {}
    found = {}
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not set(place.parts) & set(_LEFT_OUT):
            with path.open("rb") as file:
                digest = hashlib.sha256()
                while piece := file.read(1 << 20):
                    digest.update(piece)
            found[place.as_posix()] = digest.hexdigest()
    return found


def entries_in(folder: Path) -> list[Path]:
    """The folders of entries in a folder, by name; hidden ones left out."""
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith((".", "_")))
