"""A hardware spec as the YAML that it is read from: a Timeloop folder becomes a file that one can go on with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import yaml

from costmodel.hardware.spec import HardwareSpec


class _Dumper(yaml.SafeDumper):
    """A SafeDumper that writes decimals as they are, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _plain(dumper: yaml.SafeDumper, number: Decimal) -> yaml.ScalarNode:
    text = format(number, "f")
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


_Dumper.add_representer(Decimal, _plain)


def spec_text(spec: HardwareSpec) -> str:
    """The YAML: what is not said is left out, and what is read from it is the same machine."""
    said = _said(spec.model_dump())
    style: dict[str, Any] = {"sort_keys": False, "default_flow_style": None, "width": 120, "allow_unicode": True}
    text: str = yaml.dump(said, Dumper=_Dumper, **style)
    return text


def _said(part: Any) -> Any:
    if isinstance(part, dict):
        known = {key: _said(value) for key, value in part.items()}
        return {key: value for key, value in known.items() if value is not None and value not in ({}, [])}
    if isinstance(part, (tuple, list)):
        return [_said(item) for item in part]
    return part
