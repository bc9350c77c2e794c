"""Every rule of a contract applied to a folder: one finding each, nothing run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path

from costmodel.contracts.kinds.arguments import check_arguments
from costmodel.contracts.kinds.deadline import decide
from costmodel.contracts.kinds.environment import check_environment
from costmodel.contracts.kinds.file_name import check_name
from costmodel.contracts.kinds.label_signs import label_signs
from costmodel.contracts.kinds.locked import check_locked
from costmodel.contracts.kinds.network_signs import network_signs
from costmodel.contracts.kinds.pretrained_signs import checkpoint_files, pretrained_signs
from costmodel.contracts.kinds.table import check_table
from costmodel.contracts.reading.folder import Folder, matches, open_folder
from costmodel.contracts.reading.hidden_code import hidden_code
from costmodel.contracts.reading.meanings import Names
from costmodel.contracts.reading.programs import Part, Programs, read_programs
from costmodel.contracts.spec import (
    ArgumentRule,
    ContractRule,
    ContractSpec,
    DeadlineRule,
    EnvironmentRule,
    FileRule,
    LockedRule,
    NameRule,
    SignRule,
    SizeRule,
    TableRule,
    TeamRule,
)
from costmodel.files.quoting import escaped
from costmodel.ir.verdict import Consequence, Finding, Outcome

_SHOWN = 12
"""Places of one rule that are written out."""

_FORBIDDEN = {
    "pretrained": "pretrained weights",
    "network": "network use",
    "test_labels": "use of the test labels",
}


def check_contract(
    folder: Path,
    spec: ContractSpec,
    *,
    submitted_at: datetime | None = None,
    team_solutions: int | None = None,
    originals: Path | None = None,
    asked_for: Collection[str] = (),
) -> tuple[Finding, ...]:
    """One finding per rule, in the contract's order; no file is run and no link followed.

    Args:
        folder: the submission.
        spec: the rules.
        submitted_at: when it was handed in, best with its time zone.
        team_solutions: how many solutions the team has handed in.
        originals: the organizers' own copy of locked files.
        asked_for: paths in the folder of weights that the organizers want: they are no sign of anything.

    Raises:
        SubjectError: no such folder.
    """
    files = open_folder(folder)
    check = _Check(
        files,
        read_programs(files),
        submitted_at,
        team_solutions,
        open_folder(originals) if originals is not None else None,
        asked_for,
    )
    return tuple(check.finding(rule) for rule in spec.rules())


class _Check:
    """A folder and what is known beside it; one method per kind of rule."""

    def __init__(
        self,
        folder: Folder,
        programs: Programs,
        submitted: datetime | None,
        solutions: int | None,
        originals: Folder | None,
        asked_for: Collection[str],
    ) -> None:
        self.folder, self.programs = folder, programs
        self.submitted, self.solutions, self.originals = submitted, solutions, originals
        self.asked_for = asked_for
        # a cell that is no Python may still hand lines to the shell
        self.names = [(part, Names(part.tree or ast.Module([], []))) for part in programs.parts]

    def finding(self, rule: ContractRule) -> Finding:
        measured, limit, outcome, because = self._decided(rule)
        return Finding(
            rule=rule.rule,
            measured=measured,
            at_least=False,
            limit=limit,
            unit="",
            outcome=outcome,
            because="; ".join(text for text in (because, rule.note) if text),
            consequence=Consequence.NOTE if outcome is Outcome.UNDECIDED and self._not_given(rule) else rule.on_failure,
        )

    def _not_given(self, rule: ContractRule) -> bool:
        """Whether what the rule asks about lies outside the files, and nobody has said it."""
        if isinstance(rule, DeadlineRule):
            return self.submitted is None
        if isinstance(rule, TeamRule):
            return self.solutions is None
        if isinstance(rule, TableRule) and rule.written_by_run:
            return not self.folder.matching(rule.any_of)
        return isinstance(rule, LockedRule) or self._handed_in_elsewhere(rule)

    def _handed_in_elsewhere(self, rule: ContractRule) -> bool:
        return isinstance(rule, (TableRule, NameRule)) and not rule.required and not self.folder.matching(rule.any_of)

    def _decided(self, rule: ContractRule) -> tuple[int | None, str, Outcome, str]:
        if isinstance(rule, FileRule):
            return self._file(rule)
        if isinstance(rule, ArgumentRule):
            scripts = [entry for entry in self.folder.files if matches(entry, rule.script)]
            at_top = [entry for entry in scripts if entry.path == rule.script]
            return None, self._arguments(rule), *check_arguments(rule, at_top or scripts, self.programs)
        if isinstance(rule, EnvironmentRule):
            return None, f"a YAML with {', '.join(rule.keys)}", *check_environment(rule, self.folder)
        if self._handed_in_elsewhere(rule):
            return None, "where it is handed in", Outcome.UNDECIDED, "it is not among these files"
        if isinstance(rule, TableRule):
            rows, outcome, because = check_table(rule, self.folder)
            return rows, _columns(rule), outcome, because
        if isinstance(rule, NameRule):
            return None, f"named as {rule.example}", *check_name(rule, self.folder)
        if isinstance(rule, LockedRule):
            return None, f"{rule.path} unchanged", *check_locked(rule, self.folder, self.originals)
        if isinstance(rule, DeadlineRule):
            limit = f"until {rule.at} {rule.zone or '(no zone)'}"
            return None, limit, *decide(rule.at, rule.zone, self.submitted)
        if isinstance(rule, TeamRule):
            return self._team(rule)
        if isinstance(rule, SizeRule):
            return self._size(rule)
        assert isinstance(rule, SignRule)
        return self._sign(rule)

    @staticmethod
    def _arguments(rule: ArgumentRule) -> str:
        return f"{rule.script} {' '.join(rule.arguments)}".strip()

    def _file(self, rule: FileRule) -> tuple[int | None, str, Outcome, str]:
        found = self.folder.matching(rule.any_of)
        asked = f"{' or '.join(rule.any_of)}{f', {rule.count} times' if rule.count > 1 else ''}"
        filled = [entry for entry in found if entry.size]
        if len(filled) >= rule.count:
            return len(filled), asked, Outcome.PASS, ", ".join(escaped(entry.path) for entry in filled[:4])
        empty = f"; {escaped(found[0].path)} is empty" if len(found) > len(filled) else ""
        linked = [text for text in self.folder.unseen if " is a link" in text]
        return len(filled), asked, Outcome.FAIL, f"{len(filled)} found{empty}{'; ' + linked[0] if linked else ''}"

    def _team(self, rule: TeamRule) -> tuple[int | None, str, Outcome, str]:
        limit = f"<= {rule.most}"
        if self.solutions is None:
            return None, limit, Outcome.UNDECIDED, "how many solutions the team has handed in is not known"
        outcome = Outcome.PASS if self.solutions <= rule.most else Outcome.FAIL
        return self.solutions, limit, outcome, f"{self.solutions} handed in"

    def _size(self, rule: SizeRule) -> tuple[int | None, str, Outcome, str]:
        found = self.folder.matching(rule.any_of)
        largest = max(found, key=lambda entry: entry.size, default=None)
        size = sum(e.size for e in found) if rule.together else largest.size if largest else 0
        which = f"{len(found)} files" if rule.together else escaped(largest.path) if largest else "no file"
        outcome = Outcome.PASS if size <= rule.most_bytes else Outcome.FAIL
        return size, f"<= {rule.most_bytes:,} bytes", outcome, f"{which}: {size:,} bytes"

    def _sign(self, rule: SignRule) -> tuple[int | None, str, Outcome, str]:
        """Signs are for a person to look at; without any, what could not be read still leaves it open."""
        found = list(dict.fromkeys(self._signs(rule)))
        what = f"no {_FORBIDDEN[rule.kind]}"
        if found:
            shown = "; ".join(f"{place}: {reason}" for place, reason in found[:_SHOWN])
            more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            return len(found), what, Outcome.UNDECIDED, f"a person has to look at {shown}{more}"
        doubts = [*self.programs.unreadable, *self.folder.unseen]
        doubts += [f"{place}: {why}" for part, names in self.names for place, why in hidden_code(part, names)]
        if doubts:
            return 0, what, Outcome.UNDECIDED, f"no sign of it, but not all can be read: {'; '.join(doubts[:_SHOWN])}"
        if not self.programs.parts:
            return 0, what, Outcome.UNDECIDED, "there is no Python program to look at"
        files = len({part.path for part in self.programs.parts})
        programs = "1 file" if files == 1 else f"{files} files"
        return 0, what, Outcome.PASS, f"no sign of it in {programs} of Python, as far as reading them tells"

    def _signs(self, rule: SignRule) -> Iterator[tuple[str, str]]:
        looks: dict[str, Callable[[Part, Names], Iterator[tuple[str, str]]]] = {
            "pretrained": pretrained_signs,
            "network": network_signs,
            "test_labels": lambda part, names: label_signs(part, names, rule.test_files),
        }
        for part, names in self.names:
            yield from looks[rule.kind](part, names)
        if rule.kind == "pretrained":
            yield from checkpoint_files(self.folder, rule.checkpoint_bytes, self.asked_for)


def _columns(rule: TableRule) -> str:
    rows = f", {rule.rows:,} rows" if rule.rows is not None else ""
    values = f", {rule.values.first} to {rule.values.last}" if rule.values is not None else ""
    return f"{','.join(rule.columns)}{rows}{values}"
