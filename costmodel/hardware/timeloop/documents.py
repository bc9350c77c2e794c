"""A v0.4 folder's YAML files, sorted by what they say: the front end takes any file names, and any split into files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from costmodel.errors import UsageError
from costmodel.files.located import Located, read_located
from costmodel.hardware.timeloop.energies import RECORDED

TAGS = ("Component", "Container", "Hierarchical", "Nothing", "Parallel", "Pipelined")
"""What a node of an architecture may be."""

ENDINGS = (".yaml", ".yml")

_JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|^\s*!include\b.*")
_TOP = re.compile(r"^([A-Za-z_]\w*)\s*:", re.MULTILINE)


@dataclass(slots=True)
class Documents:
    """The mappings under each key at the top of the folder's files, the architecture's own file first.

    Attributes:
        constraints, depthwise_constraints: everything under a key with ``constraints`` in it; the second from folders
            whose name has ``dw`` or ``depthwise`` in it.
        ignored: other keys that say something of the machine or of its use, with where.
    """

    variables: list[Located] = field(default_factory=list)
    constraints: list[Located] = field(default_factory=list)
    depthwise_constraints: list[Located] = field(default_factory=list)
    mapper: list[Located] = field(default_factory=list)
    sparse: list[Located] = field(default_factory=list)
    ignored: list[tuple[str, str]] = field(default_factory=list)


def documents_of(folder: Path, design: Path) -> Documents:
    """Everything beside the nodes that the folder says.

    Args:
        folder: that of the machine.
        design: the file with its architecture.

    Raises:
        UsageError: a file that is not plain YAML (a template), or whose keys hold something else than mappings.
    """
    found = Documents()
    for file in [design, *(other for other in _files(folder) if other != design)]:
        if file != design and not _speaks_of_the_machine(file):
            continue
        read = read_plain(file)
        for key, value in read.items():
            depthwise = any("dw" in part.lower() or "depthwise" in part.lower() for part in _inside(file, folder)[:-1])
            _sort(found, key, value, read, depthwise=depthwise, file=file)
    return found


def read_plain(file: Path) -> Located:
    """A YAML file with a node's tags in it.

    Raises:
        UsageError: it is not YAML, or a Jinja template.
    """
    refuse_template(file)
    return read_located(file, TAGS)


def refuse_template(file: Path) -> None:
    """Name a file that is a template before a YAML reader stumbles over it.

    Raises:
        UsageError: it has Jinja in it, or includes another file.
    """
    for number, line in enumerate(_text(file).splitlines(), 1):
        if found := _JINJA.search(_without_comment(line)):
            raise UsageError(
                f"{file}:{number}: {found[0]} is of a template, and templates are not rendered here; give the plain "
                "YAML: timeloopfe writes it beside its results as parsed-processed-input.yaml"
            )


def _without_comment(line: str) -> str:
    return "" if line.lstrip().startswith("#") else line.partition(" #")[0]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{file}: {getattr(problem, 'strerror', None) or problem}") from None


def _files(folder: Path) -> Iterator[Path]:
    """All YAML files below a folder but recorded outputs, the outer ones first."""
    for file in sorted(folder.rglob("*"), key=lambda one: (len(one.parts), str(one))):
        parts = _inside(file, folder)
        recorded = any(word in part.lower() for part in parts[:-1] for word in RECORDED)
        if file.suffix in ENDINGS and not recorded and not any(part.startswith(".") for part in parts):
            yield file


def _inside(file: Path, folder: Path) -> Sequence[str]:
    return file.relative_to(folder).parts


def yaml_files(folder: Path) -> list[Path]:
    """YAML files that lie directly in a folder, by name."""
    return sorted(folder.glob("*.yaml")) + sorted(folder.glob("*.yml"))


def top_keys(file: Path) -> list[str]:
    """Keys at the top of a file, found without reading it as YAML: it may be a template.

    Raises:
        UsageError: it cannot be read.
    """
    return _TOP.findall(_text(file))


def _speaks_of_the_machine(file: Path) -> bool:
    """Whether a key at its top is one that is read; the others may be whatever they are, even templates.

    A file with an architecture of its own is another machine's.
    """
    keys = top_keys(file)
    return "architecture" not in keys and any(_kind(key) is not None for key in keys)


def _kind(key: str) -> str | None:
    if "constraints" in key or key == "mapspace":
        return "constraints"
    return {
        "architecture": "architecture",
        "variables": "variables",
        "mapper": "mapper",
        "sparse_optimizations": "sparse",
        "globals": "globals",
        "mapping": "mapping",
    }.get(key)


def _sort(found: Documents, key: str, value: object, around: Located, *, depthwise: bool, file: Path) -> None:
    kind, where = _kind(key), around.at(key)
    if kind in (None, "architecture") or value in (None, [], {}):
        return
    if kind == "mapping":
        found.ignored.append((where, "a mapping is given; costmodel searches its own (--search)"))
        return
    if isinstance(value, list) and kind == "constraints":
        whole = Located(targets=value)
        whole.file, whole.line, whole.lines = str(file), around.lines.get(key, 1), {}
        value = whole
    if not isinstance(value, Located):
        raise UsageError(f"{where}: {key} is expected to be a mapping")
    if kind == "globals":
        said = [name for name, content in value.items() if name != "version" and content not in (None, [], {})]
        if said:
            found.ignored.append((where, f"globals say {', '.join(said)}; nothing of it is used"))
    elif kind == "constraints":
        (found.depthwise_constraints if depthwise else found.constraints).append(value)
    else:
        getattr(found, str(kind)).append(value)
