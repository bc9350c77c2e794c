"""Candidates for the model, and the decision between several: one is left, or it is said what stands against it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from costmodel.errors import CostModelError, NoChoiceError, joined
from costmodel.tracing import compat
from costmodel.tracing.finding.building import arguments_of, subject_of
from costmodel.tracing.finding.identity import class_place
from costmodel.tracing.finding.importing import Session
from costmodel.tracing.finding.plan import Plan, built, plan_named
from costmodel.tracing.finding.subject import from_object
from costmodel.tracing.hints import NAMED
from costmodel.tracing.inference import trace_inference
from costmodel.tracing.modes.real import new_mode
from costmodel.tracing.reading.presented import Presented, Reader
from costmodel.tracing.reading.source import Source, Symbol
from costmodel.tracing.recipe.recipe import make_recipe

ADVICE = "say which by a recipe() in its file"
HINT = f"or name it {NAMED}"
_NAME_IT = f"name the model {NAMED}"
_MOST_REASONS = 3


@dataclass(frozen=True)
class Given:
    """What a choice is made from: the submission, the settings of its recipe, and what reading tells of it."""

    submission: Path
    settings: Mapping[str, Any]
    reader: Reader

    @property
    def root(self) -> Path | None:
        """The submission's folder, None for a file by itself."""
        return self.submission if self.submission.is_dir() else None

    @property
    def options(self) -> Mapping[str, Any]:
        """Arguments of the constructor that were given."""
        options: Mapping[str, Any] = self.settings.get("model_options") or {}
        return options

    def session(self) -> Session:
        """Fresh imports in a fresh fake mode."""
        return Session(new_mode(), self.root, self.reader)

    def label(self, source: Source, name: str) -> str:
        """An object in messages: its file within the folder, or the file as it was given."""
        return f"{source.place if self.root is not None else self.submission}:{name}"


@dataclass(frozen=True)
class Candidate:
    """An object that may be the model.

    Attributes:
        label: as a user could name it.
        plan: imports and builds it, in a session of its own.
        symbol: the class or function, where it is one of the files'.
        content: of its file: a copy of a file holds the same model.
        stands: it is not left out for a larger one that contains it.
    """

    label: str
    plan: Callable[[], Plan]
    symbol: Symbol | None = None
    content: bytes = b""
    stands: bool = False


def of_symbol(symbol: Symbol, given: Given, because: str) -> Candidate:
    """A class, or a function that makes the model."""
    label = given.label(symbol.source, symbol.name)

    def plan() -> Plan:
        reference = f"{symbol.source.path}:{symbol.name}"
        session = given.session()
        planned = plan_named(reference, given.settings, session, label, given.root)
        arguments = arguments_of(symbol, planned.subject, given.options, given.reader, session)
        subject = replace(planned.subject, because=because, place=symbol.where, arguments=arguments)
        return replace(planned, subject=subject)

    return Candidate(label, plan, symbol, symbol.source.path.read_bytes())


def of_presented(one: Presented, given: Given, does: str) -> Candidate:
    """A variable or an expression that the code builds; ``does`` is the reason, without the place: ``builds it``."""
    label = given.label(one.scope.source, one.label.partition(":")[2])

    def plan() -> Plan:
        session = given.session()
        recipe = make_recipe(given.settings, "arguments")
        subject = subject_of(one, given.reader, session, label, recipe.model_options)
        because = f"{subject.place} {does}" if does else ""
        planned = Plan(subject, recipe, session.mode, str(one.scope.source.path), given.root)
        return replace(planned, subject=replace(subject, because=joined(because, _unlike_its_defaults(planned))))

    return Candidate(label, plan, one.maker if isinstance(one.maker, Symbol) else None)


def of_error(label: str, error: CostModelError) -> Candidate:
    """Something that may be the model, and of which it is known already what is wrong with it."""

    def plan() -> Plan:
        raise error

    return Candidate(label, plan)


def _unlike_its_defaults(plan: Plan) -> str:
    """What the class with its defaults would have, where it differs from what the code builds."""
    model = built(plan)
    with plan.mode:
        kind = type(model)
        if class_place(kind).line == 0:
            return ""
        try:
            other = from_object(kind, {}, kind.__name__).make()
        except CostModelError:
            return ""
    here, there = parameters_of(model), parameters_of(other)
    return "" if here == there else f"with its defaults {kind.__name__} would have {there:,} parameters"


def parameters_of(model: nn.Module) -> int:
    """Elements of all parameters, each tensor once."""
    return sum(parameter.numel() for parameter in model.parameters())


@dataclass(frozen=True)
class _Built:
    candidate: Candidate
    plan: Plan
    model: nn.Module

    @property
    def same(self) -> tuple[object, ...]:
        """Equal for two builds of one class with parameters of the same shapes."""
        shapes = tuple((name, tuple(p.shape), p.requires_grad) for name, p in self.model.named_parameters())
        return (class_place(type(self.model)), repr(self.model), shapes)


