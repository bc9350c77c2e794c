"""Zoos of other packages that fetch weights: timm's and transformers' models are built from what describes them."""

from __future__ import annotations

import importlib.abc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any
from unittest.mock import patch

Said = Callable[[], None]
"""Says that weights were not read."""

_ACTIVE: list[Said] = []
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")


@contextmanager
def zoos_without_weights(said: Said) -> Iterator[None]:
    """A stretch in which these packages fetch nothing, whether they are imported already or in it."""
    finder = _Finder()
    hub = sys.modules.get("huggingface_hub.constants")
    before = getattr(hub, _OFFLINE[0], None)
    for name in _CHANGES.keys() & sys.modules.keys():
        _change(sys.modules[name])
    sys.meta_path.insert(0, finder)
    _ACTIVE.append(said)
    with patch.dict(os.environ, dict.fromkeys(_OFFLINE, "1")):
        try:
            if hub is not None:
                setattr(hub, _OFFLINE[0], True)
            yield
        finally:
            _ACTIVE.pop()
            sys.meta_path.remove(finder)
            hub = sys.modules.get("huggingface_hub.constants")
            if hub is not None and not _ACTIVE:
                setattr(hub, _OFFLINE[0], bool(before))


def _timms(module: Any) -> None:
    """``timm.create_model(…, pretrained=True)`` builds the network, then fills it."""
    real = module.load_pretrained

    def load_pretrained(*args: Any, **options: Any) -> Any:
        if not _ACTIVE:
            return real(*args, **options)
        _ACTIVE[-1]()
        return None

    module.load_pretrained = load_pretrained


def _transformers(owner: Any, build: Callable[[Any, Any, dict[str, Any]], Any]) -> None:
    real = owner.__dict__["from_pretrained"].__func__

    def from_pretrained(cls: Any, name: Any, *args: Any, **options: Any) -> Any:
        if not _ACTIVE or options.get("quantization_config") is not None:
            return real(cls, name, *args, **options)
        config = options.pop("config", None)
        kept = {word: options.pop(word) for word in _OF_THE_MODEL if options.get(word, "auto") != "auto"}
        if config is None or isinstance(config, (str, os.PathLike)):
            config = _description(cls, name if config is None else config, options)
        _ACTIVE[-1]()
        return build(cls, config, kept)

    owner.from_pretrained = classmethod(from_pretrained)


_OF_THE_MODEL = ("dtype", "torch_dtype", "attn_implementation")
_OF_THE_FILES = ("cache_dir", "revision", "subfolder", "token", "trust_remote_code", "code_revision")


def _description(cls: Any, name: Any, options: dict[str, Any]) -> Any:
    """The configuration of a model that is on this machine, with the options of the call in it."""
    from transformers import AutoConfig

    kind = getattr(cls, "config_class", None) or AutoConfig
    known = {word: value for word, value in options.items() if word in _OF_THE_FILES}
    try:
        config = kind.from_pretrained(name, local_files_only=True, **known)
    except (OSError, ValueError):
        built = f"{cls.__name__}(config)" if hasattr(cls, "config_class") else f"{cls.__name__}.from_config(config)"
        raise OSError(
            f"the configuration of {str(name)!r} is not on this machine, and nothing is fetched from the network: "
            f"give one, {built}, or a folder with its config.json"
        ) from None
    config.update({word: value for word, value in options.items() if hasattr(config, word)})
    return config


_CHANGES: dict[str, Callable[[Any], None]] = {
    "timm.models._builder": _timms,
    "transformers.modeling_utils": lambda module: _transformers(
        module.PreTrainedModel, lambda cls, config, kept: cls._from_config(config, **kept)
    ),
    "transformers.models.auto.auto_factory": lambda module: _transformers(
        module._BaseAutoModelClass, lambda cls, config, kept: cls.from_config(config, **kept)
    ),
}
_CHANGED = "__costmodel_without_weights__"


def _change(module: ModuleType) -> None:
    """Once: outside of a stretch, what is changed does as before."""
    if not hasattr(module, _CHANGED):
        setattr(module, _CHANGED, True)
        _CHANGES[module.__name__](module)


class _Finder(importlib.abc.MetaPathFinder):
    """Changes a module of :data:`_CHANGES` when it is imported."""

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        """The place of such a module; None leaves any other one to the others."""
        spec = PathFinder.find_spec(name, path, target) if name in _CHANGES else None
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            _change(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
