"""A script's ``argparse`` in an analysis: its command line is what was given for it, or empty.

Options that it requires and that are not given are not there.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn
from unittest.mock import patch

from costmodel.errors import MissingError, RecipeError
from costmodel.tracing.blame import user_line
from costmodel.tracing.finding.salvage import Missing

_GIVEN: list[tuple[str, ...]] = [()]


@contextmanager
def script_args(text: str) -> Iterator[None]:
    """A stretch in which models are planned from scripts that get this command line.

    Raises:
        RecipeError: quotes that do not close.
    """
    try:
        _GIVEN.append(tuple(shlex.split(text)))
    except ValueError as error:
        raise RecipeError(f"script_args: {text!r}: {error}") from None
    try:
        yield
    finally:
        _GIVEN.pop()


def given_words() -> tuple[str, ...]:
    """The words of that command line."""
    return _GIVEN[-1]


@contextmanager
def own_command_line(note: Callable[[str, str], None], heard: list[MissingError]) -> Iterator[None]:
    """A stretch in which a parser does not insist on what it requires; whoever uses that hears of it.

    Args:
        note: takes a sentence and its place.
        heard: gets the error of each use of an option that is not there.
    """
    plain = argparse.ArgumentParser.parse_known_args

    def parse(self: argparse.ArgumentParser, args: Any = None, namespace: Any = None) -> Any:
        asked = [action for action in self._actions if action.required and args is None]
        groups = [group for group in self._mutually_exclusive_groups if group.required and args is None]
        before = [(action, action.default) for action in asked]
        for action in asked:
            name = "/".join(action.option_strings) or action.dest
            why = f"{user_line()}: its command line asks for it (--script-args)"
            action.required, action.default = False, Missing(name, why, SystemExit(why), heard)
            if not set(action.option_strings) & {word.partition("=")[0] for word in sys.argv[1:]}:
                note(f"its command line asks for {name}, which is not given", user_line())
        for group in groups:
            group.required = False
        try:
            return plain(self, args, namespace)
        finally:
            for action, default in before:
                action.required, action.default = True, default
            for group in groups:
                group.required = True

    with (
        patch.object(argparse.ArgumentParser, "parse_known_args", parse),
        patch.object(argparse.ArgumentParser, "error", _asks),
    ):
        yield


def _asks(_parser: argparse.ArgumentParser, message: str) -> NoReturn:
    """The error itself, in place of a usage on stderr and a number."""
    raise SystemExit(f"its command line: {message}")
