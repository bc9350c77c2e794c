"""timm: one model of each of its modules, which are its families."""

from __future__ import annotations

from typing import Any


def names() -> list[str]:
    """The first model of each module."""
    import timm

    found = (next(iter(timm.list_models(module=module)), None) for module in timm.list_modules())
    return [name for name in found if name is not None]


def build(name: str) -> Any:
    """A model with random weights."""
    import timm

    return timm.create_model(name, pretrained=False)


def settings(name: str) -> dict[str, Any]:
    """The input of its configuration."""
    from timm.models import get_pretrained_cfg

    cfg = get_pretrained_cfg(name)
    return {"input": "x".join(map(str, cfg.input_size if cfg is not None else (3, 224, 224)))}
