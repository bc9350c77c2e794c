"""Weights that a model asks for while it is built: they are not read, since no cost hangs on their values.

A network that was trained before is the same network with any numbers in it. What reads its weights from the network,
or from a file that is not there, gets a stand-in, and a module that is given the stand-in stays as it is. What is no
weights is not fetched either: that fails at once, and not after many tries.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn
from unittest.mock import patch

import torch
from torch import nn

from costmodel.errors import MissingError
from costmodel.tracing.blame import user_line
from costmodel.tracing.modes.zoos import zoos_without_weights

NOT_READ = "pretrained weights are asked for and not read: the network is the same with any"
_NO_NETWORK = "nothing is fetched from the network while a model is imported and built"

Note = Callable[[str, str], None]
"""Takes a sentence and its place."""


class Unread(dict[Any, Any]):
    """Stands for a file of weights: empty, and so is whatever is taken out of it.

    Args:
        why: it is not read.
    """

    def __init__(self, why: str) -> None:
        super().__init__()
        self._why = why

    def __missing__(self, key: Any) -> Unread:
        return self

    def get(self, _key: Any, default: Any = None) -> Any:
        """What is asked for, unless the program has a number or a word in its place."""
        return self if default is None or isinstance(default, Mapping) else default

    def pop(self, key: Any, default: Any = None) -> Any:
        """The same."""
        return self.get(key, default)

    def __delitem__(self, key: Any) -> None:
        """There is nothing to delete."""

    def __getattr__(self, name: str) -> NoReturn:
        raise MissingError(self._why)

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """It is no model.

        Raises:
            MissingError: always.
        """
        raise MissingError(self._why)


@contextmanager
def without_weights(note: Note) -> Iterator[None]:
    """A stretch in which models are built without the weights that they ask for, and nothing is fetched."""

    def unread(why: str = NOT_READ) -> Unread:
        note(NOT_READ, user_line())
        return Unread(why)

    with ExitStack() as stack:
        stack.enter_context(_no_network())
        stack.enter_context(_no_downloads(unread))
        for owner, name, value in (
            (torch, "load", _loading(torch.load, unread)),
            (nn.Module, "load_state_dict", _filling(nn.Module.load_state_dict)),
        ):
            stack.enter_context(patch.object(owner, name, value))
        stack.enter_context(zoos_without_weights(lambda: note(NOT_READ, user_line())))
        yield


@contextmanager
def _no_downloads(unread: Callable[[], Unread]) -> Iterator[None]:
    """Whoever has imported torch's function that downloads weights calls this one."""
    real = torch.hub.load_state_dict_from_url
    known = list(sys.modules.values())
    holders = _holders(known, real)

    def ours(*_: object, **__: object) -> Unread:
        return unread()

    for module, name in holders:
        setattr(module, name, ours)
    try:
        yield
    finally:
        now = list(sys.modules.values())
        for module, name in [*holders, *(_holders(now, ours) if now != known else ())]:  # who was imported meanwhile
            setattr(module, name, real)


_NAMES = ("load_state_dict_from_url", "load_url")
"""Of the function, in torch and in what imports it."""


def _holders(modules: list[ModuleType], function: Any) -> list[tuple[ModuleType, str]]:
    """The modules that hold a function already, each with its name there.

    Their namespaces are looked into: asking some for an attribute imports half of a package.
    """
    found = []
    for module in modules:  # thousands, at every building of a model
        space = getattr(module, "__dict__", {})
        found += [(module, name) for name in _NAMES if name in space and space[name] is function]
    return found


def _loading(real: Callable[..., Any], unread: Callable[[str], Unread]) -> Callable[..., Any]:
    def load(f: Any, *args: Any, **options: Any) -> Any:
        if isinstance(f, (str, os.PathLike)) and not Path(f).exists():
            return unread(f"{user_line()}: {Path(f).name} is not there, and what it holds is not known")
        return real(f, *args, **options)

    return load


def _filling(real: Callable[..., Any]) -> Callable[..., Any]:
    def load_state_dict(self: nn.Module, state_dict: Mapping[str, Any], *args: Any, **options: Any) -> Any:
        if not _is_unread(state_dict):
            return real(self, state_dict, *args, **options)
        return real(nn.Module(), {})

    return load_state_dict


def _is_unread(state: Any) -> bool:
    """A stand-in, or what a program has made of one: renamed keys of nothing."""
    if isinstance(state, Unread):
        return True
    return isinstance(state, Mapping) and (not state or any(isinstance(value, Unread) for value in state.values()))


@contextmanager
def _no_network() -> Iterator[None]:
    """The thread that asks reaches nobody; others go on: a worker that builds models talks to its scheduler."""
    ours = threading.get_ident()

    def refused(real: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*args: Any, **options: Any) -> Any:
            if threading.get_ident() == ours:
                raise OSError(_NO_NETWORK)
            return real(*args, **options)

        return ask

    with ExitStack() as stack:
        for name in ("getaddrinfo", "gethostbyname", "create_connection"):
            stack.enter_context(patch.object(socket, name, refused(getattr(socket, name))))
        yield
