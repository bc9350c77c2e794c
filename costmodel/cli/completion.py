"""What a shell completes: subcommands and options, and the names that an option takes (rulebooks, machines, formats).

``eval "$(costmodel --completion bash)"`` turns it on; the shell then runs costmodel with ``_COSTMODEL_COMPLETE`` set.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib import resources

import click
from click.shell_completion import CompletionItem, get_completion_class, shell_complete

from costmodel import backends
from costmodel.errors import UnknownNameError
from costmodel.files.examples import examples
from costmodel.hardware.machines import gpu_names, hardware_names
from costmodel.reports.export_format import export_names
from costmodel.reports.report_format import format_names

VARIABLE = "_COSTMODEL_COMPLETE"
SHELLS = ("bash", "zsh", "fish")
_PROGRAM = "costmodel"

Names = Callable[[], list[str]]


def rulebooks() -> list[str]:
    """The rulebooks that come with costmodel: the folder is the registry, and no YAML is read for it."""
    books = resources.files("costmodel.rules").joinpath("books").iterdir()
    return sorted(book.name.removesuffix(".yaml") for book in books if book.name.endswith(".yaml"))


def machines() -> list[str]:
    """Accelerators, then GPUs."""
    return [*hardware_names(), *gpu_names()]


_OF_OPTIONS: dict[str, Names] = {
    "--rules": rulebooks,
    "--hardware": machines,
    "--format": format_names,
    "--to": lambda: [*backends.exporters(), *export_names()],
    "--backend": backends.names,
    "--by": lambda: ["op", "layer", "phase"],
    "--phase": lambda: ["inference", "training"],
    "--search": lambda: ["optimum", "course"],
    "--objective": lambda: ["latency", "energy", "edp"],
    "--effort": lambda: ["exact", "fast", "prove"],
    "--precision": lambda: ["fp32", "tf32", "amp"],
}
_OF_ARGUMENTS: dict[tuple[str, str], Names] = {
    ("rules", "words"): lambda: ["list", "show", "validate", "diff", "init", *rulebooks()],
    ("show", "name"): machines,  # costmodel hardware show
    ("examples", "name"): lambda: [*examples()],
    ("plot", "what"): lambda: ["layers", "tree", "activations", "memory", "roofline"],
}
_FILES_TOO = ("--rules", "--hardware")
"""Options that take a file as well as a name."""


def script(shell: str) -> str:
    """The lines that a shell runs to complete costmodel.

    Raises:
        UnknownNameError: no such shell.
    """
    kind = get_completion_class(shell)
    if shell not in SHELLS or kind is None:
        raise UnknownNameError("shell", shell, SHELLS)
    return kind(click.Group(_PROGRAM), {}, _PROGRAM, VARIABLE).source()


def subcommand() -> str | None:
    """The subcommand of the line that is being completed, if it has one already."""
    words = os.environ.get("COMP_WORDS", "").split()
    return words[1] if len(words) > 1 else None


def complete(command: click.Command, instruction: str) -> int:
    """Print what fits."""
    attach(command)
    return shell_complete(command, {}, _PROGRAM, VARIABLE, instruction)


def attach(command: click.Command) -> None:
    """Give every parameter of every subcommand the names that it takes; a plain argument takes a file."""
    for name, inner in getattr(command, "commands", {}).items():
        for parameter in inner.params:
            names = _names_of(name, parameter)
            if names is not None or isinstance(parameter, click.Argument) or "--output" in parameter.opts:
                files = names is None or bool({*parameter.opts} & {*_FILES_TOO})
                parameter._custom_shell_complete = _completer(names, files)
        attach(inner)


def _names_of(command: str, parameter: click.Parameter) -> Names | None:
    if isinstance(parameter, click.Argument):
        return _OF_ARGUMENTS.get((command, parameter.name or ""))
    return next((_OF_OPTIONS[word] for word in parameter.opts if word in _OF_OPTIONS), None)


def _completer(
    names: Names | None, files: bool
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    def found(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:  # noqa: ARG001
        return [*_items(names() if names is not None else [], begun, files)]

    return found


def _items(names: list[str], begun: str, files: bool) -> Iterator[CompletionItem]:
    fitting = [name for name in names if name.startswith(begun)]
    yield from map(CompletionItem, fitting)
    if files and not fitting:
        yield CompletionItem(begun, type="file")
