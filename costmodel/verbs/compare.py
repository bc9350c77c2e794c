"""Compare: two networks, two machines, or two saved analyses, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from costmodel.errors import UsageError
from costmodel.ir.analysis import Analysis, LayerRow
from costmodel.ir.comparison import Comparison, Delta, RuleDelta
from costmodel.ir.noun import Noun
from costmodel.ir.verdict import Verdict

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from costmodel.ir.settings import Settings

Figure = tuple[str, str, Callable[[Analysis], "int | float | None"]]
LayerFigure = tuple[str, str, Callable[[LayerRow], "int | float | None"]]

_Machines = tuple["str | None", "str | None"]

_TOTALS: tuple[Figure, ...] = (
    ("parameters", "", lambda a: a.totals.parameters),
    ("operations of a step", "operations", lambda a: a.totals.operations.step),
    ("operations of the training", "operations", lambda a: a.totals.operations.training),
    ("MACs of a step", "MACs", lambda a: a.totals.macs.step),
    ("bytes moved in a step", "bytes", lambda a: a.totals.bytes_moved.step),
    ("peak activation", "bytes", lambda a: a.totals.peak_activation_bytes.layer_io),
    ("peak memory", "bytes", lambda a: a.totals.peak_memory_bytes.total),
    ("energy", "mJ", lambda a: a.totals.energy_mj),
    ("cycles", "cycles", lambda a: a.totals.cycles),
    ("a step on the GPU", "s", lambda a: None if a.time is None else a.time.step_seconds.median),
    ("memory of the GPU", "bytes", lambda a: None if a.memory is None else a.memory.card_bytes.median),
    ("energy of a step on the GPU", "J", lambda a: None if a.energy is None else a.energy.step_joules.median),
)
_OF_LAYERS: tuple[LayerFigure, ...] = (
    ("parameters", "", lambda r: r.parameters),
    ("operations of a step", "operations", lambda r: r.operations.step),
    ("MACs of a step", "MACs", lambda r: r.macs.step),
    ("activation in and out", "bytes", lambda r: r.input_bytes + r.output_bytes),
    ("energy", "pJ", lambda r: r.energy_pj),
    ("cycles", "cycles", lambda r: r.cycles),
    ("seconds on the GPU", "s", lambda r: r.seconds),
)


def compare(
    before: Any,
    after: Any,
    *,
    hardware: tuple[str, str] | None = None,
    rules: str | None = None,
    cache: bool = False,
    **settings: Unpack[Settings],
) -> Comparison:
    """The figures of two, side by side and layer by layer; layers are aligned by their module path.

    Args:
        before: an :class:`costmodel.Analysis`, the path of one that was saved as JSON, or a model (see
            :func:`costmodel.trace`).
        after: likewise.
        hardware: a machine for each of two models; the same one twice compares the models.
        rules: a rulebook that both are judged by, without facts.
        cache: use the user's cache folder.
        settings: of both models; see :class:`costmodel.Settings`.

    Raises:
        SubjectError, RecipeError, TraceError, UsageError, FormatError: what, where, what to do.
    """
    from costmodel.verbs.analyze import analyze
    from costmodel.verbs.check import check
    from costmodel.verbs.judge import judge

    found: list[Analysis] = []
    verdicts: list[Verdict] = []
    for place, given in enumerate((before, after)):
        saved = _saved(given)
        if saved is None:
            machine = None if hardware is None else hardware[place]
            found.append(analyze(given, hardware=machine, cache=cache, progress=False, **settings))
        elif hardware is not None or settings:
            raise UsageError(f"{given}: a saved analysis has its machine and its settings already; analyze it anew")
        else:
            found.append(saved)
        if rules is not None:
            verdicts.append(judge(saved, rules) if saved is not None else check(given, rules, cache=cache, **settings))
    return compared(found[0], found[1], verdicts, machines=hardware or (None, None))


def compared(
    before: Analysis,
    after: Analysis,
    verdicts: Sequence[Verdict] = (),
    machines: _Machines = (None, None),
) -> Comparison:
    """Two analyses, and two verdicts by the same rulebook; ``machines`` as the user named them."""
    totals = [_delta("", name, unit, of(before), of(after)) for name, unit, of in _TOTALS]
    names = _names(before, after)
    return Comparison(
        before=names[0],
        after=names[1],
        totals=tuple(row for row in totals if row is not None),
        layers=tuple(_layers(before, after)),
        warnings=tuple(_warnings(before, after, machines)),
        rules=tuple(_rules(*verdicts)) if len(verdicts) > 1 else (),
        rulebook=verdicts[0].title if verdicts else "",
    )


def _saved(given: Any) -> Analysis | None:
    """The analysis that is given, or that a JSON file holds; None for a model.

    Raises:
        UsageError: the file holds another noun.
    """
    if isinstance(given, Analysis):
        return given
    if not isinstance(given, (str, Path)) or Path(given).suffix != ".json":
        return None
    noun = Noun.load(given)
    if not isinstance(noun, Analysis):
        raise UsageError(f"{given} holds a {type(noun).__name__}: only analyses are compared (analyze --format json)")
    return noun


def _names(before: Analysis, after: Analysis) -> tuple[str, str]:
    """Their names; of one name twice, with the arguments that it was built with, or else which is which."""
    names = _name(before), _name(after)
    if names[0] != names[1]:
        return names
    arguments = ["" if one.subject.judged is None else one.subject.judged.arguments for one in (before, after)]
    if arguments[0] != arguments[1]:
        first, second = (f"{name} ({said})" if said else name for name, said in zip(names, arguments, strict=True))
        return first, second
    return f"{names[0]} (before)", f"{names[1]} (after)"


def _name(analysis: Analysis) -> str:
    machine = analysis.cost.hardware if analysis.cost is not None else analysis.gpu.hardware if analysis.gpu else ""
    return f"{analysis.subject.name} on {machine}" if machine else analysis.subject.name


def _delta(layer: str, figure: str, unit: str, before: int | float | None, after: int | float | None) -> Delta | None:
    """A row; None where neither says anything."""
    if before is None and after is None:
        return None
    return Delta(layer=layer, figure=figure, unit=unit, before=before, after=after)


def _layers(before: Analysis, after: Analysis) -> Iterator[Delta]:
    one, other = ({row.layer: row for row in analysis.layers} for analysis in (before, after))
    for layer in dict.fromkeys((*one, *other)):
        for name, unit, of in _OF_LAYERS:
            values = [None if layer not in rows else of(rows[layer]) for rows in (one, other)]
            row = _delta(layer, name, unit, values[0], values[1])
            if row is not None:
                yield row


def _warnings(before: Analysis, after: Analysis, machines: _Machines) -> Iterator[str]:
    """What makes two figures of one name figures of two kinds."""
    one, other = before.subject, after.subject
    for what, a, b in (
        ("counting convention", one.convention, other.convention),
        ("phase", one.phase, other.phase),
        ("batch", one.batch, other.batch),
        ("input", one.input, other.input),
        ("loss", one.loss, other.loss),
        ("optimizer", one.optimizer, other.optimizer),
        ("phase on the machine", _machine_phase(before), _machine_phase(after)),
        ("precision on the GPU", before.gpu and before.gpu.precision, after.gpu and after.gpu.precision),
        ("words of the accelerator, bits", _word_bits(before, machines[0]), _word_bits(after, machines[1])),
        ("search of mappings", before.cost and before.cost.search, after.cost and after.cost.search),
    ):
        if a is not None and b is not None and a != b:
            yield f"{what}: {a} and {b}"
    for which, analysis in (("first", before), ("second", after)):
        if not analysis.totals.complete or (analysis.cost is not None and not analysis.cost.complete):
            yield f"figures of the {which} are at least: something in it is not counted"


def _machine_phase(analysis: Analysis) -> str | None:
    return analysis.cost.phase if analysis.cost is not None else analysis.gpu.phase if analysis.gpu else None


def _word_bits(analysis: Analysis, machine: str | None) -> str | None:
    """Width of the words of the accelerator, by data space where these differ; None where its file is not at hand."""
    from costmodel.hardware.machines import load_hardware
    from costmodel.hardware.spec import DATASPACES

    if analysis.cost is None:
        return None
    try:
        spec = load_hardware(machine or analysis.cost.hardware)
    except UsageError:
        return None
    if spec.digest != analysis.cost.hardware_digest:
        return None
    widths = {space: spec.compute.bits_of(space) for space in DATASPACES}
    if len(set(widths.values())) == 1:
        return str(widths["Weights"])
    return ", ".join(f"{space} {bits}" for space, bits in widths.items())


def _rules(first: Verdict, second: Verdict) -> Iterator[RuleDelta]:
    one, other = ({finding.rule: finding for finding in verdict.findings} for verdict in (first, second))
    for rule in dict.fromkeys((*one, *other)):
        a, b = one.get(rule), other.get(rule)
        known = a or b
        assert known is not None  # it is a rule of one of them
        yield RuleDelta(
            rule=rule,
            unit=known.unit,
            limit=known.limit,
            before=None if a is None else a.measured,
            after=None if b is None else b.measured,
            outcome_before=None if a is None else a.outcome,
            outcome_after=None if b is None else b.outcome,
        )
