"""The two dialects of Timeloop's input files that its binaries read."""

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
    """

    name: str
    version: float
    separator: str

    def word(self, keyword: str) -> str:
        """A keyword that is written here with underscores: ``num_threads`` is ``num-threads`` in v0.3."""
        return keyword.replace("_", self.separator)


SYNTAXES = {
    # v3.0.3 and older know hyphens only (src/model, src/mapping of the repository NVlabs/timeloop)
    "v0.3": Syntax("v0.3", 0.3, "-"),
    # hyphens are deprecated since February 2024 (src/compound-config/hyphens-to-underscores.cpp); the binaries take
    # the tree of subtrees under version 0.4 and refuse the nodes of the Python front end (applications/model)
    "v0.4": Syntax("v0.4", 0.4, "_"),
}


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
    text: str = yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True)
    return text
