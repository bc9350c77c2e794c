"""The conda environment file that a submission brings."""

from __future__ import annotations

import yaml

from costmodel.contracts.contract_rule import ContractRule, Decision
from costmodel.contracts.handed_in import HandedIn
from costmodel.contracts.reading.submission_folder import Folder, SubmittedFile
from costmodel.files.quoting import escaped
from costmodel.ir.verdict import Outcome

ORDER = 30
SEVERAL = True

_LARGEST = 2**20


class EnvironmentRule(ContractRule):
    """A conda environment file: one of the globs, a YAML mapping with these keys."""

    any_of: tuple[str, ...] = ("*.yaml", "*.yml")
    keys: tuple[str, ...] = ("name", "channels", "dependencies")


RULE = EnvironmentRule


def decide(rule: EnvironmentRule, handed_in: HandedIn) -> Decision:
    """Whether one of the files is such a mapping; if none is, what the likeliest of them lacks."""
    outcome, because = _decided(rule, handed_in.folder)
    return Decision(limit=f"a YAML with {', '.join(rule.keys)}", outcome=outcome, because=because)


def _decided(rule: EnvironmentRule, folder: Folder) -> tuple[Outcome, str]:
    files = folder.matching(rule.any_of)
    if not files:
        return Outcome.FAIL, f"there is no {' or '.join(rule.any_of)}"
    lacks = [(_lacking(rule, folder, entry), entry) for entry in files]
    least, entry = min(lacks, key=lambda pair: (len(pair[0]), pair[1].path))
    if least:
        return Outcome.FAIL, f"{escaped(entry.path)}: {'; '.join(least)}"
    return Outcome.PASS, escaped(entry.path)


def _lacking(rule: EnvironmentRule, folder: Folder, entry: SubmittedFile) -> list[str]:
    text = folder.read_text(entry, _LARGEST)
    if text is None:
        return ["too long, or not text", *rule.keys]
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)  # nodes only: no alias is unfolded, no object is made
    except (yaml.YAMLError, RecursionError, ValueError):
        return ["not YAML", *rule.keys]
    if not isinstance(node, yaml.MappingNode):
        return ["not a mapping", *rule.keys]
    given = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    lacking = [f"no {key}" for key in rule.keys if key not in given]
    lacking += [f"{key} is empty" for key in rule.keys if key in given and not given[key].value]
    return lacking
