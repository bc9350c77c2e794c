"""The module tree: each level adds up to the step, and a deeper one to the module that it is in."""

from __future__ import annotations

import costmodel
from costmodel.reports import View, render
from costmodel.reports.module_tree import module_tree


def test_every_level_adds_up() -> None:
    found = costmodel.analyze("examples/zoo/resnet.py:ResNet18", progress=False)
    first = module_tree(found, 1)
    assert [row[0] for row in first.rows][:2] == ["(model)", "stem"]
    operations, parameters = ([row[i] for row in first.rows] for i in (4, 3))
    assert sum(n for n in operations if isinstance(n, int)) == found.totals.operations.step
    assert sum(n for n in parameters if isinstance(n, int)) == found.totals.parameters
    whole = {f"{row[0]}": row for row in module_tree(found, 0).rows if not f"{row[0]}".startswith(" ")}
    assert [*whole] == [row[0] for row in first.rows]
    assert all([*whole[f"{row[0]}"]] == [*row] for row in first.rows)
    second = module_tree(found, 2)
    names = [f"{row[0]}" for row in second.rows]
    at = names.index("layer1")
    assert names[at + 1 : at + 3] == ["  0", "  1"]
    # 64 to 64 channels: two convolutions of 3 x 3 and their norms
    assert second.rows[at + 1][3] == 2 * (64 * 64 * 9 + 2 * 64)


def test_the_text_shows_the_tree_and_csv_its_rows() -> None:
    found = costmodel.analyze("examples/zoo/lenet.py:LeNet5", progress=False)
    text = render(found, "text", View(depth=1))
    assert "Modules, down to level 1" in text
    assert "1x3x32x32 → 1x6x28x28" in text
    assert "Modules" in render(found, "csv", View(depth=1))
    assert "Modules" not in render(found, "text")
