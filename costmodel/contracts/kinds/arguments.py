"""The command line of a script."""

from __future__ import annotations

import ast
from typing import Literal

from costmodel.contracts.contract_rule import ContractRule, Decision
from costmodel.contracts.handed_in import HandedIn
from costmodel.contracts.reading.hidden_code import hidden_code
from costmodel.contracts.reading.meanings import Names
from costmodel.contracts.reading.programs import Programs
from costmodel.contracts.reading.script_arguments import CommandLine, ScriptArgument, command_line
from costmodel.contracts.reading.submission_folder import SubmittedFile, matches
from costmodel.files.quoting import escaped
from costmodel.ir.verdict import Outcome

ORDER = 20
SEVERAL = True


class ArgumentRule(ContractRule):
    """The arguments that a script takes, each with a value.

    ``others`` says what more arguments that may be left out are: a failure, something for a person to see, or allowed.
    """

    script: str
    arguments: tuple[str, ...]
    others: Literal["fail", "flag", "allow"] = "flag"


RULE = ArgumentRule


def decide(rule: ArgumentRule, handed_in: HandedIn) -> Decision:
    """Whether the script can be run with the rule's arguments, and takes no others."""
    scripts = [file for file in handed_in.folder.files if matches(file, rule.script)]
    at_top = [file for file in scripts if file.path == rule.script]
    outcome, because = _decided(rule, at_top or scripts, handed_in.programs)
    return Decision(limit=f"{rule.script} {' '.join(rule.arguments)}".strip(), outcome=outcome, because=because)


def _decided(rule: ArgumentRule, scripts: list[SubmittedFile], programs: Programs) -> tuple[Outcome, str]:
    if not scripts:
        return Outcome.FAIL, f"there is no {rule.script}"
    if len(scripts) > 1:
        shown = ", ".join(escaped(entry.path) for entry in scripts[:4])
        return Outcome.UNDECIDED, f"which one is meant? {shown}"
    line = command_line(programs, scripts[0].path)
    if line.doubts:
        return Outcome.UNDECIDED, "; ".join(line.doubts[:4])
    hidden = [
        place
        for part in programs.of(scripts[0].path)
        for place, _ in hidden_code(part, Names(part.tree or ast.Module([], [])))
    ]
    if not line.parser and hidden:
        return Outcome.UNDECIDED, f"{hidden[0]} runs what cannot be read"
    if not line.parser and rule.arguments:
        return Outcome.FAIL, f"{escaped(scripts[0].path)} takes no argument, {', '.join(rule.arguments)} is asked for"
    for wanted in rule.arguments:
        outcome, because = _wanted(wanted, line)
        if outcome is not Outcome.PASS:
            return outcome, because
    return _others(rule, line)


def _wanted(wanted: str, line: CommandLine) -> tuple[Outcome, str]:
    argument = next((a for a in line.arguments if wanted in a.spellings), None)
    if argument is not None:
        if argument.takes_value:
            return Outcome.PASS, ""
        return Outcome.FAIL, f"{argument.place}: {wanted} takes no value"
    longer = [a for a in line.arguments if any(s.startswith(wanted) for s in a.spellings)]
    if len(longer) == 1:
        return (
            Outcome.UNDECIDED,
            f"{longer[0].place}: {wanted} is short for {_shown(longer[0])}, if the parser allows it",
        )
    known = ", ".join(_shown(argument) for argument in line.arguments[:8])
    return Outcome.FAIL, f"there is no {wanted}; declared: {known or 'nothing'}"


def _others(rule: ArgumentRule, line: CommandLine) -> tuple[Outcome, str]:
    others = [a for a in line.arguments if not set(a.spellings) & set(rule.arguments)]
    needed = [argument for argument in others if not argument.optional]
    if needed:
        return Outcome.FAIL, f"{needed[0].place}: {_shown(needed[0])} has to be given as well"
    if others and rule.others != "allow":
        shown = ", ".join(f"{_shown(argument)} ({argument.place})" for argument in others[:6])
        outcome = Outcome.FAIL if rule.others == "fail" else Outcome.UNDECIDED
        return outcome, f"more than {', '.join(rule.arguments)} is declared, and may be left out: {shown}"
    return Outcome.PASS, f"takes {', '.join(rule.arguments) or 'no argument'}"


def _shown(argument: ScriptArgument) -> str:
    return escaped("/".join(argument.spellings))
