"""Faults put into the code, one at a time: do the tests of the same room notice?

``make mutants ROOM=rules SAMPLE=20 SEED=1`` (or ``python -m tests.mutants rules --sample 20 --seed 1``). The faults are
Cosmic Ray's (comparisons turned, operators and constants changed, conditions negated, decorators removed, loops left
empty); the sample is drawn at random, and is the same for the same seed and source. The work is done in a copy of the
tree, each fault in a fork of a process that has torch already; the tests that mirror the faulty file run first, then
the others, quickest first, until one fails. Not part of CI.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from tests.forked_tests import Tests

ROOT = Path(__file__).parents[1]
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.yaml")

PURE = ("mappable", "resume", "verdicts", "whose_facts")
"""Modules of grading/ beside intake/ and scrutiny/ that need no child process."""

SEARCHING = (
    "test_exhaustive", "test_front", "test_optimum", "test_plan", "closed_form/test_columns",
    "closed_form/test_hierarchy", "exact/test_search", "exact/test_steps", "exact/test_tiles", "local/test_recorded",
    "timeloop/test_generator", "timeloop/test_mapper",
)  # fmt: skip
"""The quick tests of mapping/search/: what only climbs to the end, depthwise layers at random or the lab's whole record
would notice is not noticed."""

RECORDING = (
    "answers", "conditions", "constants", "held", "later", "lifetimes", "outside", "packing", "recorder", "repetition",
    "scopes", "state",
)  # fmt: skip
TRACING = (
    "blame", "clock", "confirmation", "draws", "executed", "fake_kernels", "hints", "inputs", "notebooks", "optimizers",
    "outputs", "own_words", "presented", "recipe", "replay", "sizes_from_data", "small_parts", "step", "techniques",
    "tracer", "training",
)  # fmt: skip
"""The quick tests of tracing/: what only the slow ones (random programs, every op) would notice is not noticed."""

TESTS = {
    "backends": ("tests/backends", "tests/conformance/test_varieties.py"),
    "contracts": ("tests/contracts", "tests/conformance/test_added_contract_rule.py"),
    "facts": ("tests/facts", "tests/conformance/test_added_facts_format.py"),
    "files": ("tests/files", "tests/test_fingerprint.py", "tests/reports", "tests/ir", "tests/cli"),
    "grading": ("tests/grading/intake", "tests/grading/scrutiny", *(f"tests/grading/test_{n}.py" for n in PURE)),
    "hardware": ("tests/hardware", "tests/backends"),
    "ir": ("tests/ir", "tests/rules", "tests/passes"),
    "mapping": (
        "tests/mapping/cost",
        "tests/mapping/space",
        *(f"tests/mapping/test_{name}.py" for name in ("mapping", "problem")),
        *(f"tests/mapping/search/{name}.py" for name in SEARCHING),
        "tests/oracles/test_timeloop_cases.py",
    ),
    "measuring": ("tests/measuring", "tests/cli/test_run.py"),
    "ops": (
        "tests/ops",
        *(f"tests/conformance/test_{name}.py" for name in ("formulas", "doctests", "coverage", "added_op")),
    ),
    "passes": ("tests/passes", "tests/oracles/test_lenet.py"),
    "reports": ("tests/reports", "tests/conformance/test_added_report_format.py"),
    "rules": ("tests/rules",),
    "tracing": (
        "tests/tracing/finding",
        "tests/tracing/modes",
        "tests/tracing/reading",
        "tests/tracing/surgery",
        *(f"tests/tracing/recording/test_{n}.py" for n in RECORDING),
        *(f"tests/tracing/test_{n}.py" for n in TRACING),
    ),
}
"""The tests that answer for a room beside the doctests of the faulty file: its own, and the oracles made for it."""

PARTS = {"grading": ("intake", "scrutiny", *(f"{name}.py" for name in PURE))}
"""What of a room is meant, where it is not all."""

EVERYWHERE = "tests/architecture/test_frozen.py"
"""What holds of every room."""

SLOWEST = 5
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
        """The changed lines, old and new, between those before and behind them."""
        lines = difflib.unified_diff(self.before.splitlines(), self.after.splitlines(), lineterm="", n=1)
        return "\n".join(line.rstrip() for line in lines if line[:3] not in ("+++", "---", "@@ "))

    def turns(self, line: str, into: str | None) -> bool:
        """Whether one line changes or goes, one of these, into one of those (whatever it is, if they are not given)."""
        gone, come = ([text[1:].strip() for text in self.change.splitlines() if text[:1] == sign] for sign in "-+")
        if len(gone) != 1 or len(come) > 1 or re.fullmatch(line, gone[0]) is None:
            return False
        return into is None or re.fullmatch(into, "".join(come)) is not None


def without_annotations(source: str) -> str:
    """The program behind the source: annotations are mypy's to check, docstrings are prose."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
            more = [a for a in (node.args.vararg, node.args.kwarg) if a is not None]
            for argument in (*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs, *more):
                argument.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(None)
    return ast.dump(tree)


