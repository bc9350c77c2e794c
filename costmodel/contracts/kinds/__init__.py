"""One kind of contract rule per file, named as its key in a rulebook: a :class:`..contract_rule.RuleKind`."""
