"""The contract part of a rulebook: what is asked of a submission's files, from YAML, every rule with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import create_model, model_validator

from costmodel.contracts.contract_rule import ContractRule, RuleKind, rule_kinds
from costmodel.files.documents import Strict

R = TypeVar("R", bound=ContractRule)

if TYPE_CHECKING:
    _Rules = Strict
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
