"""Figures that a rulebook may name: what the graph and the engine say of a subject."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from costmodel.errors import joined
from costmodel.files.quoting import safe_text
from costmodel.ir.analysis import OWN_CLASS, OWN_OPTIMIZER, Analysis, UncountedRow
from costmodel.ir.cost import CostReport
from costmodel.ir.doubts import Assumption, Uncounted, of_one_batch
from costmodel.ir.gpu_estimate import GpuEstimate
from costmodel.ir.workload import Workload
from costmodel.rules.value import LENGTH, Value

NO_CARD = "the rules name no GPU"
"""Why nothing is estimated on one."""


@dataclass(frozen=True)
class Computed:
    """What was computed of a subject.

    Attributes:
        analysis: None where there is no model to look at; ``because`` says why.
        costs: energy and cycles on the rulebook's machine, by search.
        search: the one that counts.
        model_open: True if it is not known which object is the model.
        inference: the layer problems and operations of one inference, where they are asked for.
        from_table: there is only a table's row: what is missing is missing there.
        gpu: estimates on the cards that the rules may mean; ``gpu_because`` says why there are none.
    """

    analysis: Analysis | None = None
    because: str = "there is no model to analyse"
    costs: Mapping[str, CostReport] = field(default_factory=dict)
    search: str = ""
    model_open: bool = False
    from_table: bool = False
    inference: Workload | None = None
    gpu: tuple[GpuEstimate, ...] = ()
    gpu_because: str = ""

    def beside(self, found: tuple[GpuEstimate, ...], analysis: Analysis) -> Computed:
        """With estimates, whose assumptions are said too; ``analysis`` is of the step that was estimated."""
        whole = self.analysis or analysis
        said = (*whole.assumptions, *(a for one in found for a in one.assumptions))
        return replace(self, gpu=found, analysis=replace(whole, assumptions=said))


_UNKNOWN_LENGTH = Value(
    None,
    because="the length of the training is unknown: the numbers of samples and of epochs have to be given",
    lacks=(LENGTH,),
)


def _training(which: str) -> Callable[[Analysis], Value]:
    def figure(analysis: Analysis) -> Value:
        total = getattr(analysis.totals, which).training
        return _UNKNOWN_LENGTH if total is None else Value(Decimal(total))

    return figure


def _epochs(analysis: Analysis) -> Value:
    epochs = analysis.subject.epochs
    return _UNKNOWN_LENGTH if epochs is None else Value(Decimal(epochs))


def _peak_activation(which: str) -> Callable[[Analysis], Value]:
    def figure(analysis: Analysis) -> Value:
        peak = analysis.totals.peak_activation_bytes
        layer, where = safe_text(getattr(peak, f"{which}_layer")), safe_text(getattr(peak, f"{which}_where"))
        because = f"the most is in {layer}" if layer else ""
        return Value(Decimal(getattr(peak, which)), because=because, where=where)

    return figure


def _optimizer(analysis: Analysis) -> Value:
    """The optimizers of all phases, as torch.optim names their classes; a class of the file's own may do anything."""
    ran = [phase.optimizer for phase in analysis.phases if phase.optimizer]
    names = list(dict.fromkeys(ran or [analysis.subject.optimizer.partition("(")[0].strip()]))
    if names == [OWN_OPTIMIZER]:
        return Value(None, because="the analysis does not say which optimizer the file's own code makes")
    own = [name for name in names if name.startswith(OWN_CLASS)]
    if own:
        return Value(None, because=f"the optimizer is of an {own[0]}: a person has to see what it does")
    words = tuple(name.lower() for name in names)
    return Value(None, word=" and ".join(words), words=words)


def _all_parameters(analysis: Analysis) -> int:
    return analysis.totals.parameters + analysis.totals.frozen_parameters


def _parameters_of_32_bits(analysis: Analysis) -> Value:
    """Storage in bits / 32."""
    nbytes = analysis.totals.parameter_bytes
    if nbytes is None:
        return Value(None, because="the analysis does not say how much memory its parameters take")
    return Value(Decimal(nbytes) / 4)


def _of_batch(analysis: Analysis) -> str:
    return f"live tensors of a step with batch {analysis.subject.batch}"


_OF_ANALYSIS: dict[str, Callable[[Analysis], Value]] = {
    "parameters": lambda a: Value(Decimal(a.totals.parameters)),
    "all_parameters": lambda a: Value(Decimal(_all_parameters(a))),
    "all_parameters_and_buffers": lambda a: Value(Decimal(_all_parameters(a) + a.totals.buffers)),
    "parameters_of_32_bits": lambda a: _parameters_of_32_bits(a),
    "training_operations": _training("operations"),
    "training_macs": _training("macs"),
    "training_flops": _training("flops"),
    "step_operations": lambda a: Value(Decimal(a.totals.operations.step)),
    "forward_operations": lambda a: Value(Decimal(a.totals.operations.forward)),
    "peak_activation_layer_io": _peak_activation("layer_io"),
    "peak_activation_lab_profiler": _peak_activation("lab_profiler"),
    "live_peak": lambda a: Value(Decimal(a.totals.peak_memory_bytes.total), because=_of_batch(a)),
    "epochs": _epochs,
    "optimizer": _optimizer,
}

