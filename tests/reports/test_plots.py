"""Plots: every one is a whole SVG of its own; boxes and bars are as large as their numbers; what is wrong is said."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

import costmodel
from costmodel.errors import UnknownNameError, UsageError
from costmodel.ir.analysis import Analysis
from costmodel.reports import sheet
from costmodel.reports.charts.bar import Bar, bars
from costmodel.reports.charts.line import stacked
from costmodel.reports.charts.treemap import Leaf, Rect, squarified, treemap
from costmodel.reports.html.document import page_of
from costmodel.reports.picture import picture
from costmodel.reports.plot import decades, linear
from costmodel.reports.plots import plots_of
from costmodel.reports.view import EVERY_NOUN
from tests.conformance.specimen import specimen

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
DRAWN = [name for name in EVERY_NOUN if plots_of(getattr(costmodel, name))]


@pytest.fixture(scope="module")
def lenet() -> Analysis:
    return costmodel.analyze("examples/zoo/lenet.py:LeNet5", optimizer="adam", batch=4)


@pytest.mark.parametrize("name", DRAWN)
def test_every_plot_of_every_noun_is_a_whole_svg_without_what_strangers_wrote_as_markup(name: str) -> None:
    noun = specimen(getattr(costmodel, name), EVIL, {"front": (EVIL, EVIL)})
    for what in plots_of(type(noun)):
        drawn = costmodel.plot(noun, what)
        root = ElementTree.fromstring(drawn.svg)
        assert root.tag == f"{SVG}svg"
        assert not [e for e in root.iter() if e.tag.removeprefix(SVG) in ("script", "img", "image", "style")]
        assert drawn.svg == costmodel.plot(noun, what)._repr_svg_()


def test_an_analysis_draws_its_four_and_a_roofline(lenet: Analysis) -> None:
    assert dir(lenet.plot) == ["activations", "layers", "memory", "roofline", "tree"]
    titles = ElementTree.fromstring(lenet.plot.layers().svg).iter(f"{SVG}title")
    said = [title.text or "" for title in titles]
    conv2 = next(row for row in lenet.layers if row.layer == "conv2")
    assert any(f"{conv2.operations.step:,} operations, {conv2.macs.step:,} MACs" in text for text in said)


def test_a_roofline_without_an_estimate_stands_on_the_roof(lenet: Analysis) -> None:
    chart = lenet.plot.roofline("v100-sxm2-16gb").chart
    flops, bandwidth = 15.7e12, 900e9  # NVIDIA Tesla V100 data sheet: single precision, memory bandwidth
    assert chart.line[1] == (flops / bandwidth, flops)
    assert len(chart.dots) > 5
    for dot in chart.dots:
        assert dot.y == pytest.approx(min(flops, dot.x * bandwidth))
        assert "at least" in dot.said
    assert "peaks allow" in chart.title


def test_bars_are_as_long_as_their_numbers() -> None:
    root = ElementTree.fromstring(bars([Bar("a", (30.0, 10.0), ""), Bar("b", (20.0,), "")], "t").svg())
    widths = [float(r.get("width", 0)) for r in root.findall(f"{SVG}g/{SVG}rect")]
    assert widths == [300.0, 100.0, 200.0]


def test_the_area_of_a_box_is_its_share_and_boxes_do_not_overlap() -> None:
    rects = squarified([50, 25, 12, 8, 5], Rect(0, 0, 200, 100))
    assert [round(r.width * r.height) for r in rects] == [10000, 5000, 2400, 1600, 1000]
    for i, a in enumerate(rects):
        for b in rects[:i]:
            across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
            down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
            assert across < 1e-9 or down < 1e-9


def test_a_tree_keeps_everything_and_names_what_is_too_small() -> None:
    leaves = [Leaf("a.x", 60, "60"), Leaf("a", 10, "10"), Leaf("b.y", 30, "30")]
    leaves += [Leaf(f"b.z{i}", 0.01, "") for i in range(5)] + [Leaf("none", 0, "0")]
    names, placed = treemap(leaves, "t")._placed()
    shown = {p.leaf.path: p for p in placed}
    assert set(shown) == {"a.x", "a", "b.y", "b.5 others"}
    assert sum(p.rect.width * p.rect.height for p in placed) == pytest.approx(100 * 50)
    assert [p.rect.width * p.rect.height / 5000 for p in (shown["a.x"], shown["b.y"])] == pytest.approx(
        [60 / 100.05, 30 / 100.05]
    )
    assert names == ["a.x", "b", "a"]  # more than half of it is in a, which is taken apart
    assert shown["b.y"].shown == "y"


def test_the_colours_of_a_picture_are_those_of_a_light_page() -> None:
    css = (
        (Path(costmodel.__file__).parent / "reports" / "html" / "style.css")
        .read_text(encoding="utf-8")
        .split("@media")[0]
    )
    said = dict(re.findall(r"--(\w+):(#\w+)", css))
    assert [said[f"v{i}"] for i in range(8)] == list(sheet.PALETTE)
    assert {name: said[name] for name in sheet.TONES} == sheet.TONES
    assert (said["ink"], said["soft"], said["rule"], said["bad"]) == (sheet.INK, sheet.SOFT, sheet.RULE, sheet.LIMIT)


def test_a_picture_saves_itself_as_svg_alone(lenet: Analysis, tmp_path: Path) -> None:
    drawn = lenet.plot.memory()
    drawn.save(tmp_path / "memory.svg")
    assert (tmp_path / "memory.svg").read_text(encoding="utf-8") == drawn.svg
    with pytest.raises(UsageError, match=r"name a file that ends in \.svg, or ask for backend='matplotlib'"):
        drawn.save(tmp_path / "memory.png")
    with pytest.raises(UsageError, match=r"memory\.svg"):
        drawn.save(tmp_path / "memory.svg" / "below a file.svg")


def test_what_cannot_be_drawn_says_why(lenet: Analysis, tmp_path: Path) -> None:
    with pytest.raises(AttributeError, match="no plot roof; it has activations, layers, memory, roofline, tree"):
        _ = lenet.plot.roof
    with pytest.raises(UnknownNameError, match="roofline"):
        costmodel.plot(lenet, "roof")
    with pytest.raises(UsageError, match="name a GPU"):
        lenet.plot.roofline()
    with pytest.raises(UsageError, match="is an accelerator"):
        lenet.plot.roofline("simple_weight_stationary")
    with pytest.raises(UsageError, match="needs no machine"):
        lenet.plot.layers("v100-sxm2-16gb")
    with pytest.raises(UsageError, match="has its settings already"):
        costmodel.plot(lenet, "layers", batch=3)
    with pytest.raises(UnknownNameError, match="matplotlib, svg"):
        lenet.plot.layers(backend="gnuplot")
    with pytest.raises(UsageError, match="a Facts has no plots"):
        costmodel.plot(specimen(costmodel.Facts, "x"), "layers")
    lenet.save(tmp_path / "a.json")
    assert costmodel.plot(str(tmp_path / "a.json"), "tree").svg == lenet.plot.tree().svg


def test_matplotlib_draws_every_kind_where_it_is_asked_for(lenet: Analysis, tmp_path: Path) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        with pytest.raises(UsageError, match=r"install costmodel\[plot\]"):
            lenet.plot.layers(backend="matplotlib")
        pytest.skip("drawing by matplotlib: it is not installed")
    for name in DRAWN:
        noun = specimen(getattr(costmodel, name), "text", {"front": ("text", "text")})
        for what in plots_of(type(noun)):
            picture(page_of(type(noun)).PLOTS[what](noun), "matplotlib").save(tmp_path / "one.png")  # type: ignore[union-attr]
    drawn = lenet.plot.layers(backend="matplotlib")
    longest = max(row.operations.step for row in lenet.layers)
    assert drawn.figure.axes[0].get_xlim()[1] >= longest
    assert "<svg" in drawn.svg


def test_a_stacked_chart_goes_up_to_the_sum_and_marks_its_moment() -> None:
    chart = stacked([("a", [1, 2]), ("b", [3, 2])], "t", x="x", y="y", names=["one", "two"], marked=1)
    assert chart.totals == [4, 4]
    assert chart.axes[1].high == 4
    assert chart.svg().count("stroke-dasharray") == 1


def test_a_verdict_shows_its_layers_before_the_line_of_the_limit() -> None:
    found = costmodel.check("examples/zoo/lenet.py:LeNet5", "mit-lab2-2022")
    assert found.activations is not None
    assert found.activations.rule == "peak activation"
    # relu, 6 x 28 x 28 in and out of 32 bits; conv1, 3 x 32 x 32 in and 6 x 28 x 28 out
    sizes = {row.layer: row.nbytes for row in found.activations.layers}
    assert (sizes["relu"], sizes["conv1"]) == (2 * 6 * 28 * 28 * 4, (3 * 32 * 32 + 6 * 28 * 28) * 4)
    chart = found.plot.activations().chart
    assert chart.limit == 1_000_000
    assert {row.tone for row in chart.rows} == {""}
    tight = replace(found, findings=tuple(replace(f, bound=sizes["relu"]) for f in found.findings))
    assert tight.plot.activations().chart.rows[0].tone == "bad"  # below the limit is asked for, not at it


def test_the_array_shows_what_a_mapping_spreads() -> None:
    found = costmodel.estimate("examples/zoo/lenet.py:LeNet5", "simple_weight_stationary")
    assert (found.columns, found.rows, found.units) == (16, 16, 256)
    chart = found.plot.arrays().chart
    assert len(chart.layers) == 4
    for used in chart.layers:
        solved = next(s for s in found.layers if s.layer.names[0] == used.name)
        x, y = used.busy
        # a unit that is busy does one multiply-accumulate a cycle
        assert x * y * solved.cycles >= solved.layer.macs
        assert solved.utilisation <= x * y / 256


def test_no_two_numbers_along_an_axis_look_the_same() -> None:
    near = linear([22_354, 22_360, 22_373], zero=False)
    assert [said for _, said in near.labels()] == ["22.35 k", "22.355 k", "22.36 k", "22.365 k", "22.37 k", "22.375 k"]
    assert [said for _, said in decades([2e5, 3e7]).labels()] == ["100 k", "1 M", "10 M", "100 M"]
