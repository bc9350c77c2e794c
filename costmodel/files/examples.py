"""The examples that come with costmodel: listed by what each says of itself, and copied to be tried."""

from __future__ import annotations

import ast
import shutil
from importlib import resources
from pathlib import Path

from costmodel.errors import UnknownNameError, UsageError

FOLDER = "examples"
ZOO = "zoo"
"""The networks, which other examples use too."""
_ENDINGS = (".py", ".yaml")


def examples_folder() -> Path:
    """Within the installed package, else the repository's."""
    inside = Path(str(resources.files("costmodel"))) / FOLDER
    return inside if inside.is_dir() else inside.parents[1] / FOLDER


def examples() -> dict[str, str]:
    """What each is about, by name; empty where they were not installed."""
    folder = examples_folder()
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return {file.stem: _about(file) for file in files if file.suffix in _ENDINGS or _is_example(file)}


def copy_example(name: str, to: str | Path = ".") -> list[Path]:
    """Copy one into ``examples`` below a folder, so that the commands in its text hold there; and the networks with it.

    Args:
        name: with or without its ending.
        to: made if it does not exist.

    Returns:
        The example's place, and the networks' if they were not there yet.

    Raises:
        UnknownNameError: no such example.
        UsageError: it is there already, or cannot be written.
    """
    stem = name.removesuffix(".py").removesuffix(".yaml")
    if stem not in examples():
        raise UnknownNameError("example", name, examples())
    source = next(file for file in sorted(examples_folder().iterdir()) if file.stem == stem)
    target = Path(to) / FOLDER / source.name
    if target.exists():
        raise UsageError(f"{target} is there already; name another folder with --to")
    zoo = target.parent / ZOO
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        copied = [_copy(source, target)]
        if not zoo.exists():
            copied.append(_copy(examples_folder() / ZOO, zoo))
    except OSError as error:
        raise UsageError(f"{target}: {error.strerror or error}") from None
    return copied


def _is_example(file: Path) -> bool:
    return file.is_dir() and not file.name.startswith(("_", "."))


def _copy(source: Path, target: Path) -> Path:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)
    return target


def _about(file: Path) -> str:
    """The first line that it says of itself: a docstring's, a heading, a comment."""
    if file.is_dir():
        texts = [file / "README.md", file / "__init__.py"]
        file = next((text for text in texts if text.is_file()), file)
    if file.is_dir():
        return ""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        text = ast.get_docstring(ast.parse(text)) or ""
    return text.strip().partition("\n")[0].lstrip("# ").rstrip(".")
