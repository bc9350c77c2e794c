"""``costmodel hardware list|show|init|validate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from costmodel.cli import options as o
from costmodel.cli.output import subject_prints_to_stderr, write
from costmodel.cli.showing import format_of, present, start, view_of
from costmodel.errors import UsageError
from costmodel.ir.work import KINDS
from costmodel.reports import View
from costmodel.reports.formats.text import as_text
from costmodel.reports.table import Table

if TYPE_CHECKING:
    from costmodel.hardware.gpu.spec import GpuSpec, Quantity
    from costmodel.hardware.spec import HardwareSpec

_FORMATS = ("text", "yaml")
"""Formats of which the report formats know nothing, or another thing: what ``show`` prints itself."""
_STARTER = "hardware/starter.yaml"

hardware = typer.Typer(help="The machines: accelerators that layers are mapped onto, and GPUs.", no_args_is_help=True)

Name = Annotated[
    str, typer.Argument(help="a machine's name, a YAML file, or a Timeloop folder (v0.3, v0.4)", metavar="NAME")
]


@hardware.command("list")
def list_machines(format: o.Format = None, output: o.Output = None, human: o.Human = False) -> int:
    """List the machines that come with costmodel: accelerators and GPUs apart."""
    # pydantic is imported here: --help must not wait for it
    from costmodel.hardware.gpu.catalogue import machines

    chosen = format_of(format, output, "Machines")
    present(machines(), chosen, output, human=human)
    return 0


@hardware.command()
def init(
    file: Annotated[str | None, typer.Argument(help="a new YAML file [default: stdout]", metavar="[FILE]")] = None,
) -> int:
    """Write a commented accelerator to start from: every field with its unit, and what it is."""
    start(_STARTER, file)
    return 0


@hardware.command()
def show(
    name: Name,
    diagram: Annotated[bool, typer.Option("--diagram", help="draw the levels of an accelerator")] = False,
    format: Annotated[
        str | None,
        typer.Option("--format", "-f", help="text, yaml (the file itself, to copy from; of a Timeloop folder one "
                     "that says the same), or of an accelerator svg, html, json, csv or md"),
    ] = None,
    output: o.Output = None,
) -> int:  # fmt: skip
    """Show an accelerator's levels and energies, or a GPU's rates, memory and power, and the sources."""
    from costmodel.hardware.gpu.cards import file_of, load_machine
    from costmodel.hardware.gpu.spec import GpuSpec
    from costmodel.hardware.hierarchy import hierarchy_of
    from costmodel.hardware.machines import is_architecture
    from costmodel.hardware.writing import spec_text
    from costmodel.reports.hierarchy_drawing import draw_hierarchy

    chosen = format if format in _FORMATS else format_of(format, output, "Hierarchy")
    machine = load_machine(name)
    if isinstance(machine, GpuSpec) and (diagram or chosen not in _FORMATS):
        raise UsageError(f"{name} is a GPU: it has no levels to draw; show it as text or yaml")
    if chosen == "yaml":
        if diagram:
            raise UsageError("--diagram draws, and --format yaml copies: leave out one of them")
        folder = Path(name).is_dir() or is_architecture(name)
        own = spec_text(machine) if folder and not isinstance(machine, GpuSpec) else ""
        write(own or file_of(name).read_text(encoding="utf-8"), output)
    elif isinstance(machine, GpuSpec):
        write(_describe_gpu(machine) + "\n", output)
    elif chosen != "text":
        present(hierarchy_of(machine), chosen, output)
    else:
        write(draw_hierarchy(hierarchy_of(machine)) if diagram else _describe(machine) + "\n", output)
    return 0


@hardware.command("compare")
@o.recipe_options
def compare_two(
    before: Annotated[str, typer.Argument(help="an accelerator's name, YAML file or Timeloop folder")],
    after: Annotated[str, typer.Argument(help="likewise")],
    settings: dict[str, Any],
    *,
    on: Annotated[
        str | None,
        typer.Option("--on", help="a model (FILE.py:NAME …), mapped onto both: energy and cycles, layer by layer",
                     metavar="SUBJECT"),
    ] = None,
    top: Annotated[
        int | None, typer.Option("--top", help="only the N layers of each figure that differ most", min=1)
    ] = None,
    format: o.Format = None,
    output: o.Output = None,
    human: o.Human = False,
    no_cache: o.NoCache = False,
) -> int:  # fmt: skip
    """Compare two accelerators: levels side by side, area and energies, and a model's figures on both."""
    from costmodel.verbs.hardware import compare_machines

    if on is None and settings:
        raise UsageError(f"{', '.join(settings)}: settings are a model's; name one with --on")
    chosen = format_of(format, output, "MachineComparison")
    with subject_prints_to_stderr():
        found = compare_machines(before, after, on=on, cache=not no_cache, **settings)
    present(found, chosen, output, View(top=top), human=human)
    return 0


