"""Run every benchmark, or those named: ``python -m benchmarks tracing cached memory``."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks


def main() -> None:
    """Print the table of each benchmark; leave with 1 if a bar is missed."""
    known = [m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_")]
    chosen = sys.argv[1:] or known
    unknown = set(chosen) - set(known)
    if unknown:
        sys.exit(f"unknown benchmark {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    held = [importlib.import_module(f"benchmarks.{name}").main() for name in chosen]
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
