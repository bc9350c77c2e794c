"""``costmodel hardware list|show|validate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from costmodel.hardware.spec import HardwareSpec

hardware = typer.Typer(help="The machines that layers can be mapped onto.", no_args_is_help=True)

Name = Annotated[
    str, typer.Argument(help="a machine's name, a YAML file, or a course's Timeloop v0.3 folder", metavar="NAME")
]


@hardware.command("list")
def list_machines() -> int:
    """List the machines that come with costmodel."""
    # pydantic is imported here: --help must not wait for it
    from tabulate import tabulate

    from costmodel.hardware.machines import hardware_names, load_hardware

    rows = [(name, load_hardware(name).title) for name in hardware_names()]
    typer.echo(tabulate(rows, headers=("hardware", "title")))
    return 0


@hardware.command()
def show(name: Name) -> int:
    """Show a machine's levels, energies and sources."""
    from costmodel.hardware.machines import load_hardware

    typer.echo(_describe(load_hardware(name)))
    return 0


@hardware.command()
def validate(file: Annotated[Path, typer.Argument(help="a hardware YAML, or a Timeloop v0.3 folder")]) -> int:
    """Check a hardware YAML or Timeloop folder: exit code 0 if it holds, 3 with file and line if not."""
    from costmodel.errors import UsageError
    from costmodel.files.documents import read_document
    from costmodel.hardware.spec import HardwareSpec
    from costmodel.hardware.timeloop.folder import read_timeloop_folder

    spec = read_timeloop_folder(file) if file.is_dir() else read_document(file, HardwareSpec, UsageError)
    typer.echo(f"{file}: {spec.name} is valid, digest {spec.digest[:12]}")
    return 0


def _describe(spec: HardwareSpec) -> str:
    from tabulate import tabulate

    rows = []
    for level in reversed(spec.levels):
        words, read, write = "", "", ""  # a fan-out without storage
        if level.stores:
            words = "unlimited" if level.capacity is None else f"{int(level.capacity.value):,}"
            read, write = (f"{energy:.6g}" for energy in level.access_pj)
        keeps = ", ".join([*level.keep, *(f"{space}?" for space in level.free)])
        rows.append((level.name, int(level.instances.value), words, read, write, keeps))
    headers = ("level", "instances", "words", "read, pJ", "write, pJ", "keeps (? if the mapping chooses)")
    compute = spec.compute
    lines = [
        f"{spec.name}: {spec.title} (Timeloop behaviour {spec.timeloop})",
        "",
        tabulate(rows, headers=headers, disable_numparse=True),
        "",
        f"{int(compute.units.value)} multiply-accumulate units of {int(compute.word_bits.value)} bits, "
        f"{compute.energy.value} {compute.energy.unit} each",
    ]
    if spec.area_um2 is not None:
        lines.append(f"area {spec.area_um2:,.1f} um2")
    return "\n".join([*lines, "", *(f"{key}: {text}" for key, text in spec.sources.items())])


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.add_typer(hardware, name="hardware")
