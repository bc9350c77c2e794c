"""Whether a file is whole, as far as its own structure tells: archives, arrays, tensors and tables."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from enum import Enum
from math import prod
from pathlib import Path

import numpy as np

_LONGEST_HEADER = 1 << 26


class Whole(Enum):
    """The structure proves it, contradicts it, or says nothing."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def wholeness(path: Path, name: str, rows: int | None = None) -> Whole:
    """Whether the file at ``path`` is whole; ``name`` is what its writer calls it.

    Args:
        path: a copy that nobody changes.
        name: its place in the entry's folder.
        rows: of a table of predictions, without its header.
    """
    suffix = Path(name).suffix.lower()
    try:
        if zipfile.is_zipfile(path):
            return _archive(path)
        if suffix in _BY_SUFFIX:
            return _BY_SUFFIX[suffix](path)
        if suffix == ".csv":
            return _table(path, rows)
    except (OSError, ValueError, KeyError, struct.error, zipfile.BadZipFile, RecursionError):
        return Whole.NO
    return Whole.UNKNOWN if path.stat().st_size else Whole.NO


def _archive(path: Path) -> Whole:
    """Its directory is written last, and every member has a checksum."""
    with zipfile.ZipFile(path) as archive:
        return Whole.NO if archive.testzip() is not None else Whole.YES


def _checkpoint(path: Path) -> Whole:
    """Torch's archive is a zip, met before this; the older form is a pickle, which ends with a full stop."""
    with path.open("rb") as file:
        begins = file.read(2)
    return Whole.UNKNOWN if begins[:1] == b"\x80" else Whole.NO


def _array(path: Path) -> Whole:
    """The header says how many bytes follow."""
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, kind = read(file)
        if kind.hasobject:
            return Whole.UNKNOWN
        expected = file.tell() + prod(shape) * kind.itemsize
    return Whole.YES if path.stat().st_size == expected else Whole.NO


def _tensors(path: Path) -> Whole:
    """safetensors: eight bytes of length, a JSON header with offsets, the data."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _LONGEST_HEADER:
            return Whole.NO
        header = json.loads(file.read(length))
    end = max((one["data_offsets"][1] for name, one in header.items() if name != "__metadata__"), default=0)
    return Whole.YES if path.stat().st_size == 8 + length + end else Whole.NO


def _json(path: Path) -> Whole:
    json.loads(path.read_text(encoding="utf-8"))
    return Whole.YES


def _table(path: Path, rows: int | None) -> Whole:
    """A table has no end of its own: with the number of its rows it is known, else only that it ends with a line."""
    data = path.read_bytes()
    lines = data.count(b"\n") + (0 if data.endswith(b"\n") or not data else 1)
    if rows is not None:
        last, header = data.rstrip(b"\r\n").rpartition(b"\n")[2], data.partition(b"\n")[0]
        if lines != rows + 1 or not _is_like(last, header):
            return Whole.NO
        return Whole.YES if data.endswith(b"\n") else Whole.UNKNOWN  # the last word may be half of one
    return Whole.UNKNOWN if data.endswith(b"\n") else Whole.NO


def _is_like(last: bytes, header: bytes) -> bool:
    """As many cells, and none of them empty."""
    return last.count(b",") == header.count(b",") and not last.endswith(b",")


_BY_SUFFIX: Mapping[str, Callable[[Path], Whole]] = {
    ".npy": _array,
    ".safetensors": _tensors,
    ".json": _json,
    ".pt": _checkpoint,
    ".pth": _checkpoint,
    ".ckpt": _checkpoint,
    ".npz": lambda _: Whole.NO,
    ".zip": lambda _: Whole.NO,
}
"""By suffix, of a file that is no archive."""
