"""Faults put into the code, one at a time: do the tests of the same room notice?

``make mutants ROOM=rules SAMPLE=20 SEED=1`` (or ``python -m tests.mutants rules --sample 20 --seed 1``). The faults are
Cosmic Ray's (comparisons turned, operators and constants changed, conditions negated, decorators removed, loops left
empty); the sample is drawn at random, and is the same for the same seed and source. The work is done in a copy of the
tree. Not part of CI: each fault costs a run of the room's tests.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.yaml")

TESTS = {
    "backends": ("tests/backends", "tests/conformance/test_varieties.py"),
    "contracts": ("tests/contracts", "tests/conformance/test_added_contract_rule.py"),
    "facts": ("tests/facts", "tests/conformance/test_added_facts_format.py"),
    "files": ("tests/test_fingerprint.py", "tests/reports", "tests/ir", "tests/cli"),
    "grading/intake": ("tests/grading/intake",),
    "grading/scrutiny": ("tests/grading/scrutiny",),
    "hardware": ("tests/hardware", "tests/backends"),
    "ir": ("tests/ir", "tests/rules", "tests/passes"),
    "mapping": ("tests/mapping", "tests/oracles/test_timeloop_cases.py", "tests/oracles/test_lab_recorded.py"),
    "ops": ("tests/ops", "tests/conformance"),
    "passes": ("tests/passes", "tests/oracles/test_lenet.py", "tests/oracles/test_memory.py"),
    "reports": ("tests/reports", "tests/conformance/test_added_report_format.py", "tests/cli/test_check.py"),
    "rules": ("tests/rules", "tests/cli/test_rank.py"),
    "tracing": ("tests/tracing", "tests/oracles/test_lenet.py"),
}
"""The tests that answer for a room: its own, and the oracles that were made for it."""

SLOWEST = 10
"""A fault that makes the tests so many times slower than they were is noticed."""


@dataclass(frozen=True)
class Mutant:
    """One fault: ``before`` and ``after`` are the source of ``file``."""

    file: str
    operator: str
    before: str
    after: str

    @property
    def change(self) -> str:
        """The changed lines, old and new."""
        lines = difflib.unified_diff(self.before.splitlines(), self.after.splitlines(), lineterm="", n=0)
        return "\n".join(line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---"))


def without_annotations(source: str) -> str:
    """The program behind the source: annotations are strings that nothing evaluates, docstrings are prose."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
            for argument in (*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs):
                argument.annotation = None
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(None)
    return ast.dump(tree)


def drawn(room: str, sample: int, seed: int) -> Iterator[Mutant]:
    """Different faults of a room, drawn one after the other."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    dice = random.Random(f"{room}:{seed}")
    files = sorted(p for p in (ROOT / "costmodel" / room).rglob("*.py") if len(p.read_text(encoding="utf-8")) > 200)
    families: dict[str, list[str]] = {}
    for name in sorted(name for name in operator_names() if "Variable" not in name):  # those want to be told a variable
        families.setdefault(name.split("_")[0], []).append(name)
    seen: set[tuple[str, str]] = set()
    for _ in range(200 * sample):
        if len(seen) == sample:
            return
        file = dice.choices(files, weights=[p.stat().st_size for p in files])[0]
        operator = dice.choice(families[dice.choice(sorted(families))])
        source = file.read_text(encoding="utf-8")
        changed = mutate_code(source, get_operator(operator)(), dice.randrange(40))
        if changed is None or without_annotations(changed) == without_annotations(source):
            continue
        mutant = Mutant(file.relative_to(ROOT).as_posix(), operator.rpartition("/")[2], source, changed)
        if (mutant.file, mutant.change) not in seen:
            seen.add((mutant.file, mutant.change))
            yield mutant


def copied(into: Path) -> Path:
    """The tracked files, as they are now."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, into / name)
    return into


def passes(tree: Path, tests: Sequence[str], limit: float | None) -> bool:
    """Whether the tests pass in a tree, within seconds."""
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", *tests]
    try:
        return subprocess.run(words, cwd=tree, capture_output=True, timeout=limit, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def known_equivalents() -> dict[tuple[str, str], str]:
    """Faults that change nothing that can be seen: (file, changed lines) → why."""
    rows = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or []
    return {(row["file"], row["change"].strip()): row["because"] for row in rows}


def main() -> int:
    """Print each survivor and the share that was noticed; 1 if it is below the bar."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("room", choices=sorted(TESTS))
    parser.add_argument("--sample", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bar", type=float, default=0.0, help="least share that has to be noticed")
    asked = parser.parse_args()
    equivalent = known_equivalents()
    noticed, survivors = 0, 0
    with tempfile.TemporaryDirectory(prefix="costmodel-mutants-") as folder:
        tree = copied(Path(folder))
        start = time.monotonic()
        if not passes(tree, TESTS[asked.room], None):
            sys.exit(f"the tests of {asked.room} fail without any fault")
        limit = SLOWEST * (time.monotonic() - start) + 30
        for mutant in drawn(asked.room, asked.sample, asked.seed):
            if (mutant.file, mutant.change.strip()) in equivalent:
                continue
            (tree / mutant.file).write_text(mutant.after, encoding="utf-8")
            survived = passes(tree, TESTS[asked.room], limit)
            (tree / mutant.file).write_text(mutant.before, encoding="utf-8")
            noticed, survivors = noticed + (not survived), survivors + survived
            if survived:
                print(f"NOT NOTICED {mutant.file} {mutant.operator}\n{mutant.change}\n", flush=True)
    share = noticed / max(1, noticed + survivors)
    print(f"{asked.room}, seed {asked.seed}: {noticed} of {noticed + survivors} noticed ({share:.0%})")
    return 1 if share < asked.bar else 0


if __name__ == "__main__":
    sys.exit(main())
