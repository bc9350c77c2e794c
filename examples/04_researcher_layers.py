"""For the researcher: where do GPT-2's operations and bytes go? Per layer, and arithmetic intensity per part.

python examples/04_researcher_layers.py
"""

from __future__ import annotations

from pathlib import Path

import costmodel

MODEL = str(Path(__file__).parent / "zoo" / "transformer.py") + ":GPT2"


def main() -> None:
    """Print the five most expensive layers, and operations per byte for each part of the step."""
    analysis = costmodel.analyze(MODEL, input="256:int64", batch=1, optimizer="adamw")
    step = analysis.totals.operations.step
    print(f"{'layer':32}{'operations':>18}{'share':>8}")
    for row in sorted(analysis.layers, key=lambda row: -row.operations.step)[:5]:
        print(f"{row.layer:32}{row.operations.step:>18,}{row.operations.step / step:>8.1%}")
    print(f"\n{'part':32}{'operations':>18}{'bytes':>18}{'per byte':>10}")
    for part in ("forward", "backward", "optimizer"):
        operations = getattr(analysis.totals.operations, part)
        moved = getattr(analysis.totals.bytes_moved, part)
        print(f"{part:32}{operations:>18,}{moved:>18,}{operations / moved:>10.2f}")


if __name__ == "__main__":
    main()
