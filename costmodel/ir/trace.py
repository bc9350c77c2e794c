"""The trace: one training step as plain data, from which every number is derived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from costmodel.ir.argument import Argument as Argument
from costmodel.ir.argument import Symbol as Symbol
from costmodel.ir.argument import TensorRef as TensorRef
from costmodel.ir.argument import tensor_ids as tensor_ids
from costmodel.ir.doubts import Assumption as Assumption
from costmodel.ir.noun import Noun
from costmodel.ir.phase import Phase as Phase
from costmodel.ir.tensor import Role, Storage, TensorSpec

if TYPE_CHECKING:
    import networkx as nx

VALUES, FOR_ONE_BATCH = "values", "one batch"
"""Entry of a provenance where a step was recorded on real tensors, and hangs on what they hold."""

SCHEMA = "costmodel.trace/1"

LOSS_SCOPE = "<loss>"
"""Scope of the calls between the model's output and the start of backward, and of their gradients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpCall:
    """One executed ATen op.

    Attributes:
        op: full overload name, ``aten.convolution.default``.
        arguments: pairs (schema parameter name, value); parameters left at their default are absent.
        outputs: tensor ids; None where the op returned no tensor (``convolution_backward`` of a first layer).
        scope: path of the innermost module (``layer1.0.conv1``), in backward too; "" outside any module.
        phase: the part of the training step.
        where: the user's line (``net.py:12``) of a forward op outside any leaf module, else "".
    """

    op: str
    arguments: tuple[tuple[str, Argument], ...]
    outputs: tuple[int | None, ...]
    scope: str
    phase: Phase
    where: str = ""

    @property
    def packet(self) -> str:
        """The op without its overload: ``aten.convolution``."""
        return self.op.rpartition(".")[0]

    @property
    def inputs(self) -> tuple[int, ...]:
        """Ids of the argument tensors, in order, repeated if used twice."""
        return tuple(i for _, value in self.arguments for i in tensor_ids(value))

    @property
    def written(self) -> tuple[int, ...]:
        """Ids of the tensors that the call returns; if it returns none (``_foreach_add_``), of those it is done to."""
        if self.outputs or not self.packet.endswith("_"):
            return tuple(i for i in self.outputs if i is not None)
        return tuple(tensor_ids(self.arguments[0][1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSpec:
    """A submodule of the subject.

    Attributes:
        path: dotted path, "" for the model itself.
        type: qualified class name, ``torch.nn.modules.conv.Conv2d``.
        leaf: True if it has no children (parametrizations aside).
        attributes: its plain public attributes (``groups``, ``kernel_size`` …), scalars only.
        parameters: ids of its own parameters' tensors; a shared parameter belongs to its first owner.
        buffers: ids of its own buffers' tensors.
    """

    path: str
    type: str
    leaf: bool
    attributes: Mapping[str, bool | int | float | str]
    parameters: tuple[int, ...]
    buffers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleCall:
    """One call of a module in the forward pass: calls[first:last] ran inside it.

    ``where`` is the user's line that calls a leaf (``net.py:12``), else "".
    """

    path: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    first: int
    last: int
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter or buffer of the model, by its first name."""

    name: str
    tensor: int
    trainable: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Trace(Noun):
    """One steady-state training step.

    Attributes:
        calls: the second step's calls, in order of execution.
        first_update: the optimizer's calls of the very first step, which make its state; they happen once. Calls of the
            other parts are among them where the first steps differ in these too.
        tensors: every tensor that a call names.
        storages: the memory behind the tensors, with lifetimes (of the steady step).
        modules: every submodule, in the model's own order.
        module_calls: calls of modules in the forward phase, in order of return.
        parameters: trainable and frozen parameters (shared ones once), in the model's order.
        buffers: the model's buffers; ``trainable`` is False.
        inputs: ids of the tensors of the batch, last those that a built-in loss compares with.
        assumptions: see :class:`Assumption`.
        provenance: versions and digests, never a clock.
        step_starts: where the steps of a cycle begin in ``calls``; empty for a single step.
        first_starts: where the first steps begin in ``first_update``; empty if it is one.
        varies: why the step is not the same each time it runs; figures are then those of the least that was seen.
        optimizer: class of the optimizer that ran (``SGD``, ``own class Lion``), "" for none.
        variants: the calls of what else was seen; empty where not everything was.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "calls"

    calls: tuple[OpCall, ...]
    first_update: tuple[OpCall, ...]
    tensors: tuple[TensorSpec, ...]
    storages: tuple[Storage, ...]
    modules: tuple[ModuleSpec, ...]
    module_calls: tuple[ModuleCall, ...]
    parameters: tuple[Parameter, ...]
    buffers: tuple[Parameter, ...]
    inputs: tuple[int, ...]
    assumptions: tuple[Assumption, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    step_starts: tuple[int, ...] = ()
    first_starts: tuple[int, ...] = ()
    varies: tuple[Assumption, ...] = ()
    optimizer: str = ""
    variants: tuple[tuple[OpCall, ...], ...] = ()

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{len(self.calls)} calls, {len(self.tensors)} tensors, {len(self.modules)} modules"

    def tensor(self, id: int) -> TensorSpec:
        """The tensor with this id (ids are the positions in ``tensors``)."""
        return self.tensors[id]

    def role(self, id: int) -> Role:
        """Role of a tensor."""
        return self.tensors[id].role

    def to_networkx(self) -> nx.DiGraph[Any]:
        """Dataflow as a graph: nodes are call indices, edges carry the ids of the tensors that flow.

        An in-place op becomes the producer of the tensor that it wrote.
        """
        import networkx as nx  # kept out of the import of costmodel: --help must not wait for it

        graph: nx.DiGraph[Any] = nx.DiGraph()
        producer: dict[int, int] = {}
        for index, call in enumerate(self.calls):
            graph.add_node(index, op=call.op, scope=call.scope, phase=call.phase.value)
            for source in call.inputs:
                if source in producer:
                    edge = (producer[source], index)
                    known = graph.edges[edge]["tensors"] if graph.has_edge(*edge) else ()
                    if source not in known:
                        graph.add_edge(*edge, tensors=(*known, source))
            producer.update(dict.fromkeys(call.written, index))
        return graph
