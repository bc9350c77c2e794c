"""The share of the machine that one child may use."""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits on a child process and everything that it starts.

    Attributes:
        wall_seconds: that it sleeps: it neither runs nor waits for a processor (:mod:`costmodel.sandbox.slept`). Where
            the system does not tell, from its start to its end.
        cpu_seconds: of the whole tree, watched from outside; a little later the kernel ends each process (RLIMIT_CPU).
        memory_bytes: resident memory of the whole tree, watched from outside.
        address_space_bytes: of each process (RLIMIT_AS); a CUDA build of torch maps well over 4 GiB at import.
        processes: of the user (RLIMIT_NPROC; the kernel does not apply it to root); seccomp forbids new processes.
        open_files: RLIMIT_NOFILE.
        file_bytes: of each file written (RLIMIT_FSIZE).
        folder_bytes: everything in the private temporary folder.
        output_bytes: what may be printed before the process is ended.
        tail_bytes: how much of what it printed is kept.
        answer_bytes: what may come back through its channel.
    """

    wall_seconds: float = 120.0
    cpu_seconds: int = 90
    memory_bytes: int = 2048 * _MIB
    address_space_bytes: int = 16384 * _MIB
    processes: int = 256
    open_files: int = 256
    file_bytes: int = 16 * _MIB
    folder_bytes: int = 64 * _MIB
    output_bytes: int = 8 * _MIB
    tail_bytes: int = 4096
    answer_bytes: int = 32 * _MIB
