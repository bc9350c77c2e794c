"""The dialects of Timeloop's input files: two that its binaries read, and that of its Python front end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from costmodel.errors import UnknownNameError


@dataclass(frozen=True)
class Syntax:
    """A dialect.

    Attributes:
        name: as ``--syntax`` names it.
        version: what architecture, ERT and ART files say.
        separator: between the words of a keyword.
        nodes: the architecture is the front end's list of nodes, which no binary reads.
    """

    name: str
    version: float
    separator: str
    nodes: bool = False

    def word(self, keyword: str) -> str:
        """A keyword that is written here with underscores: ``num_threads`` is ``num-threads`` in v0.3."""
        return keyword.replace("_", self.separator)


SYNTAXES = {
    # v3.0.3 and older know hyphens only (src/model, src/mapping of the repository NVlabs/timeloop)
    "v0.3": Syntax("v0.3", 0.3, "-"),
    # hyphens are deprecated since February 2024 (src/compound-config/hyphens-to-underscores.cpp); the binaries take
    # the tree of subtrees under version 0.4 and refuse the nodes of the Python front end (applications/model)
    "v0.4": Syntax("v0.4", 0.4, "_"),
    # timeloopfe (of the repository timeloop-python) turns it into the tree above
    "v0.4-nodes": Syntax("v0.4-nodes", 0.4, "_", nodes=True),
}
VERSIONS = {"0.3": "v0.3", "0.4": "v0.4-nodes"}
"""What people write in each version of the input, by the version's number."""


class Tagged(dict[str, Any]):
    """A mapping that is written under a YAML tag."""

    def __init__(self, tag: str, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.tag = tag


class _Dumper(yaml.SafeDumper):
    """A SafeDumper that knows tags, and writes no aliases: the front end takes two places for one object."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


_Dumper.add_representer(Tagged, lambda dumper, one: dumper.represent_mapping(f"!{one.tag}", one, flow_style=False))


def syntax_named(name: str) -> Syntax:
    """A dialect by name.

    Raises:
        UnknownNameError: no such dialect.
    """
    if name not in SYNTAXES:
        raise UnknownNameError("syntax", name, SYNTAXES)
    return SYNTAXES[name]


def yaml_text(document: dict[str, Any]) -> str:
    """A document as YAML, keys in the order given."""
    style: dict[str, Any] = {"sort_keys": False, "default_flow_style": None, "width": 120, "allow_unicode": True}
    text: str = yaml.dump(document, Dumper=_Dumper, **style)
    return text
