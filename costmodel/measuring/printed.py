"""What an entry prints, on disk: the beginning and the end of it, however much there is."""

from __future__ import annotations

from pathlib import Path


class Printed:
    """One stream: the first half of the cap goes to the file at once, the second half is the end of it.

    Attributes:
        total: bytes that came.
    """

    def __init__(self, path: Path, cap: int) -> None:
        self._file = path.open("wb")
        self._half = cap // 2
        self._tail = bytearray()
        self.total = 0

    def add(self, data: bytes) -> None:
        """Take what came."""
        head = max(0, self._half - self.total)
        self.total += len(data)
        if head:
            self._file.write(data[:head])
            self._file.flush()
        if data[head:]:
            self._tail += data[head:]
            if len(self._tail) > 2 * self._half:  # not for every line
                del self._tail[: -self._half]

    def close(self) -> None:
        """Write the end, and how much was left out before it."""
        tail = self._tail[-self._half :] if self._half else b""
        left_out = self.total - min(self.total, self._half) - len(tail)
        if left_out:
            self._file.write(f"\n… {left_out:,} bytes left out …\n".encode())
        self._file.write(tail)
        self._file.close()
