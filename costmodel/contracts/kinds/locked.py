"""Files that nobody may change, compared by their digests."""

from __future__ import annotations

import hashlib

from costmodel.contracts.reading.folder import Entry, Folder
from costmodel.contracts.spec import LockedRule
from costmodel.files.quoting import escaped
from costmodel.ir.verdict import Outcome

_LARGEST = 64 * 2**20


def digest(data: bytes, newlines: str) -> str:
    """SHA-256 of a file; ``normalised`` takes CR LF for LF."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n") if newlines == "normalised" else data).hexdigest()


def check_locked(rule: LockedRule, folder: Folder, originals: Folder | None) -> tuple[Outcome, str]:
    """Whether the locked files are those of the rulebook, or of the organizers' own copy."""
    path = rule.path.rstrip("/")
    mine = _below(folder, path)
    if not mine:
        return Outcome.UNDECIDED, f"{path} is not among the files: nothing to compare"
    wanted = dict(rule.sha256)
    if not wanted and originals is not None:
        theirs = _below(originals, path)
        wanted = {name: _digest(originals, entry, rule) or "" for name, entry in theirs.items()}
    if not wanted:
        return Outcome.UNDECIDED, f"{path}: no digest and no original to compare with; give the organizers' folder"
    changed = [name for name, entry in mine.items() if name in wanted and _digest(folder, entry, rule) != wanted[name]]
    said = [f"{escaped(name)} is changed" for name in changed]
    said += [f"{escaped(name)} is missing" for name in wanted if name not in mine]
    said += [f"{escaped(name)} is new" for name in mine if name not in wanted]
    if said:
        return Outcome.FAIL, "; ".join(said[:6])
    return Outcome.PASS, f"{len(wanted)} files as handed out"


def _digest(folder: Folder, entry: Entry, rule: LockedRule) -> str | None:
    data = folder.read_bytes(entry, _LARGEST)
    return None if data is None else digest(data, rule.newlines)


def _below(folder: Folder, path: str) -> dict[str, Entry]:
    """Files at a path or below it, by their name from that path on; the path may lie deeper in the folder.

    The copy that lies least deep is taken.
    """
    found: dict[str, dict[str, Entry]] = {}
    for entry in folder.files:
        padded = f"/{entry.path}"
        at = padded.find(f"/{path}/")
        if at < 0 and padded.endswith(f"/{path}"):
            at = len(padded) - len(path) - 1
        if at >= 0:
            found.setdefault(padded[:at], {})[padded[at + 1 :]] = entry
    if not found:
        return {}
    return found[min(found, key=lambda prefix: (prefix.count("/"), prefix))]
