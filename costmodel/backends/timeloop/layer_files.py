"""All files of one layer problem, as text by file name."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.backends.timeloop import nodes
from costmodel.backends.timeloop.architecture import architecture_document
from costmodel.backends.timeloop.constraints import constraints_document, mapper_document
from costmodel.backends.timeloop.mapping import mapping_document
from costmodel.backends.timeloop.problem import problem_document
from costmodel.backends.timeloop.syntax import Syntax, yaml_text
from costmodel.backends.timeloop.tables import table_document
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.cost import MappedLevel
from costmodel.ir.workload import Layer
from costmodel.mapping.problem import Problem

MODEL_INPUTS = ("problem.yaml", "arch.yaml", "ERT.yaml", "mapping.yaml")
MAPPER_INPUTS = ("problem.yaml", "arch.yaml", "ERT.yaml", "constraints.yaml", "mapper.yaml")
"""The files that each binary is given. The model gets no constraints: it would judge the mapping by them."""


def layer_documents(
    layer: Layer, spec: HardwareSpec, syntax: Syntax, mapping: Sequence[MappedLevel] = ()
) -> dict[str, str]:
    """The inputs of ``timeloop-mapper``, and with a mapping also those of ``timeloop-model``.

    Raises:
        FormatError: a dim that does not exist or is not positive, or a mapping that Timeloop cannot say.
        UsageError: a machine that Timeloop cannot say.
    """
    if syntax.nodes:
        return _node_documents(layer, spec, syntax, mapping)
    problem = problem_of(layer)
    documents = {
        "problem.yaml": problem_document(problem, syntax),
        "arch.yaml": architecture_document(spec, syntax),
        "ERT.yaml": table_document(spec, syntax),
        "constraints.yaml": constraints_document(spec, depthwise=layer.depthwise),
    }
    if spec.mapper is not None:
        documents["mapper.yaml"] = mapper_document(spec, syntax)
    if mapping:
        documents["mapping.yaml"] = mapping_document(mapping, spec, problem.dims)
    return {name: yaml_text(document) for name, document in documents.items()}


def _node_documents(layer: Layer, spec: HardwareSpec, syntax: Syntax, mapping: Sequence[MappedLevel]) -> dict[str, str]:
    problem = problem_of(layer)
    documents = {
        "problem.yaml": problem_document(problem, syntax),
        "arch.yaml": nodes.nodes_document(spec),
        "variables.yaml": nodes.variables_document(spec),
        "ERT.yaml": nodes.table_document(spec),
        "constraints.yaml": nodes.constraints_document(spec, problem),
    }
    documents["problem.yaml"]["problem"] = {"version": nodes.VERSION, **documents["problem.yaml"]["problem"]}
    if spec.mapper is not None:
        said = mapper_document(spec, syntax)["mapper"]
        documents["mapper.yaml"] = {"mapper": {"version": nodes.VERSION, **said, "algorithm": "random_pruned"}}
    if mapping:
        documents["mapping.yaml"] = nodes.mapping_nodes_document(mapping, spec, problem.dims)
    return {name: yaml_text(document) for name, document in documents.items()}


def mapping_text(layer: Layer, spec: HardwareSpec, mapping: Sequence[MappedLevel]) -> str:
    """The mapping document alone, as YAML (the same in every syntax)."""
    return yaml_text(mapping_document(mapping, spec, problem_of(layer).dims))


def problem_of(layer: Layer) -> Problem:
    """The engine's problem of a layer."""
    return Problem.from_instance(dict(layer.instance), depthwise=layer.depthwise)
