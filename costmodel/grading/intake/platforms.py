"""Read a folder of submissions: the files and the people of each, by the platform's own naming.

* Gradescope's export: ``submission_metadata.yml`` beside one folder per submission;
* Canvas's: ``lastnamefirstname_LATE_12345_67890_file.zip``, all files of one student together;
* GitHub Classroom's clones: folders ``assignment-username`` with a ``.git``;
* else: each folder, archive, script or notebook is a student's, and its name is the student's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from os.path import commonprefix
from pathlib import Path
from typing import Any

import yaml

from costmodel.files.moments import parse_submitted
from costmodel.files.quoting import safe_text
from costmodel.grading.intake.archives import SUFFIXES
from costmodel.grading.notice import Notice, NoticeKind

METADATA = "submission_metadata.yml"
_CANVAS = re.compile(r"(?P<who>[^_]+)_(?P<late>LATE_)?(?P<user>\d+)_(?P<number>\d+)_(?P<file>.+)")
_AGAIN = re.compile(r"-\d+(?=(\.[A-Za-z0-9]+)+$)")
"""Canvas adds this to the name of a file that is handed in again."""
_IGNORED = (".", "__MACOSX", "Thumbs.db", "desktop.ini")
_CODE = (*SUFFIXES, ".py", ".ipynb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person who handed in, as far as the source says; "" is not given.

    Attributes:
        clues: words by which a roster may know the person, the most reliable first.
        aliases: other words for the person, where the roster does not know it: its number on the platform.
    """

    name: str
    clues: tuple[str, ...]
    email: str = ""
    sid: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSubmission:
    """One submission's files as the platform exported them.

    Attributes:
        people: one, or a group.
        files: (path, name to give it); a single folder is taken whole.
        clone: name of a clone's folder, "" for none.
        submitted: when, if the source says so.
        is_code: false for a file that cannot hold a model: handed in by mistake, or not a submission.
        marked_late: the platform marks it so, by its own deadline.
        notices: whatever else the source says.
    """

    people: tuple[Person, ...]
    files: tuple[tuple[Path, str], ...]
    clone: str = ""
    submitted: datetime | None = None
    is_code: bool = True
    marked_late: bool = False
    notices: tuple[Notice, ...] = ()


def read_folder(place: Path) -> tuple[RawSubmission, ...]:
    """Every entry of a folder, in the order of their names."""
    entries = sorted((p for p in place.iterdir() if not p.name.startswith(_IGNORED)), key=lambda p: p.name)
    folders = [p for p in entries if p.is_dir() and not p.is_symlink()]
    if (place / METADATA).is_file():
        return _gradescope(place, folders)
    if len(entries) == len(folders) == 1 and (folders[0] / METADATA).is_file():
        return read_folder(folders[0])
    matches = [(p, match) for p in entries if (match := _CANVAS.fullmatch(p.name))]
    others = [p for p in entries if not _CANVAS.fullmatch(p.name)]
    if matches and not any(_is_code(p) for p in others):
        return (*_canvas(matches), *map(_plain, others))
    if entries and len(folders) == len(entries) and all((p / ".git").exists() for p in folders):
        return _clones(folders)
    return tuple(map(_plain, entries))


def _is_code(path: Path) -> bool:
    return path.is_dir() or path.is_symlink() or path.name.lower().endswith(_CODE)


def _plain(path: Path) -> RawSubmission:
    name = _stem(path)
    person = Person(name=name, clues=(path.name, name))
    return RawSubmission(people=(person,), files=((path, path.name),), is_code=_is_code(path))


def _stem(path: Path) -> str:
    for suffix in () if path.is_dir() else (*_CODE, path.suffix):
        if suffix and path.name.lower().endswith(suffix.lower()):
            return path.name[: -len(suffix)] or path.name
    return path.name


def _canvas(matches: list[tuple[Path, re.Match[str]]]) -> tuple[RawSubmission, ...]:
    by_user: dict[tuple[str, str], list[tuple[Path, re.Match[str]]]] = {}
    for path, match in matches:
        by_user.setdefault((match["who"], match["user"]), []).append((path, match))
    result = []
    for (who, user), files in by_user.items():
        late = any(match["late"] for _, match in files)
        plain = [_AGAIN.sub("", match["file"]) for _, match in files]
        # two versions side by side keep the names that Canvas gave them
        renamed = tuple(
            (path, name if plain.count(name) == 1 else match["file"])
            for (path, match), name in zip(files, plain, strict=True)
        )
        person = Person(name=who, clues=(user, who), aliases=(user,))
        result.append(RawSubmission(people=(person,), files=renamed, marked_late=late))
    return tuple(result)


def _clones(folders: list[Path]) -> tuple[RawSubmission, ...]:
    names = [p.name for p in folders]
    prefix = commonprefix(names) if len(names) > 1 else ""  # noqa: RUF071  # names, not paths
    prefix = prefix[: prefix.rfind("-") + 1]
    users = {p: p.name.removeprefix(prefix) for p in folders}
    return tuple(
        RawSubmission(people=(Person(name=user, clues=(user,)),), files=((p, p.name),), clone=p.name)
        for p, user in users.items()
    )


def _gradescope(place: Path, folders: list[Path]) -> tuple[RawSubmission, ...]:
    try:
        metadata = yaml.safe_load((place / METADATA).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        metadata = None
    known = {str(name): entry for name, entry in metadata.items()} if isinstance(metadata, dict) else {}
    there = {folder.name for folder in folders}
    ghosts = sorted(name for name, entry in known.items() if name not in there and _people(entry))
    found = [_of_gradescope(folder.name, folder, known.get(folder.name)) for folder in folders]
    return (*found, *(_of_gradescope(name, None, known[name]) for name in ghosts))


def _people(entry: Any) -> tuple[Person, ...]:
    submitters = entry.get(":submitters") if isinstance(entry, dict) else None
    people = [p for p in submitters if isinstance(p, dict)] if isinstance(submitters, list) else []
    return tuple(_person(*(str(person.get(key) or "") for key in (":name", ":email", ":sid"))) for person in people)


def _person(name: str, email: str, sid: str) -> Person:
    clues = tuple(filter(None, (sid, email, name)))
    return Person(name=name or email or sid, clues=clues, email=safe_text(email), sid=safe_text(sid))


def _of_gradescope(name: str, folder: Path | None, entry: Any) -> RawSubmission:
    files = () if folder is None else ((folder, folder.name),)
    people = _people(entry)
    if not people:
        notice = Notice(kind=NoticeKind.STRANGER, message=f"{METADATA} does not say whose {safe_text(name)} is")
        return RawSubmission(people=(Person(name=name, clues=(name,)),), files=files, notices=(notice,))
    late = bool(entry.get(":late"))
    return RawSubmission(people=people, files=files, submitted=_moment(entry.get(":created_at")), marked_late=late)


def _moment(value: Any) -> datetime | None:
    """A time stamp as YAML has read it, or as text."""
    if isinstance(value, datetime):
        return value
    try:
        return parse_submitted(str(value))
    except ValueError:
        return None
