"""The GPUs: those that come with costmodel by name, one's own by path; and any machine, of whichever kind it is."""

from __future__ import annotations

from pathlib import Path

from costmodel.errors import UnknownNameError, UsageError
from costmodel.files.documents import read_document, top_level_keys
from costmodel.hardware.gpu.spec import GpuSpec
from costmodel.hardware.machines import gpu_names as gpu_names
from costmodel.hardware.machines import hardware_names, is_architecture, load_hardware, spec_folder
from costmodel.hardware.spec import HardwareSpec

_YAML = (".yaml", ".yml")


def load_gpu(name: str) -> GpuSpec:
    """A GPU by name, or from the path of a YAML file.

    Raises:
        UnknownNameError: neither; lists the GPUs, and the accelerators too where it may be one of these.
        UsageError: the file says something impossible, with file, line and field; the name is an accelerator's.
    """
    if name in gpu_names():
        return read_document(spec_folder() / "gpu" / f"{name}.yaml", GpuSpec, UsageError)
    if name in hardware_names():
        raise UsageError(f"{name} is an accelerator, not a GPU; the GPUs: {', '.join(gpu_names())}")
    if name.endswith(_YAML):
        return read_document(Path(name), GpuSpec, UsageError)
    raise UnknownNameError("hardware", name, [*hardware_names(), *gpu_names()])


def is_gpu(name: str) -> bool:
    """Whether a name, or a YAML file, is a GPU's: a GPU has ``peaks``, an accelerator has ``levels``.

    Raises:
        UsageError: the file cannot be read.
    """
    if name in gpu_names():
        return True
    return name.endswith(_YAML) and not is_architecture(name) and "peaks" in top_level_keys(Path(name), UsageError)


def file_of(name: str) -> Path:
    """The YAML file of a machine that :func:`load_machine` takes.

    Raises:
        UsageError: it is a folder of Timeloop's, which has several files.
    """
    for folder, names in ((spec_folder() / "gpu", gpu_names()), (spec_folder(), hardware_names())):
        if name in names:
            return folder / f"{name}.yaml"
    if Path(name).is_dir():
        raise UsageError(f"{name} is a folder of several files: there is no one YAML of it")
    return Path(name)


def load_machine(name: str) -> HardwareSpec | GpuSpec:
    """A machine of either kind.

    Raises:
        UnknownNameError: no such machine; lists the accelerators and the GPUs.
        UsageError: its file says something impossible.
    """
    return load_gpu(name) if is_gpu(name) else load_hardware(name)
