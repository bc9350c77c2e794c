"""Files that nobody may change, compared by their digests."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

from pydantic import Field, field_validator

from costmodel.contracts.contract_rule import ContractRule, Decision
from costmodel.contracts.handed_in import HandedIn
from costmodel.contracts.reading.submission_folder import Folder, SubmittedFile
from costmodel.files.quoting import escaped
from costmodel.ir.verdict import Outcome

ORDER = 60
SEVERAL = True

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST = 64 * 2**20


class LockedRule(ContractRule):
    """Files that nobody may change: a file, or every file of a folder, where it lies in the submission.

    Attributes:
        path: as the organizers hand it out; the submission may have it deeper.
        sha256: of each file, by its path; empty: compare with the organizers' own copy.
        newlines: ``normalised`` takes CR LF for LF, which git does on Windows.
    """

    path: str
    sha256: dict[str, str] = Field(default_factory=dict)
    newlines: Literal["exact", "normalised"] = "normalised"

    @field_validator("sha256")
    @classmethod
    def _hex(cls, value: dict[str, str]) -> dict[str, str]:
        wrong = [name for name, digest in value.items() if not _SHA256.fullmatch(digest)]
        if wrong:
            raise ValueError(f"{wrong[0]}: 64 lower-case hexadecimal digits are expected")
        return value


RULE = LockedRule


def decide(rule: LockedRule, handed_in: HandedIn) -> Decision:
    """Whether the locked files are those of the rulebook, or of the organizers' own copy."""
    outcome, because = _decided(rule, handed_in.folder, handed_in.originals)
    # undecided only where there is nothing to compare, or nothing to compare with
    return Decision(limit=f"{rule.path} unchanged", outcome=outcome, because=because, not_given=True)


def digest(data: bytes, newlines: str) -> str:
    """SHA-256 of a file; ``normalised`` takes CR LF for LF."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n") if newlines == "normalised" else data).hexdigest()


def _decided(rule: LockedRule, folder: Folder, originals: Folder | None) -> tuple[Outcome, str]:
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


def _digest(folder: Folder, entry: SubmittedFile, rule: LockedRule) -> str | None:
    data = folder.read_bytes(entry, _LARGEST)
    return None if data is None else digest(data, rule.newlines)


def _below(folder: Folder, path: str) -> dict[str, SubmittedFile]:
    """Files at a path or below it, by their name from that path on; the path may lie deeper in the folder.

    The copy that lies least deep is taken.
    """
    found: dict[str, dict[str, SubmittedFile]] = {}
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
