"""A folder whose architecture is a tree of subtrees: version 0.3, or what v0.4's front end wrote for Timeloop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from costmodel.errors import UsageError
from costmodel.files.located import Located
from costmodel.hardware.spec import DATASPACES
from costmodel.hardware.timeloop.architecture import Component, components_of
from costmodel.hardware.timeloop.constraints import ROOTS, Gathered, gather
from costmodel.hardware.timeloop.design import PRUNED, Design, cycle_seconds
from costmodel.hardware.timeloop.documents import read_plain, top_keys, yaml_files


def tree_design(path: Path, read: Located) -> Design:
    """What the folder says.

    Args:
        path: of the folder.
        read: the file with the architecture.

    Raises:
        UsageError: see :func:`costmodel.hardware.timeloop.folder.read_timeloop_folder`.
    """
    newer = str(read["architecture"].get("version", "0.3")) == "0.4"
    if read.get("sparse_optimizations"):
        where = read.at("sparse_optimizations")
        raise UsageError(f"{where}: layers are dense here; leave sparse_optimizations out to see the dense machine")
    components = [_plain(component, newer) for component in components_of(read)]
    storage = [component for component in components if component.storage]
    names = [component.name for component in storage[::-1]]
    fanning = _fanning(components)
    normal, depthwise = _constraints(path, read, names, fanning)
    for gathered in (normal, *([] if depthwise is None else [depthwise])):
        for component in components:
            if component.only_fans:
                gathered.bypassed.setdefault(component.name, set()).update(DATASPACES)
    mapper, source = _mapper(path, read)
    notes = []
    if newer and mapper is not None and mapper.get("algorithm") not in PRUNED:
        notes.append(f"the mapper's algorithm {mapper.get('algorithm')} is not re-enacted; --search names costmodel's")
    return Design(
        components=components,
        normal=normal,
        depthwise=depthwise,
        mapper=mapper,
        mapper_source=source,
        definitions=[
            read_plain(file) for place in ("arch/components", "components") for file in yaml_files(path / place)
        ],
        notes=tuple(notes),
        behaviour="E" if newer else "D",
        cycle_seconds=_cycle(read) if newer else None,
    )


def _cycle(read: Located) -> float | None:
    """The length of a cycle, where the front end wrote the variables down."""
    for branch in read["architecture"].parts("subtree"):
        attributes = branch.get("attributes")
        if isinstance(attributes, Located) and attributes.get("global_cycle_seconds") is not None:
            return cycle_seconds(attributes["global_cycle_seconds"], attributes.at("global_cycle_seconds"))
    return None


def _plain(component: Component, newer: bool) -> Component:
    if newer:  # the front end writes null for what nobody said
        for key in [key for key, value in component.attributes.items() if value is None]:
            del component.attributes[key]
    if "bandwidth" in component.attributes:
        where = component.attributes.at("bandwidth")
        raise UsageError(f"{where}: bandwidth is not read; give read_bandwidth and write_bandwidth")
    return component


def _fanning(components: Sequence[Component]) -> list[str]:
    """Names of the levels that have fewer instances than what is inside them."""
    storage = [component for component in components if component.storage]
    inner = [*storage[1:], *(component for component in components if not component.storage)]
    return [one.name for one, inside in zip(storage, inner, strict=False) if inside.instances != one.instances]


def _constraints(
    path: Path, read: Located, names: Sequence[str], fanning: Sequence[str]
) -> tuple[Gathered, Gathered | None]:
    """Those of normal layers, and those of depthwise layers if the folder has its own."""
    folders = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and "constraints" in folder.name.lower()]
    own = [folder for folder in folders if "dw" in folder.name.lower() or "depthwise" in folder.name.lower()]
    files = [[read_plain(file) for folder in folders if folder not in own for file in yaml_files(folder)]]
    files.append([read_plain(file) for folder in own for file in yaml_files(folder)])
    if any(root in read for root in ROOTS):
        files[0].append(read)
    if not folders:  # all files lie beside each other
        files[0] += [read_plain(file) for file in _beside(path, ROOTS)]
    normal, depthwise = (gather(chosen, names, fanning) for chosen in files)
    if not own:
        return normal, None
    if (normal.kept, normal.bypassed) != (depthwise.kept, depthwise.bypassed):
        where = f"{own[0]}: keep and bypass differ from those of normal layers"
        raise UsageError(f"{where}; a machine keeps the same on its levels for both")
    return normal, depthwise


def _beside(path: Path, roots: Sequence[str]) -> list[Path]:
    """Files directly in the folder with one of these keys, and no architecture."""
    keys = {file: set(top_keys(file)) for file in yaml_files(path)}
    return [file for file, said in keys.items() if said & set(roots) and "architecture" not in said]


def _mapper(path: Path, read: Located) -> tuple[Located | None, str]:
    """The settings of the search, and the file that they are in."""
    files = yaml_files(path / "mapper")
    for file in files or _beside(path, ("mapper",)):
        said = read_plain(file).get("mapper")
        if not isinstance(said, Located):
            raise UsageError(f"{file}:1: no mapper")
        return said, file.relative_to(path).as_posix()
    said = read.get("mapper")
    return (said, Path(read.file).name) if isinstance(said, Located) else (None, "")