def sources(tree: Path, room: str) -> list[Path]:
    """The files that faults are put into."""
    roots = [tree / "costmodel" / room / part for part in PARTS.get(room, ("",))]
    return sorted(path for root in roots for path in ([root] if root.suffix else root.rglob("*.py")))


def drawn(tree: Path, room: str, sample: int, seed: int) -> Iterator[Mutant]:
    """Different faults of a room, drawn one after the other."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    dice = random.Random(f"{room}:{seed}")
    files = [path for path in sources(tree, room) if len(path.read_text(encoding="utf-8")) > 200]
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
        mutant = Mutant(file.relative_to(tree).as_posix(), operator.rpartition("/")[2], source, changed)
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


def is_equivalent(mutant: Mutant, rows: Sequence[Mapping[str, str]]) -> bool:
    """Whether a row names it: its file (a glob), and the changed lines, or patterns for the line before and after."""
    return any(
        fnmatchcase(mutant.file, row["file"])
        and (
            mutant.change.strip() == row["change"].strip()
            if "change" in row
            else mutant.turns(row["line"], row.get("into"))
        )
        for row in rows
    )


def main() -> int:
    """Print each survivor and the share that was noticed; 1 if it is below the bar."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("room", choices=sorted(TESTS))
    parser.add_argument("--sample", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bar", type=float, default=0.0, help="least share that has to be noticed")
    parser.add_argument("--times", action="store_true", help="print what each test file takes, and each fault")
    asked = parser.parse_args()
    equivalent = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or []
    named = noticed = survivors = 0
    with tempfile.TemporaryDirectory(prefix="costmodel-mutants-") as folder:
        tests = Tests(copied(Path(folder)), (*TESTS[asked.room], EVERYWHERE))
        if (failing := tests.measure()) is not None:
            sys.exit(f"{failing} fails without any fault")
        if asked.times:
            print("\n".join(f"{seconds:7.2f} s {file}" for file, seconds in sorted(tests.seconds.items())), flush=True)
        for mutant in drawn(tests.tree, asked.room, asked.sample, asked.seed):
            if is_equivalent(mutant, equivalent):
                named += 1
                continue
            (tests.tree / mutant.file).write_text(mutant.after, encoding="utf-8")
            start = time.monotonic()
            by = tests.noticed_by(mutant.file, SLOWEST)
            (tests.tree / mutant.file).write_text(mutant.before, encoding="utf-8")
            noticed, survivors = noticed + (by is not None), survivors + (by is None)
            if asked.times:
                print(f"{time.monotonic() - start:7.2f} s {mutant.file}: {by}", flush=True)
            if by is None:
                print(f"NOT NOTICED {mutant.file} {mutant.operator}\n{mutant.change}\n", flush=True)
    share = noticed / max(1, noticed + survivors)
    counts = f"{noticed} of {noticed + survivors} noticed ({share:.0%}), {named} more named as equivalent"
    print(f"{asked.room}, seed {asked.seed}: {counts}")
    return 1 if share < asked.bar else 0


if __name__ == "__main__":
    sys.exit(main())