_OF_COST: dict[str, Callable[[CostReport], Decimal]] = {
    # the shortest decimal of the float, then exact: 1 pJ is 1e-9 mJ
    "energy": lambda cost: Decimal(repr(cost.energy_pj)) * Decimal("1e-9"),
    "cycles": lambda cost: Decimal(cost.cycles),
}

OF_INFERENCE = frozenset({"inference_operations"})
"""Figures of one inference that no machine is needed for."""

OF_TRAINING = frozenset({"training_operations", "training_macs", "training_flops"})
"""Figures of the whole training."""

FIGURES = frozenset({*_OF_ANALYSIS, *_OF_COST, *OF_INFERENCE})
"""Names that a rulebook may use."""

_COUNTED = OF_TRAINING | {"step_operations", "forward_operations"}
"""Figures that are only lower bounds while an op has no formula."""

_OF_MODEL = frozenset(
    {"parameters", "all_parameters", "all_parameters_and_buffers", "parameters_of_32_bits", "epochs", "optimizer"}
)
"""Figures that are the same whatever a step does."""


def figure_value(figure: str, computed: Computed, waived: tuple[str, ...]) -> Value:
    """A figure of what was computed; ``waived`` are op packets that may stay without formula."""
    if computed.from_table:
        return Value(None)
    if figure in _OF_COST:
        return _cost_value(figure, computed, waived)
    if figure in OF_INFERENCE:
        return _inference_value(computed, waived)
    analysis = computed.analysis
    if analysis is None:
        return Value(None, because=computed.because)
    value = _OF_ANALYSIS[figure](analysis)
    if analysis.varies and figure not in _OF_MODEL and value.amount is not None:
        return _varied(Value(value.amount, because=_varying(analysis.varies), origin="computed"), analysis.varies)
    missing = _without_formula(analysis.uncounted, waived)
    if figure in _COUNTED and missing and value.amount is not None:
        return Value(value.amount, at_least=True, because=f"no formula for {missing}", origin="computed")
    return replace(value, origin="computed" if value.known else "")


def _without_formula(uncounted: Iterable[UncountedRow | Uncounted], waived: tuple[str, ...]) -> str:
    """Names of the ops that have no formula and may not go without."""
    return _names((u for u in uncounted if isinstance(u, UncountedRow) or u.lacks == "formula"), waived)


def _names(uncounted: Iterable[UncountedRow | Uncounted], waived: tuple[str, ...]) -> str:
    return ", ".join(sorted({u.op for u in uncounted if u.op.rpartition(".")[0] not in waived}))


def _varied(value: Value, varies: Sequence[Assumption]) -> Value:
    """The value of a step that is not the same each time."""
    least = value.at_least or bool(varies)
    return replace(value, at_least=least, varies=bool(varies), one_batch=of_one_batch(varies))


def _varying(varies: Iterable[Assumption]) -> str:
    return "; ".join(f"{item.where}: {item.what}" for item in varies)


def _cost_value(figure: str, computed: Computed, waived: tuple[str, ...]) -> Value:
    cost = computed.costs.get(computed.search)
    if cost is None:
        nothing = "nothing was mapped onto the rulebook's machine (costmodel check does it)"
        return Value(None, because=computed.because if computed.analysis is None else nothing)
    because = f"computed on {cost.hardware}, search {cost.search}"
    unmapped = ", ".join(layer.layer.names[0] for layer in cost.layers if not layer.valid)
    missing = _without_formula(cost.uncounted, waived)
    if unmapped:
        because += f"; no valid mapping for {unmapped}"
    beside = _names((u for u in cost.uncounted if u.lacks == "nest"), waived)
    if missing:
        because += f"; no formula for {missing}, so nothing of it is mapped"
    if beside:
        because += f"; no loop nest for {beside}, so nothing of it is mapped"
    if cost.varies:
        because += f"; {_varying(cost.varies)}"
    at_least = bool(unmapped or missing or beside or cost.varies) or not (cost.complete or cost.uncounted)
    amount = _OF_COST[figure](cost)
    return _varied(Value(amount, at_least=at_least, because=because, origin="computed"), cost.varies)


def _inference_value(computed: Computed, waived: tuple[str, ...]) -> Value:
    """Operations of one inference of a plain 32-bit network; others count by their bits, which nobody but they know."""
    workload, analysis = computed.inference, computed.analysis
    if workload is None or analysis is None:
        nothing = "no inference was traced (costmodel check does it)"
        return Value(None, because=computed.because if analysis is None else nothing)
    if analysis.totals.parameter_bytes != 4 * _all_parameters(analysis):
        return Value(None, because="the network is not of 32 bits throughout: give its operations as a fact")
    missing = _without_formula(workload.uncounted, waived)
    reasons = [f"no formula for {missing}"] if missing else []
    reasons += [_varying(workload.varies)] if workload.varies else []
    amount, because = Decimal(workload.operations), joined(*reasons)
    return _varied(Value(amount, at_least=bool(reasons), because=because, origin="computed"), workload.varies)


def held_by(analysis: Analysis, machine: str | None, phase: str, search: str) -> Computed:
    """An analysis as evidence; its own cost report counts where it is of the machine and phase that are asked for."""
    own = analysis.cost
    costs = {own.search: own} if own is not None and (own.hardware, own.phase) == (machine, phase) else {}
    return Computed(analysis, costs=costs, search=search)
