"""Every page in a real browser: no request, no error, nothing wider than the screen, and tables that sort.

Needs playwright and a Chromium (``COSTMODEL_CHROMIUM``: the path of its program; else the one on PATH).
"""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import costmodel
from costmodel.reports import View, render
from costmodel.reports.view import EVERY_NOUN
from tests.conformance.specimen import specimen

CHROMIUM = os.environ.get("COSTMODEL_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
LONG = "a_name_without_a_space_that_is_wider_than_the_screen_of_a_telephone_" * 3
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
SCREENS = ((1400, "light"), (800, "dark"), (390, "light"))

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    try:
        sync = importlib.import_module("playwright.sync_api")
    except ImportError:
        pytest.skip("a real browser: playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("a real browser: no Chromium; name one with COSTMODEL_CHROMIUM")
    with sync.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a page's text; what it says on the console or asks for is an error."""
    contexts = []

    def call(text: str, width: int = 1400, scheme: str = "light") -> Any:
        file = tmp_path / "page.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page, wrong = context.new_page(), []
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("request", lambda request: wrong.append(request.url) if request.url != file.as_uri() else None)
        page.goto(file.as_uri())
        assert not wrong
        return page

    yield call
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", EVERY_NOUN)
def test_every_page_opens_alone_and_fits(opened: Open, name: str) -> None:
    for text in (HOSTILE, LONG):
        shown = render(specimen(getattr(costmodel, name), text), "html", View())
        for width, scheme in SCREENS:
            page = opened(shown, width, scheme)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (text[:9], width)


def test_a_table_sorts_by_mouse_and_by_keyboard_and_filters(opened: Open) -> None:
    from costmodel.reports.html.document import document
    from tests.reports.nouns import entry, ranking

    page = opened(document(ranking(*(entry(f"n{i}", i, metric=1000 - 7 * i) for i in range(1, 21))), View()))
    cells = page.locator(".scroll tbody tr td:nth-child(2)")
    assert cells.all_text_contents()[:2] == ["n1", "n2"]
    score = page.get_by_role("button", name="score")
    score.click()
    assert page.locator("th[aria-sort=descending]").count() == 1
    score.focus()
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort=ascending]").count() == 1
    assert page.locator(".scroll tbody tr td:nth-child(2)").all_text_contents()[0] == "n20"
    page.get_by_label("Show rows with").fill("n17")
    assert page.locator(".scroll tbody tr:visible").count() == 1


def test_text_has_the_contrast_that_wcag_asks_for(opened: Open) -> None:
    """4.5:1 for text, 3:1 for what a chart is drawn with (WCAG 2.2, 1.4.3 and 1.4.11)."""
    noun = specimen(costmodel.Verdict, "text")
    for scheme in ("light", "dark"):
        page = opened(render(noun, "html"), 1400, scheme)
        colours = page.evaluate(
            """() => { const s = getComputedStyle(document.body);
            return Object.fromEntries(['ink','soft','paper','panel','good','bad','open','link',
              'v0','v1','v2','v3','v4','v5','v6','v7'].map(n => [n, s.getPropertyValue('--' + n).trim()])) }"""
        )
        for ground in ("paper", "panel"):
            for name, colour in colours.items():
                if name not in ("paper", "panel"):
                    least = 3.0 if name.startswith("v") else 4.5
                    assert contrast(colour, colours[ground]) >= least, (scheme, name, ground)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
