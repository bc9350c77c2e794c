"""What the package exports, how fast it starts, and that the same input gives the same bytes."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import costmodel

ROOT = Path(__file__).parents[2]


def run(code: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    return result.stdout


def test_everything_exported_exists_and_is_documented() -> None:
    for name in costmodel.__all__:
        assert getattr(costmodel, name).__doc__, name


def test_every_verb_is_typed_and_named_as_its_subcommand() -> None:
    commands = {file.stem for file in (ROOT / "costmodel" / "cli" / "commands").glob("[a-z]*.py")}
    showing = {"cache", "doctor", "examples", "hardware", "ops", "rules"}  # they show a room, or the machine
    verbs = {name for name in costmodel.__all__ if inspect.isfunction(getattr(costmodel, name))}
    assert verbs - {"trace", "count", "estimate", "judge", "record", "render"} == {
        "read_facts" if name == "facts" else name for name in commands - showing
    }
    for name in verbs:
        signature = inspect.signature(getattr(costmodel, name))
        assert signature.return_annotation != inspect.Signature.empty, name
        for parameter in signature.parameters.values():
            assert parameter.annotation != inspect.Parameter.empty, f"{name}: {parameter.name}"
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                assert parameter.annotation == "Unpack[Settings]", name
    assert (ROOT / "costmodel" / "py.typed").is_file()


def test_settings_are_the_fields_of_a_recipe() -> None:
    from costmodel.tracing.recipe.recipe import Recipe

    assert set(costmodel.Settings.__annotations__) == set(Recipe.model_fields) - {"model"}


def test_importing_the_package_and_its_command_line_does_not_import_torch() -> None:
    code = (
        "import sys, costmodel, costmodel.cli as c; c._subcommands();"
        "print(sorted({'torch', 'numpy', 'pydantic', 'networkx', 'yaml'} & set(sys.modules)))"
    )
    assert run(code) == "[]\n"


def test_the_same_input_gives_the_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "import costmodel; a = costmodel.analyze('examples/zoo/lenet.py:LeNet5', optimizer='adamw', samples=100);"
        "print(costmodel.render(a, 'json') + costmodel.render(a, 'text') + costmodel.render(a, 'csv'))"
    )
    assert run(code, PYTHONHASHSEED="1") == run(code, PYTHONHASHSEED="4242")


def test_version_is_that_of_the_project() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{costmodel.__version__}"' in text


def test_nothing_names_this_machine_or_a_registry() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    forbidden = ("pypi" + ".org", "/" + "work/", "/" + "root/", "files.python" + "hosted")
    for name in listed.stdout.split():
        file = ROOT / name
        if file.is_file():
            text = file.read_text(encoding="utf-8", errors="replace")
            assert not [word for word in forbidden if word in text], name
