"""Run the command line as a user does: a process of its own, with its exit code and both streams."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.warm import Warm

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared_cache")


@pytest.fixture
def run(in_root: Path, shared_cache: Path, warm: Warm) -> Run:
    """Run ``costmodel WORDS``; one cache for the tests of a file."""

    def call(*words: str, cwd: Path = in_root, **environment: str) -> subprocess.CompletedProcess[str]:
        ours = {**os.environ, "COSTMODEL_CACHE": str(shared_cache), "PYTHONPATH": str(in_root)}
        return warm.run(words, cwd=cwd, environment={**ours, **environment})

    return call
