"""The contract part of a rulebook: what is asked of a submission's files, from YAML, every rule with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError, create_model, model_validator

from costmodel.contracts.contract_rule import ContractRule, RuleKind, rule_kinds
from costmodel.contracts.kinds.deadline import DeadlineRule
from costmodel.contracts.late_policy import LatePolicy
from costmodel.errors import UsageError
from costmodel.files.documents import Strict, first_problem

R = TypeVar("R", bound=ContractRule)

if TYPE_CHECKING:

    class _Rules(Strict):
        deadline: DeadlineRule | None = None
else:
    _FIELDS = {
        name: (tuple[kind.RULE, ...], ()) if kind.SEVERAL else (kind.RULE | None, None)
        for name, kind in rule_kinds().items()
    }
    _Rules = create_model("_Rules", __base__=Strict, **_FIELDS)


class ContractSpec(_Rules):
    """Everything that a rulebook asks of files: one field for each module of kinds/."""

    @model_validator(mode="after")
    def _unique(self) -> ContractSpec:
        names = [rule.rule for rule in self.rules()]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"rule {twice!r} occurs twice")
        return self

    def rules(self) -> tuple[ContractRule, ...]:
        """All rules, in the order in which they are checked."""
        return tuple(rule for _, rule in self.rules_with_kinds())

    def rules_with_kinds(self) -> list[tuple[RuleKind, ContractRule]]:
        """All rules, each with its kind, in the order in which they are checked."""
        result: list[tuple[RuleKind, ContractRule]] = []
        for name, kind in rule_kinds().items():
            given = getattr(self, name)
            rules = given if kind.SEVERAL else () if given is None else (given,)
            result += [(kind, rule) for rule in rules]
        return result

    def of(self, rule: type[R]) -> tuple[R, ...]:
        """The rules of one class."""
        return tuple(each for each in self.rules() if isinstance(each, rule))


def with_deadline(
    spec: ContractSpec | None, at: str | None, zone: str | None, late: LatePolicy | None
) -> ContractSpec | None:
    """A contract with what a course says of its own deadline; what it does not say stays the rulebook's.

    Args:
        spec: the rulebook's; None if it has none.
        at: a local time, ``2022-05-30 23:59``.
        zone: its zone, and that of every time which names none.
        late: the price of being late.

    Raises:
        UsageError: a time or zone that cannot be read, or nothing to apply them to.
    """
    if at is None and zone is None and late is None:
        return spec
    known = None if spec is None else spec.deadline
    if known is None and at is None:
        raise UsageError(
            "--timezone and --late-policy are about a deadline, and the rulebook has none: give --deadline"
        )
    given = {"at": at, "zone": zone, "local": True if zone is not None else None, "late": late}
    fields = {"rule": "due", "source": "--deadline"} if known is None else dict(known)
    fields |= {name: value for name, value in given.items() if value is not None}
    if at is not None or zone is not None:
        fields["note"] = ""  # the rulebook's is about its own
    try:
        rule = DeadlineRule.model_validate(fields)
    except ValidationError as problem:
        _, message = first_problem(problem, DeadlineRule)
        raise UsageError(f"the deadline: {message}") from None
    return (spec or ContractSpec()).model_copy(update={"deadline": rule})
