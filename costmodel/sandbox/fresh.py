"""A child in a Python of its own, which imports all that it needs again: where nothing can be forked."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from costmodel.sandbox.child import Child, ends


def start_fresh(command: Sequence[str], given: IO[bytes], *, environment: Mapping[str, str], folder: Path) -> Child:
    """Run ``command`` with the file as its standard input and the number of its channel as last argument.

    Raises:
        OSError: it cannot be started.
    """
    with ends() as pipes:
        child = subprocess.Popen(
            [*command, str(pipes.channel)],
            stdin=given,
            stdout=pipes.prints,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            pass_fds=(pipes.channel,),
            start_new_session=True,
        )
    child.returncode = 0  # the supervisor waits for it, and nobody else
    os.close(pipes.lifeline)
    return Child(process=child.pid, answer=pipes.answer, output=pipes.output)
