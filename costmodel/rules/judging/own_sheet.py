"""Facts that a submission's own folder holds: claims in file names, and predictions that can be scored."""

from __future__ import annotations

from pathlib import Path

from costmodel.contracts.kinds.file_name import claimed_values
from costmodel.contracts.spec import ContractSpec
from costmodel.facts.reader import read_facts
from costmodel.ir.facts import Facts, Reading
from costmodel.rules.judging.sheets import Sheet, sheets_of
from costmodel.rules.schema.rulebook import Rulebook


def own_sheet(folder: Path, book: Rulebook, solution: Path | None) -> Sheet:
    """What a folder says itself: names that claim figures, and predictions where there are labels to score them.

    Raises:
        FormatError: predictions that cannot be read.
    """
    if book.contract is None:
        return Sheet()
    claims = claimed_values(folder, book.contract)
    own = Facts(readings=(Reading(file=folder.name, format="file-name", measurements=claims),))
    whole = sheets_of(own, book).get(None, Sheet())
    for file in _predictions(folder, book.contract) if solution is not None else ():
        whole = whole.joined(sheets_of(read_facts(file, solution), book).get(None, Sheet()))
    return whole


def _predictions(folder: Path, spec: ContractSpec) -> list[Path]:
    files = (file for rule in spec.tables for glob in rule.any_of for file in sorted(folder.glob(glob)))
    return [file for file in dict.fromkeys(files) if file.is_file() and not file.is_symlink()]
