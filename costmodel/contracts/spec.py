"""The contract part of a rulebook: what is asked of a submission's files, from YAML, every rule with its source."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from pydantic import Field, field_validator, model_validator

from costmodel.files.documents import Strict
from costmodel.files.moments import parse_moment, parse_zone
from costmodel.ir.verdict import Consequence

_SHA256 = re.compile(r"[0-9a-f]{64}")


class ContractRule(Strict):
    """Each rule has an id, unique in its contract, and the sentence of the text that it comes from.

    ``on_failure`` as in a limit: ``flag`` is for a person to look at, ``note`` decides nothing.
    """

    rule: str
    source: str
    on_failure: Consequence = Consequence.FLAG
    note: str = ""


class FileRule(ContractRule):
    """Files that have to be there: at least ``count`` whose path matches one of the globs (``*.py``, ``docs/*.pdf``).

    A glob without a slash matches the name in any folder; case does not matter.
    """

    any_of: tuple[str, ...] = Field(min_length=1)
    count: int = 1


class ArgumentRule(ContractRule):
    """The command line of a script: the arguments that it takes, each with a value.

    ``others`` says what more arguments that may be left out are: a failure, something for a person to see, or allowed.
    """

    script: str
    arguments: tuple[str, ...]
    others: Literal["fail", "flag", "allow"] = "flag"


class EnvironmentRule(ContractRule):
    """A conda environment file: one of the globs, a YAML mapping with these keys."""

    any_of: tuple[str, ...] = ("*.yaml", "*.yml")
    keys: tuple[str, ...] = ("name", "channels", "dependencies")


class IntegerRange(Strict):
    """From ``first`` to ``last``, both included."""

    first: int
    last: int

    @model_validator(mode="after")
    def _ascending(self) -> IntegerRange:
        if self.first > self.last:
            raise ValueError(f"first {self.first} is more than last {self.last}")
        return self


class TableRule(ContractRule):
    """A CSV that is handed in, or (``written_by_run``) that the program writes when it is run.

    Attributes:
        required: False for a file that is handed in elsewhere; it is checked where it is there.
        any_of: globs; every file that matches is checked.
        columns: the header, in this order; the first is the id.
        rows: how many there are, None if any number will do.
        ids: every id exactly once; None if only repeated ids are refused.
        values: what the other columns hold.
    """

    any_of: tuple[str, ...] = Field(min_length=1)
    required: bool = True
    columns: tuple[str, ...] = Field(min_length=2)
    rows: int | None = None
    ids: IntegerRange | None = None
    values: IntegerRange | None = None
    written_by_run: bool = False


class ClaimSpec(Strict):
    """A group of a file name that claims a metric: its text with ``p`` for the point, times ``scale``.

    ``decimals`` is how many decimals it was rounded to; None if it is exact.
    """

    metric: str
    scale: Decimal = Decimal(1)
    decimals: int | None = None


class NameRule(ContractRule):
    """Files whose name has to match a pattern; ``claims`` are its named groups; ``required`` as for a table."""

    any_of: tuple[str, ...] = Field(min_length=1)
    required: bool = True
    pattern: str
    example: str
    claims: dict[str, ClaimSpec] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _pattern_fits(self) -> NameRule:
        try:
            compiled = re.compile(self.pattern)
        except re.error as problem:
            raise ValueError(f"pattern: {problem}") from None
        unknown = [group for group in self.claims if group not in compiled.groupindex]
        if unknown:
            raise ValueError(f"claims: the pattern has no group {', '.join(unknown)}")
        if not compiled.fullmatch(self.example):
            raise ValueError(f"the example {self.example!r} does not match the pattern")
        return self


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


class DeadlineRule(ContractRule):
    """``at``: ``2022-05-30 23:59``, that minute included; ``zone``: AoE, UTC-11, +02:00 or America/New_York.

    Without a zone, a submission is late only if it is so in every zone, and in time only if it is so in every zone.
    """

    at: str
    zone: str | None = None

    @model_validator(mode="after")
    def _readable(self) -> DeadlineRule:
        parse_moment(self.at)
        if self.zone is not None:
            parse_zone(self.zone)
        return self


class TeamRule(ContractRule):
    """The most solutions that a team may hand in."""

    most: int


class SizeRule(ContractRule):
    """The most bytes that one file (or, with ``together``, all files) of the globs may have."""

    any_of: tuple[str, ...] = ("*",)
    most_bytes: int
    together: bool = False


class SignRule(ContractRule):
    """What is forbidden and can be seen in the text of a program: a flag for a person, never a failure by itself.

    Attributes:
        kind: pretrained weights, use of the network, or of the test labels.
        test_files: names of files with test labels (globs).
        checkpoint_bytes: a file of any kind from this size on may hold weights.
    """

    kind: Literal["pretrained", "network", "test_labels"]
    test_files: tuple[str, ...] = ("*solution*.csv", "*test*label*", "*label*test*", "y_test*", "test_batch")
    checkpoint_bytes: int = 5 * 10**6


class ContractSpec(Strict):
    """Everything that a rulebook asks of files."""

    files: tuple[FileRule, ...] = ()
    arguments: tuple[ArgumentRule, ...] = ()
    environment: tuple[EnvironmentRule, ...] = ()
    tables: tuple[TableRule, ...] = ()
    names: tuple[NameRule, ...] = ()
    locked: tuple[LockedRule, ...] = ()
    deadline: DeadlineRule | None = None
    team: TeamRule | None = None
    sizes: tuple[SizeRule, ...] = ()
    forbidden: tuple[SignRule, ...] = ()

    @model_validator(mode="after")
    def _unique(self) -> ContractSpec:
        names = [rule.rule for rule in self.rules()]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"rule {twice!r} stands twice")
        return self

    def rules(self) -> tuple[ContractRule, ...]:
        """All rules, in the order in which they are checked."""
        single = [rule for rule in (self.deadline, self.team) if rule is not None]
        several = (self.files, self.arguments, self.environment, self.tables, self.names, self.locked)
        return (*(rule for group in several for rule in group), *single, *self.sizes, *self.forbidden)
