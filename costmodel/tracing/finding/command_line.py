"""A script's ``argparse`` in an analysis: its command line is empty, and options without a default are not there."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn
from unittest.mock import patch

from costmodel.errors import MissingError
from costmodel.tracing.blame import user_line
from costmodel.tracing.finding.salvage import Missing


@contextmanager
def empty_command_line(note: Callable[[str, str], None], heard: list[MissingError]) -> Iterator[None]:
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
            why = f"{user_line()}: its command line asks for it"
            action.required, action.default = False, Missing(name, why, SystemExit(why), heard)
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