def decide(candidates: Sequence[Candidate], given: Given, looked_at: str) -> tuple[Candidate, Plan]:
    """The one candidate; of several the one that is left when copies, parts and what has no parameters are taken away.

    Raises:
        NoChoiceError: there is none, several are left, or one is and another one cannot be built.
        CostModelError: what is wrong with the only one.
    """
    if not candidates:
        raise NoChoiceError(f"there is no model: no nn.Module class in {looked_at}")
    if len(candidates) == 1:
        plan = candidates[0].plan()
        _refuse_empty(plan, candidates[0])
        return candidates[0], plan
    tried, problems = _tried(candidates)
    left = _whole([b for b in tried if compat.has_parameters(b.model)])
    problems = {c: p for c, p in problems.items() if not _is_base_of(c, [b.candidate for b in left], given)}
    if len({b.same for b in left}) == 1 and not problems:
        return left[0].candidate, left[0].candidate.plan()
    if not left and len(problems) == 1:
        raise next(iter(problems.values()))
    raise _undecided([b.candidate.label for b in left or tried], list(problems.items()))


def _refuse_empty(plan: Plan, candidate: Candidate) -> None:
    """A module without parameters is an activation or a transform: no training is of it."""
    model = built(plan)
    if not compat.has_parameters(model):
        raise NoChoiceError(f"there is no model: {candidate.label} has no parameters, there is nothing to train in it")


def _tried(candidates: Iterable[Candidate]) -> tuple[list[_Built], dict[Candidate, CostModelError]]:
    """Those that are built and take the input, and what is wrong with the others."""
    found: list[_Built] = []
    problems: dict[Candidate, CostModelError] = {}
    contents: set[tuple[str, bytes]] = set()
    for candidate in candidates:
        name = candidate.label.rpartition(":")[2]
        if candidate.content and (name, candidate.content) in contents:
            continue
        contents.add((name, candidate.content))
        try:
            plan = candidate.plan()
            model = built(plan)
            if compat.has_parameters(model):
                trace_inference(plan)
            found.append(_Built(candidate, plan, model))
        except CostModelError as problem:
            problems[candidate] = problem
    return found, problems


def _whole(found: list[_Built]) -> list[_Built]:
    """Those of which no other one contains an instance of the same class."""
    classes = [{class_place(type(part)) for part in b.model.modules()} for b in found]
    own = [class_place(type(b.model)) for b in found]
    return [
        b
        for i, b in enumerate(found)
        if b.candidate.stands or not any(own[i] in classes[j] and own[i] != own[j] for j in range(len(found)) if j != i)
    ]


def _is_base_of(candidate: Candidate, others: Iterable[Candidate], given: Given) -> bool:
    """True if one of the others derives from this class: it is what this one becomes."""
    classes = given.reader.classes
    return candidate.symbol is not None and any(
        other.symbol is not None
        and classes.is_model(other.symbol)
        and other.symbol != candidate.symbol
        and candidate.symbol in classes.ancestors(other.symbol)
        for other in others
    )


def _undecided(fitting: list[str], problems: list[tuple[Candidate, CostModelError]]) -> NoChoiceError:
    errors = [problem for _, problem in problems]
    names = ", ".join(_plain(label) for label in fitting[:8])
    if len(problems) > _MOST_REASONS:
        listed = ", ".join(_plain(candidate.label) for candidate, _ in problems[:_MOST_REASONS])
        reasons = (
            f"{len(problems)} others cannot be built or traced as they are ({listed}, …); {_failure(*problems[0])}"
        )
        hint = _NAME_IT
    else:
        reasons = joined(*(_failure(candidate, problem) for candidate, problem in problems))
        hint = joined(*(problem.hint for problem in errors), *([HINT] if fitting else []))
    if not fitting:
        text = reasons if len(problems) <= _MOST_REASONS else reasons.replace("others", "classes", 1)
        return NoChoiceError(f"no model takes the input: {text}", hint=hint, problems=errors)
    takes = "takes" if len(fitting) == 1 else "all take"
    text = f"which is the model? {names} {takes} the input"
    text += f"; {reasons}" if problems else ""
    return NoChoiceError(f"{text}; {ADVICE}", hint=hint, several=True, problems=errors)


def _failure(candidate: Candidate, problem: CostModelError) -> str:
    """What is wrong with it, the name once: ``net.py:Big(width): …``, ``net.py:Big fails: …``."""
    rest = problem.message.removeprefix(candidate.label)
    return f"{_plain(candidate.label)}{'' if rest != problem.message else ' fails: '}{rest}"


def _plain(label: str) -> str:
    """A label without the folders of a file that was given by itself."""
    return label.replace("\\", "/").rpartition("/")[2] if label.startswith("/") else label