@hardware.command()
def validate(
    file: Annotated[
        Path, typer.Argument(help="the YAML of an accelerator or a GPU, or a Timeloop folder (v0.3, v0.4)")
    ],
) -> int:
    """Check a hardware YAML or Timeloop folder: exit code 0 if it holds, 3 with file and line if not."""
    from costmodel.files.documents import read_document, top_level_keys
    from costmodel.hardware.gpu.spec import GpuSpec
    from costmodel.hardware.machines import is_architecture, load_hardware
    from costmodel.hardware.spec import HardwareSpec
    from costmodel.hardware.timeloop.folder import read_timeloop_folder

    spec: HardwareSpec | GpuSpec
    if file.is_dir():
        spec = read_timeloop_folder(file)
    elif is_architecture(str(file)):
        spec = load_hardware(str(file))
    elif "peaks" in top_level_keys(file, UsageError):
        spec = read_document(file, GpuSpec, UsageError)
    else:
        spec = read_document(file, HardwareSpec, UsageError)
    typer.echo(f"{file}: {spec.name} is valid, digest {spec.digest[:12]}")
    return 0


def _describe(spec: HardwareSpec) -> str:
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
        as_text([Table("", headers, rows, right=headers[2:5])], view_of()).rstrip("\n"),
        "",
        f"{int(compute.units.value)} multiply-accumulate units of {int(compute.word_bits.value)} bits, "
        f"{compute.energy.value} {compute.energy.unit} each",
        *_whole(spec),
    ]
    if spec.area_um2 is not None:
        lines.append(f"area {spec.area_um2:,.1f} um2")
    if spec.notes:
        lines += ["", *(f"not modelled: {note}" for note in spec.notes)]
    return "\n".join([*lines, "", *(f"{key}: {text}" for key, text in spec.sources.items())])


def _whole(spec: HardwareSpec) -> list[str]:
    """Word widths of data spaces, the clock, leakage and the vector unit: what the file says of them."""
    lines = []
    if spec.compute.data_space_bits:
        widths = (f"{space} {spec.compute.bits_of(space)}" for space in spec.compute.data_space_bits)
        lines.append(f"words of {', '.join(widths)} bits")
    if spec.clock is not None:
        leak = "" if spec.leakage_watts is None else f", leakage {spec.leakage_watts * 1e3:.4g} mW"
        lines.append(f"clock {spec.clock.value} {spec.clock.unit}{leak}")
    if spec.vector is not None:
        vector = spec.vector
        kinds = [(kind, vector.pj_of(kind)) for kind in KINDS]
        prices = ", ".join(f"{kind} {pj:.4g} pJ" for kind, pj in kinds if pj is not None)
        lanes = "lanes not known" if vector.lanes is None else f"{int(vector.lanes.value)} lanes"
        lines.append(f"vector unit of {int(vector.word_bits.value)} bits at {vector.level}: {lanes}; {prices}")
    return lines


def _describe_gpu(spec: GpuSpec) -> str:
    from costmodel.hardware.gpu.spec import PRECISIONS, quantities

    rows = [(name, _amount(found), found.unit, found.source) for name, found in quantities(spec)]
    missing = [name for name in PRECISIONS if name not in spec.precisions]
    lines = [
        f"{spec.name}: {spec.title} ({spec.architecture})",
        "",
        as_text([Table("", ("", "value", "unit", "source"), rows, right=("value",))], view_of()).rstrip("\n"),
        "",
        *([f"it has no peak of its own for {', '.join(missing)}", ""] if missing else []),
        *(f"{key}: {text}" for key, text in spec.sources.items()),
    ]
    return "\n".join(lines)


def _amount(found: Quantity) -> str:
    from costmodel.hardware.gpu.spec import SourcedRange

    if not isinstance(found, SourcedRange):
        return f"{found.value:,}"
    middle = "" if found.median is None else f" (median {found.median:,})"
    return f"{found.low:,} to {found.high:,}{middle}"


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.add_typer(hardware, name="hardware")
