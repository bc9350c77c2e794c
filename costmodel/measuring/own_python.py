"""A Python of an entry's own: a virtual environment with what its files ask for, made by pip before it is run.

pip works outside every enclosure and has the network, so nothing of the entry may run in it: packages are asked for by
name, and come as wheels; options, files and addresses are refused.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from costmodel.errors import RunError, UsageError
from costmodel.files.writing import write_text

FILES = ("requirements.txt", "environment.yaml", "environment.yml")
FOLDER, LOG = "environment", "install.log"

_LARGEST = 1 << 20

_NAMED = re.compile(r"[A-Za-z0-9][\w.-]*\s*(\[[\w\s,.-]*\])?\s*([<>=!~]=?=?[^;@/\\]*)?(;.*)?")
"""A requirement by name (PEP 508), as far as it needs no address: extras, versions, markers."""

_OPTION = re.compile(r"\s-(?!-hash=)")
"""What pip would take for an option of a requirement; a digest of the wheel is welcome."""

_CONDA = re.compile(r"(?:[\w.-]+::)?(?P<name>[\w.-]+)\s*(?P<version>[<>=!~].*)?")
_BY_PIP = {"pytorch": "torch", "pytorch-cpu": "torch", "pytorch-gpu": "torch"}
"""conda's names for what pip calls otherwise."""

_NOT_PYTHONS = {"pip", "setuptools", "wheel", "cudatoolkit", "cuda", "pytorch-cuda", "cpuonly", "mkl"}
"""What conda brings beside packages: pip is there already, and wheels bring their own libraries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an entry asks for.

    Attributes:
        file: that says so.
        packages: as pip takes them.
        left_out: of the file, each with the reason.
    """

    file: str
    packages: tuple[str, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPython:
    """A virtual environment.

    Attributes:
        folder: its own.
        packages: what is installed there, ``name==version``.
        left_out: see :class:`Wanted`.
    """

    folder: Path
    packages: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    @property
    def programs(self) -> Path:
        """The folder of its programs."""
        return self.folder / "bin"


def wanted_by(folder: Path) -> Wanted | None:
    """What the first of :data:`FILES` that is there asks for.

    Raises:
        UsageError: it cannot be read, or asks for something that is no package by name.
    """
    for name in FILES:
        if (folder / name).is_file():
            try:
                text = _text(folder / name)
                asked = list(_lines(text) if name.endswith(".txt") else _of_conda(yaml.safe_load(text)))
            except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
                raise UsageError(f"{folder.name}/{name} cannot be read: {problem}") from problem
            for one in asked:
                if not one.because and (_OPTION.search(one.package) or _NAMED.fullmatch(one.package) is None):
                    raise UsageError(
                        f"{folder.name}/{name} asks for {one.package!r}: only packages by name are installed, since "
                        "pip runs outside of what is put around an entry"
                    )
            packages = tuple(one.package for one in asked if not one.because)
            return Wanted(
                file=name,
                packages=packages,
                left_out=tuple(f"{one.package}: {one.because}" for one in asked if one.because),
            )
    return None


def install(folder: Path, out: Path) -> OwnPython | None:
    """Make an entry's environment below its results, or find it there as it was asked for; None if it asks for none.

    Args:
        folder: the entry's.
        out: of its results: the environment goes to ``environment``, what pip says to ``install.log``.

    Raises:
        UsageError: see :func:`wanted_by`.
        RunError: pip failed.
    """
    wanted = wanted_by(folder)
    if wanted is None:
        return None
    place, asked = out / FOLDER, "".join(f"{package}\n" for package in wanted.packages)
    digest = hashlib.sha256(f"{sys.version}\n{asked}".encode()).hexdigest()
    stamp = place / "asked.sha256"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != digest:
        out.mkdir(parents=True, exist_ok=True)
        venv.create(place, clear=True, symlinks=True, with_pip=True)  # as ``python -m venv`` makes them
        write_text(place / "asked.txt", asked)
        words = ["install", "--only-binary", ":all:", "--no-input", "-r", str(place / "asked.txt")]
        done = _pip(place, words)
        write_text(out / LOG, done.stdout)
        if done.returncode:
            said = next((line for line in reversed(done.stdout.splitlines()) if line.startswith("ERROR")), "")
            raise RunError(f"what {wanted.file} asks for cannot be installed: {said or 'pip failed'}; see {out / LOG}")
        write_text(stamp, digest)
    return OwnPython(folder=place.resolve(), packages=_installed(place), left_out=wanted.left_out)


def _text(file: Path) -> str:
    if file.is_symlink() or file.stat().st_size > _LARGEST:
        raise OSError("it is a link" if file.is_symlink() else f"it is larger than {_LARGEST:,} bytes")
    return file.read_text(encoding="utf-8-sig")


def _installed(place: Path) -> tuple[str, ...]:
    """Read from the files: starting the environment's Python would run what packages have it do at every start."""
    found = metadata.distributions(path=[str(path) for path in place.glob("lib/python*/site-packages")])
    return tuple(sorted(f"{one.metadata['Name']}=={one.version}" for one in found))


def _pip(place: Path, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
        check=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    package: str
    because: str = ""


def _lines(text: str) -> Iterator[_Asked]:
    """The requirements of a file for pip: a comment begins at a # that stands first or behind a blank."""
    for line in text.replace("\\\n", " ").splitlines():
        package = re.sub(r"(^|\s)#.*", "", line).strip()
        if package:
            yield _Asked(package=package)


def _of_conda(document: Any) -> Iterator[_Asked]:
    """Those of a conda environment: pip's own list as it stands, and conda's by the names that pip has for them."""
    listed = document.get("dependencies") if isinstance(document, dict) else None
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict):
            for line in one.get("pip") or []:
                yield from _lines(str(line))
        elif (found := _CONDA.fullmatch(str(one).strip())) is not None:
            name, version = found["name"].lower(), _version(found["version"] or "")
            if name == "python":
                here = platform.python_version()
                yield _Asked(package=str(one), because=f"it is run by Python {here}")
            elif name in _NOT_PYTHONS:
                yield _Asked(package=str(one), because="no Python package")
            else:
                yield _Asked(package=f"{_BY_PIP.get(name, name)}{version}")
        else:
            yield _Asked(package=str(one))


def _version(text: str) -> str:
    """Conda's ``=1.2``, ``=1.2.*`` and ``=1.2=build`` are any 1.2; what has two signs is written as pip writes it."""
    text = text.strip()
    if text.startswith("=") and not text.startswith("=="):
        return f"=={text[1:].partition('=')[0].removesuffix('.*')}.*"
    return text.rpartition("=")[0] if text.count("=") > 2 else text
