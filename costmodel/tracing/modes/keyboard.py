"""No keyboard: a script that asks for input while it is imported or built hears that nobody answers."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn
from unittest.mock import patch


@contextmanager
def without_keyboard() -> Iterator[None]:
    """A stretch in which ``input()`` asks nobody, waits for nothing and prints no question."""
    with ExitStack() as stack:
        for name in ("builtins.input", f"{getpass.__name__}.getpass"):
            stack.enter_context(patch(name, _asks(name.rpartition(".")[2])))
        yield


def _asks(name: str) -> Callable[..., NoReturn]:
    def ask(*_: Any, **__: Any) -> NoReturn:
        raise EOFError(f"{name}() asks at the keyboard, where nobody is: write the value into the file")

    return ask
