"""Facts that a submission's own folder holds: claims in file names, and predictions that can be scored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from costmodel.contracts.contract import ContractSpec
from costmodel.contracts.kinds.names import NameRule
from costmodel.contracts.kinds.tables import TableRule
from costmodel.contracts.reading.submission_folder import open_folder
from costmodel.facts.claiming_names import claimed
from costmodel.facts.reader import read_facts
from costmodel.files.quoting import escaped
from costmodel.ir.facts import Facts, Measurement, Reading
from costmodel.rules.judging.sheets import Sheet, sheets_of
from costmodel.rules.schema.rulebook import Rulebook


def own_sheet(folder: Path, book: Rulebook, solution: Path | None) -> Sheet:
    """A folder's own facts: names that claim figures, and predictions where there are labels to score them.

    Raises:
        FormatError: predictions that cannot be read.
        SubjectError: no such folder.
    """
    if book.contract is None:
        return Sheet()
    own = Facts(
        readings=(Reading(file=folder.name, format="file-name", measurements=claimed_values(folder, book.contract)),)
    )
    whole = sheets_of(own, book).get(None, Sheet())
    for file in _predictions(folder, book.contract) if solution is not None else ():
        scored = read_facts(file, solution, names=book.contract.of(NameRule))
        whole = whole.joined(sheets_of(scored, book).get(None, Sheet()))
    return whole


def claimed_values(folder: Path, spec: ContractSpec) -> tuple[Measurement, ...]:
    """The claims in the names of a submission's files, with the half-width of their rounding.

    Raises:
        SubjectError: no such folder.
    """
    files = open_folder(folder)
    return tuple(
        replace(claim, because=f"claimed by the name {escaped(entry.path)}")
        for rule in spec.of(NameRule)
        for entry in files.matching(rule.any_of)
        for claim in claimed(entry.name, rule)
    )


def _predictions(folder: Path, spec: ContractSpec) -> list[Path]:
    files = (file for rule in spec.of(TableRule) for glob in rule.any_of for file in sorted(folder.glob(glob)))
    return [file for file in dict.fromkeys(files) if file.is_file() and not file.is_symlink()]
