"""Finding Timeloop's binaries: in a folder that is named, the PATH, or a Docker image."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from costmodel.errors import UsageError

BIN_VARIABLE = "COSTMODEL_TIMELOOP_BIN"
"""Environment variable that names the folder of the binaries, where ``--timeloop-bin`` does not."""

MAPPER = "timeloop-mapper"
MODEL = "timeloop-model"

_INSIDE = "/layer"
"""Where a layer's folder is mounted in a container."""


@dataclass(frozen=True)
class Installation:
    """Where to look: ``folder`` first, then the variable's, then the PATH; a Docker image stands for all of them."""

    folder: str | None = None
    docker: str | None = None


@dataclass(frozen=True)
class Tool:
    """A binary that can be run.

    Attributes:
        name: ``timeloop-mapper`` or ``timeloop-model``.
        path: of the binary, or of docker.
        image: the Docker image, or None.
        version: what tells two builds apart: the image's name, or the start of the binary's digest.
    """

    name: str
    path: Path
    version: str
    image: str | None = None
    environment: dict[str, str] = field(default_factory=dict, hash=False, compare=False)

    def command(self, inputs: tuple[str, ...], folder: Path, container: str) -> list[str]:
        """The words that run it in a layer's folder; ``container`` names the container, so that it can be stopped."""
        if self.image is None:
            return [str(self.path), *inputs]
        mount = ["-v", f"{folder}:{_INSIDE}", "-w", _INSIDE]
        return [str(self.path), "run", "--rm", "--name", container, *mount, self.image, self.name, *inputs]


def find_tool(name: str, place: Installation) -> Tool:
    """A binary by name.

    Raises:
        UsageError: it is nowhere; says where it was looked for.
    """
    if place.docker is not None:
        docker = shutil.which("docker")
        if docker is None:
            raise UsageError(f"--docker {place.docker}: there is no docker on the PATH; install it, or give binaries")
        return Tool(name, Path(docker), f"docker image {place.docker}", place.docker)
    folder = place.folder or os.environ.get(BIN_VARIABLE)
    found = shutil.which(name, path=folder) if folder else shutil.which(name)
    if found is None:
        where = f"in {folder}" if folder else "on the PATH"
        raise UsageError(
            f"{name} is not {where}; build Timeloop and name its bin folder with --timeloop-bin or {BIN_VARIABLE}, "
            "or name a Docker image with --docker"
        )
    path = Path(found).resolve()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return Tool(name, path, f"binary {digest}", environment=_libraries(path))


def _libraries(path: Path) -> dict[str, str]:
    """Timeloop's build puts its shared library into lib beside bin, where no loader looks."""
    folders = [str(f) for f in (path.parent, path.parent.parent / "lib") if any(f.glob("libtimeloop-*"))]
    known = os.environ.get("LD_LIBRARY_PATH")
    return {"LD_LIBRARY_PATH": os.pathsep.join([*folders, *([known] if known else [])])} if folders else {}
