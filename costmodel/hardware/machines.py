"""The machines: those that come with costmodel by name, one's own by path."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from costmodel.errors import UnknownNameError, UsageError
from costmodel.files.documents import read_document
from costmodel.hardware.spec import HardwareSpec
from costmodel.hardware.timeloop.documents import top_keys
from costmodel.hardware.timeloop.folder import read_timeloop_folder


def spec_folder() -> Path:
    """The folder of the machines that come with costmodel: in the wheel inside the package, in a checkout beside it."""
    inside = Path(str(resources.files("costmodel"))) / "hw_specs"
    return inside if inside.is_dir() else inside.parents[1] / "hw_specs"


def hardware_names() -> list[str]:
    """Names of the accelerators that come with costmodel."""
    return sorted(file.stem for file in spec_folder().glob("*.yaml"))


def gpu_names() -> list[str]:
    """Names of the GPUs that come with costmodel; no layer is mapped onto one."""
    return sorted(file.stem for file in (spec_folder() / "gpu").glob("*.yaml"))


def load_hardware(name: str) -> HardwareSpec:
    """An accelerator by name, or from the path of a YAML file, a Timeloop folder (v0.3 or v0.4) or its architecture.

    Raises:
        UnknownNameError: none of these; lists the accelerators and the GPUs.
        UsageError: the file says something impossible (with file, line and field path), or the name is a GPU's.
    """
    if name in gpu_names():
        raise UsageError(
            f"{name} is a GPU: no layer is mapped onto it; the accelerators: {', '.join(hardware_names())}"
        )
    if name in hardware_names():
        return read_document(spec_folder() / f"{name}.yaml", HardwareSpec, UsageError)
    if is_architecture(name):
        file = Path(name)
        return read_timeloop_folder(file.parent.parent if file.parent.name == "arch" else file.parent, file)
    if name.endswith((".yaml", ".yml")):
        return read_document(Path(name), HardwareSpec, UsageError)
    if Path(name).is_dir():
        return read_timeloop_folder(Path(name))
    raise UnknownNameError("hardware", name, [*hardware_names(), *gpu_names()])


def is_architecture(name: str) -> bool:
    """Whether a path is that of a Timeloop architecture, a file of its folder.

    Raises:
        UsageError: it is a YAML file's, and cannot be read.
    """
    if not name.endswith((".yaml", ".yml")) or Path(name).is_dir():
        return False
    keys = top_keys(Path(name))
    return "architecture" in keys and "peaks" not in keys  # a GPU names its architecture, too
