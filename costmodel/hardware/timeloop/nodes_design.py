"""A folder whose architecture is a list of nodes: version 0.4, as people write it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from costmodel.errors import UsageError
from costmodel.files.located import Located
from costmodel.hardware.timeloop.design import PRUNED, Design, cycle_seconds
from costmodel.hardware.timeloop.documents import Documents, documents_of
from costmodel.hardware.timeloop.node_attributes import Scope
from costmodel.hardware.timeloop.node_constraints import gather_nodes
from costmodel.hardware.timeloop.nodes import Line, line_of


def nodes_design(path: Path, file: Path, tree: Located) -> Design:
    """What the folder says.

    Args:
        path: of the folder.
        file: that with the architecture.
        tree: the architecture.

    Raises:
        UsageError: see :func:`costmodel.hardware.timeloop.folder.read_timeloop_folder`.
    """
    if str(tree.get("version", "0.4")) != "0.4":
        raise UsageError(f"{tree.at('version')}: version {tree.get('version')} of the nodes; version 0.4 is read")
    documents = documents_of(path, file)
    for sparse in documents.sparse:
        if sparse.get("targets"):
            where = sparse.at("targets")
            raise UsageError(f"{where}: layers are dense here; leave sparse_optimizations out to see the dense machine")
    variables = {key: value for one in documents.variables for key, value in one.items() if key != "version"}
    scope = Scope(variables)
    line = line_of(tree, scope)
    if line.components[-1].storage:
        raise UsageError(f"{tree.at('nodes')}: the last node is {line.components[-1].name}; multipliers are expected")
    _with_words(line)
    fanning = [place.spread for place in line.places if place.spread is not None]
    normal, notes = gather_nodes(line, scope, documents.constraints, fanning, depthwise=False)
    beside = documents.depthwise_constraints or documents.constraints
    depthwise, _ = gather_nodes(line, scope, beside, fanning, depthwise=True)
    if (normal.kept, normal.bypassed) != (depthwise.kept, depthwise.bypassed):
        where = f"{path}: keep and bypass of depthwise layers differ from those of normal layers"
        raise UsageError(f"{where}; a machine keeps the same on its levels for both")
    mapper = documents.mapper[-1] if documents.mapper else None
    said = [*line.notes, *notes, *documents.ignored]
    if mapper is not None and mapper.get("algorithm") not in PRUNED:
        algorithm = mapper.get("algorithm", "hybrid")
        said.append((mapper.at(), f"the mapper's algorithm {algorithm} is not re-enacted; --search names costmodel's"))
    return Design(
        components=line.components,
        normal=normal,
        depthwise=depthwise,
        mapper=mapper,
        mapper_source="" if mapper is None else Path(mapper.file).relative_to(path).as_posix(),
        definitions=(),
        notes=tuple(_inside(path, said)),
        behaviour="E",
        cycle_seconds=_cycle(scope, documents),
    )


def _cycle(scope: Scope, documents: Documents) -> float | None:
    """The length of a cycle.

    Raises:
        UsageError: it is said, and no number above 0.
    """
    for one in documents.variables:
        if one.get("global_cycle_seconds") is not None:
            where = one.at("global_cycle_seconds")
            return cycle_seconds(scope.number(one["global_cycle_seconds"], one, where, "global_cycle_seconds"), where)
    return None


def _with_words(line: Line) -> None:
    """Multipliers that do not say how wide a word is work on the words of the outermost memory."""
    multiplier = line.components[-1]
    outermost = next((component for component in line.components if component.said_word_bits), None)
    if multiplier.said_word_bits is None and outermost is not None:
        multiplier.attributes["datawidth"] = outermost.word_bits


def _inside(path: Path, said: Iterable[tuple[str, str]]) -> list[str]:
    """Notes with the places as they are called inside the folder, each once."""
    found = []
    for where, what in said:
        text = f"{where.removeprefix(str(path)).lstrip('/')}: {what}"
        if text not in found:
            found.append(text)
    return found
