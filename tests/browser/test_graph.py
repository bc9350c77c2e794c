"""The page of a graph in a real browser: it folds and zooms, and its script places as Python does."""

from __future__ import annotations

import costmodel
from costmodel.reports.exports import graph
from tests.browser.test_pages import SCREENS, Open
from tests.browser.test_pages import browser as browser  # the fixtures
from tests.browser.test_pages import opened as opened

LENET = "examples/zoo/lenet.py:LeNet5"


def test_modules_fold_and_the_picture_zooms(opened: Open) -> None:
    text = graph.text(costmodel.trace(LENET).phases[0].trace)
    for width, scheme in SCREENS:
        page = opened(text, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
    places = "() => [...document.querySelectorAll('[data-key]')].map(g => g.getAttribute('transform'))"
    scripted = [numbers(place) for place in page.evaluate(places)]
    plain = [numbers(place) for place in transforms(text)]
    assert len(scripted) == len(plain) > 80
    off = max(abs(a - b) for one, other in zip(scripted, plain, strict=True) for a, b in zip(one, other, strict=True))
    assert off <= 0.1  # Python writes one digit

    page = opened(text, 1400, "light")
    conv1 = page.locator("[data-key='forward:conv1']")
    high = page.evaluate("() => document.querySelector('.box > rect').getAttribute('height')")
    assert conv1.locator(".op").first.is_visible()
    conv1.locator(":scope > rect").click(position={"x": 4, "y": 4})
    assert conv1.get_attribute("aria-expanded") == "false"
    assert not conv1.locator(".op").first.is_visible()
    assert float(page.evaluate("() => document.querySelector('.box > rect').getAttribute('height')")) < float(high)
    conv1.focus()
    page.keyboard.press("Enter")
    assert conv1.locator(".op").first.is_visible()
    view = "() => Number(document.querySelector('.graph').getAttribute('viewBox').split(' ')[2])"
    before = page.evaluate(view)
    page.get_by_role("button", name="Closer").click()
    assert page.evaluate(view) < before
    page.get_by_role("button", name="Fold modules").click()
    assert page.locator(".folded").count() > 5
    page.get_by_role("button", name="Unfold all").click()
    assert page.locator(".folded").count() == 0


def test_a_large_step_begins_folded_and_is_searched(opened: Open) -> None:
    text = graph.text(costmodel.trace("examples/zoo/mobilenet.py:MobileNetV2").phases[0].trace)
    page = opened(text, 1400, "light")
    assert page.locator(".op").count() > 600
    assert 20 < page.locator(".op:visible, .folded:visible").count() < 160
    find, told = page.get_by_label("Find"), page.locator("output")
    find.fill("native_batch_norm_backward")
    find.press("Enter")
    first, _, last = told.text_content().partition(" of ")
    assert (first, last) == ("1", str(page.locator(".op", has_text="native_batch_norm_backward").count()))
    box = page.locator(".found").bounding_box()
    frame = page.locator(".frame").bounding_box()
    assert frame["y"] <= box["y"]
    assert box["y"] + box["height"] <= frame["y"] + frame["height"]
    find.press("Enter")
    assert told.text_content() == f"2 of {last}"
    find.press("Shift+Enter")
    assert told.text_content() == f"1 of {last}"
    find.fill("no such thing")
    find.press("Enter")
    assert told.text_content() == "nothing"
    drawn = """() => [...document.querySelectorAll('.edges path')]
        .filter(p => p.style.display !== 'none').map(p => p.getAttribute('d'))"""
    page.get_by_role("button", name="Fold modules").click()
    shown = page.evaluate(drawn)
    assert 10 < len(shown) == len(set(shown))  # what flows between two folded modules is one line
    assert page.locator(".edges path title", has_text="tensors, ").count() > 0


def test_the_page_of_an_analysis_has_the_graph_folded(opened: Open) -> None:
    from costmodel.reports import View, render

    step = costmodel.trace(LENET).phases[0].trace
    page = opened(render(costmodel.analyze(LENET), "html", View(step=step)), 1400, "light")
    assert not page.locator(".graph").is_visible()
    page.locator("summary", has_text="One training step").click()
    assert page.locator("[data-key='forward:conv1']").is_visible()
    before = page.evaluate("scrollY")
    page.locator(".frame").hover()
    page.mouse.wheel(0, 200)  # the page goes on scrolling until the picture is clicked
    page.wait_for_function(f"scrollY > {before}")


def numbers(transform: str) -> list[float]:
    return [float(part) for part in transform.removeprefix("translate(").removesuffix(")").split()]


def transforms(text: str) -> list[str]:
    """Of everything with a key, in the order of the page."""
    parts = text.partition("<script>")[0].split("<g ")[1:]
    heads = [part.partition(">")[0] for part in parts]
    return [head.partition('transform="')[2].partition('"')[0] for head in heads if "data-key" in head]
