"""What lies in a folder of submissions, and whose it is: one entry per student, by the platform's own naming.

* Gradescope's export: ``submission_metadata.yml`` beside one folder per submission;
* Canvas's: ``lastnamefirstname_LATE_12345_67890_file.zip``, all files of one student together;
* GitHub Classroom's clones: folders ``assignment-username`` with a ``.git``;
* else: each folder, archive, script or notebook is a student's, and its name is the student's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from os.path import commonprefix
from pathlib import Path
from typing import Any

import yaml

from costmodel.grading.notice import Kind, Notice
from costmodel.grading.unpack import SUFFIXES
from costmodel.quoting import safe_text

METADATA = "submission_metadata.yml"
_CANVAS = re.compile(r"(?P<who>[^_]+)_(?P<late>LATE_)?(?P<user>\d+)_(?P<number>\d+)_(?P<file>.+)")
_AGAIN = re.compile(r"-\d+(?=(\.[A-Za-z0-9]+)+$)")
"""What Canvas adds to the name of a file that is handed in again."""
_IGNORED = (".", "__MACOSX", "Thumbs.db")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """One student's files as they lie there.

    Attributes:
        name: as far as the source says.
        clues: other words by which a roster may know the student.
        clone: name of a clone's folder, "" for none.
        files: (path, name to give it); a single folder stands for itself.
        notices: lateness, and what else the source says.
    """

    name: str
    clues: tuple[str, ...]
    files: tuple[tuple[Path, str], ...]
    clone: str = ""
    notices: tuple[Notice, ...] = ()


def handed_in(place: Path) -> tuple[HandedIn, ...]:
    """Every entry of a folder, in the order of their names."""
    entries = sorted((p for p in place.iterdir() if not p.name.startswith(_IGNORED)), key=lambda p: p.name)
    folders = [p for p in entries if p.is_dir() and not p.is_symlink()]
    if (place / METADATA).is_file():
        return _gradescope(place, [p for p in folders if p.name != METADATA])
    if len(entries) == len(folders) == 1 and (folders[0] / METADATA).is_file():
        return handed_in(folders[0])
    matches = [(p, _CANVAS.fullmatch(p.name)) for p in entries]
    if entries and all(match for _, match in matches):
        return _canvas([(p, match) for p, match in matches if match is not None])
    if entries and len(folders) == len(entries) and all((p / ".git").exists() for p in folders):
        return _clones(folders)
    return tuple(HandedIn(name=_stem(p), clues=(_stem(p),), files=((p, p.name),)) for p in entries)


def _stem(path: Path) -> str:
    for suffix in (*SUFFIXES, ".py", ".ipynb"):
        if path.name.lower().endswith(suffix):
            return path.name[: -len(suffix)] or path.name
    return path.name


def _canvas(matches: list[tuple[Path, re.Match[str]]]) -> tuple[HandedIn, ...]:
    by_user: dict[tuple[str, str], list[tuple[Path, re.Match[str]]]] = {}
    for path, match in matches:
        by_user.setdefault((match["who"], match["user"]), []).append((path, match))
    result = []
    for (who, user), files in by_user.items():
        late = any(match["late"] for _, match in files)
        notices = (Notice(kind=Kind.LATE, message="handed in late"),) if late else ()
        named = tuple((path, _AGAIN.sub("", match["file"])) for path, match in files)
        result.append(HandedIn(name=who, clues=(user, who), files=named, notices=notices))
    return tuple(result)


def _clones(folders: list[Path]) -> tuple[HandedIn, ...]:
    names = [p.name for p in folders]
    prefix = commonprefix(names) if len(names) > 1 else ""  # noqa: RUF071  # names, not paths
    prefix = prefix[: prefix.rfind("-") + 1]
    return tuple(
        HandedIn(
            name=p.name.removeprefix(prefix),
            clues=(p.name.removeprefix(prefix),),
            files=((p, p.name),),
            clone=p.name,
        )
        for p in folders
    )


def _gradescope(place: Path, folders: list[Path]) -> tuple[HandedIn, ...]:
    try:
        metadata = yaml.safe_load((place / METADATA).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        metadata = None
    known = metadata if isinstance(metadata, dict) else {}
    return tuple(_of_gradescope(folder, known.get(folder.name)) for folder in folders)


def _of_gradescope(folder: Path, entry: Any) -> HandedIn:
    submitters = entry.get(":submitters") if isinstance(entry, dict) else None
    people = [p for p in submitters if isinstance(p, dict)] if isinstance(submitters, list) else []
    if not people:
        message = f"{METADATA} does not say whose {safe_text(folder.name)} is"
        notice = Notice(kind=Kind.STRANGER, message=message)
        return HandedIn(name=folder.name, clues=(folder.name,), files=((folder, folder.name),), notices=(notice,))
    names = [str(person.get(":name") or "") for person in people]
    clues = [str(person.get(key) or "") for person in people for key in (":sid", ":email", ":name")]
    name = ", ".join(filter(None, names)) or folder.name
    late = isinstance(entry, dict) and bool(entry.get(":late"))
    notices = (Notice(kind=Kind.LATE, message="handed in late"),) if late else ()
    return HandedIn(name=name, clues=tuple(filter(None, clues)), files=((folder, folder.name),), notices=notices)
