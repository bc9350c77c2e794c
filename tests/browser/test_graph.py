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


def numbers(transform: str) -> list[float]:
    return [float(part) for part in transform.removeprefix("translate(").removesuffix(")").split()]


def transforms(text: str) -> list[str]:
    """Of everything with a key, in the order of the page."""
    parts = text.partition("<script>")[0].split("<g ")[1:]
    heads = [part.partition(">")[0] for part in parts]
    return [head.partition('transform="')[2].partition('"')[0] for head in heads if "data-key" in head]
