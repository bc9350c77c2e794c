"""Every noun in every format, hostile text in every field: nothing in the output runs, renders or steers a screen.

What is harmless is written out here for each kind of file; nothing is taken from :mod:`costmodel.files.quoting`.
"""

from __future__ import annotations

import ast
import base64
import csv
import io
import itertools
import json
import re
from html.parser import HTMLParser
from importlib import resources
from typing import Any
from xml.etree import ElementTree

import pytest

import costmodel
from costmodel.ir.verdict import Consequence, Outcome
from costmodel.reports import View, format_names, general_names, render
from costmodel.reports.view import EVERY_NOUN
from tests.conformance.specimen import specimen

HOSTILE = {
    "equals": "=HYPERLINK(1)",
    "full-width equals": "＝HYPERLINK(1)",
    "plus": "+1+cmd|' /C calc'!A0",
    "full-width plus": "＋1",
    "minus": "-1+1",
    "full-width minus": "－1",
    "at": "@SUM(1)",
    "full-width at": "＠SUM(1)",
    "tab": "\t=1+1",
    "carriage return": "\r=1+1",
    "space": "  =1+1",
    "terminal, then formula": "\x1b[31m=1+1",
    "script": "<script>alert(1)</script>",
    "attribute": "\" onmouseover='alert(1)' x=\"",
    "entity": "&lt;script&gt; &#60;b&#62;",
    "cdata": "]]></failure><testcase name='x'/><![CDATA[",
    "link": "[a](javascript:alert(1)) ![b](http://c.example/d)",
    "table": "a | b\n|---|---|\n| c | d |",
    "heading": "a\n\n# b\n\n- c",
    "code": "`a` ```b``` \\",
    "emphasis": "*a* **b** _c_ __d__ ~~e~~ f*g*h",
    "mention": "@octocat, (@org/team) a@b.example",
    "address": "https://c.example/d_e www.f.example mailto:g@h.example ftp://i.example",
    "terminal": "\x1b]8;;http://a.example\x07b\x1b[2J\x9b31m\x7f",
    "zero": "a\x00b\x08\x0b\x0c",
    "bidi": "abc\u202edcba\u2066\u200f",
    "separators": "a\u2028b\u2029c\x85d",
    "unpaired": "a\ufffe\uffff\ue000",
    "newlines": "a\n::set-output name=result::b\r\nc\n\n",
    "python": '\'\'\'"""\nimport os; os.system(\'x\')\n"""',
    "braces": "{key} {0} %s",
}
STATES: tuple[dict[str, Any], ...] = ({}, {"outcome": Outcome.FAIL, "consequence": Consequence.ZERO, "valid": False})
"""What else decides which of the texts are shown: all is undecided, or all has failed."""

NOUNS = [getattr(costmodel, name) for name in EVERY_NOUN]
CASES = [(noun, format) for noun in NOUNS for format in format_names(noun)]

# C0 but tab, newline; delete and C1; bidi marks, embeddings, overrides, isolates; separators; surrogates; no characters
STEERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ue000-\uf8ff\ufeff\ufffe\uffff]"
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize(("noun", "format"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_hostile_text_stays_text(noun: Any, format: str) -> None:
    for (what, text), fixed in zip(HOSTILE.items(), itertools.cycle(STATES), strict=False):  # texts of a kind in turn
        shown = render(specimen(noun, text, fixed), format, View(layers=True, by="op", top=3, sensitivity=True))
        assert shown.endswith("\n")
        try:
            CHECKS[format](shown, noun, text)
        except AssertionError as problem:
            raise AssertionError(f"{noun.__name__} as {format}, {what}: {problem}") from None


def harmless_text(shown: str, noun: Any, text: str) -> None:
    assert not STEERS.search(shown), STEERS.findall(shown)
    assert "\t" not in shown


def harmless_csv(shown: str, noun: Any, text: str) -> None:
    assert not STEERS.search(shown), STEERS.findall(shown)
    rows = list(csv.reader(io.StringIO(shown)))
    assert len(rows) > 1
    for cell in (cell for row in rows for cell in row):
        assert "\n" not in cell, cell
        if cell.lstrip(' \ufffd"').startswith(FORMULA):
            assert re.fullmatch(r"-?[0-9.]+", cell), cell  # a number that we wrote


class _Tags(HTMLParser):
    """Every start tag with its attributes, and text outside of any tag."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(f"{name}={value}" for name, value in attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def handle_decl(self, decl: str) -> None:
        assert decl == "doctype html"

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


VOID = {"meta", "wbr"}
TAGS = {
    "html", "head", "meta", "title", "style", "script", "body", "main", "footer", "section", "h1", "h2", "p", "ul",
    "li", "dl", "div", "dt", "dd", "span", "a", "pre", "details", "summary", "figure", "figcaption", "table", "thead",
    "tbody",
    "tr", "th", "td", "svg", "rect", "line", "path", "circle", "wbr",
}  # fmt: skip
ATTRIBUTES = {
    "lang": "en", "charset": "utf-8", "name": "viewport", "content": "width=device-width, initial-scale=1",
    "class": "[a-zA-Z0-9 -]+", "scope": "row|col", "tabindex": "0", "role": "img|region", "data-v": "[-+0-9.e]+",
    "href": r"feedback/[\w.%~-]+\.html", "style": r"((left|bottom|top|width|height):[\d.]+%;?)+",
    "viewbox": "0 0 100 100",
    "preserveaspectratio": "none", "d": "[MLHZ0-9. -]*", "title": None, "aria-label": None, "data-h": None,
    **dict.fromkeys(("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height"), r"-?[\d.]+(e-\d+)?%?"),
}  # fmt: skip
"""Attributes that a page may have, and what they may hold; None for text of others, quoted."""


def harmless_html(shown: str, noun: Any, text: str) -> None:
    """A whole page of elements and attributes of ours: nothing is loaded, run, or open when its text ends."""
    assert shown.startswith('<!doctype html>\n<html lang="en"><head><meta charset="utf-8">')
    assert not STEERS.search(shown), STEERS.findall(shown)
    parser = _Tags()
    parser.feed(shown)
    parser.close()
    assert not parser.open
    assert {tag for tag, _ in parser.tags} <= TAGS
    for _, attributes in parser.tags:
        for attribute in attributes:
            name, _, value = attribute.partition("=")
            allowed = ATTRIBUTES[name]
            assert allowed is None or re.fullmatch(allowed, value), attribute
    style, script = ("".join(parser.texts.get(tag, [])).strip() for tag in ("style", "script"))
    files = resources.files("costmodel.reports") / "html"
    assert style == files.joinpath("style.css").read_text(encoding="utf-8").strip()
    assert script in ("", files.joinpath("script.js").read_text(encoding="utf-8").strip())
    assert "url(" not in style
    assert "@import" not in style
    body = shown.replace(script, "").replace(style, "")
    assert len(re.findall(r"&(?!(amp|lt|gt|quot|#x27|#39);)", body)) == 0


def harmless_markdown(shown: str, noun: Any, text: str) -> None:
    assert not STEERS.search(shown), STEERS.findall(shown)
    bare = re.sub(r"\\[\\`\[\]|*_~@#.:]", "", shown)  # what a backslash escapes is text
    bare = bare.replace("energy [mJ]", "")  # our header; without a definition it is not a link
    assert not [c for c in "`[]<>*_~" if c in bare]
    assert not re.search(r"@\w|\bwww\.|\w://|\bmailto:", bare)
    assert not re.search(r"&(?!(amp|lt|gt);)", bare)
    for line in bare.split("\n"):
        assert not line or line.startswith(("### ", "|", "- ")), line
    for is_table, lines in itertools.groupby(bare.split("\n"), key=lambda line: line.startswith("|")):
        if is_table:
            assert len({line.count("|") for line in lines}) == 1


def harmless_json(shown: str, noun: Any, text: str) -> None:
    """Data for machines: the text itself must come back, whatever it holds."""
    data = json.loads(shown)
    assert not re.search("[\x00-\x09\x0b-\x1f]", shown)
    assert text in _texts(data)


def harmless_numbers(shown: str, noun: Any, text: str) -> None:
    assert shown.isascii()
    json.loads(shown)


def harmless_gradescope(shown: str, noun: Any, text: str) -> None:
    data = json.loads(shown)
    assert data["output_format"] == "md"
    # the sentences in front of the tables
    markdown = re.sub(r"(?m)^(?=Not decided yet|0 points: )", "- ", data["output"])
    harmless_markdown(markdown, noun, text)
    assert not STEERS.search("".join(_texts(data)))
    for test in data["tests"]:
        assert test.get("output_format", "text") == "text"


def harmless_classroom(shown: str, noun: Any, text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*\n", shown)
    data = json.loads(base64.b64decode(shown))
    for said in _texts(data):
        assert not STEERS.search(said)
        assert "\n" not in said


def harmless_xml(shown: str, noun: Any, text: str) -> None:
    root = ElementTree.fromstring(shown)
    assert {element.tag for element in root.iter()} <= {"testsuites", "testsuite", "testcase", "failure", "skipped"}
    names = {name for element in root.iter() for name in element.attrib}
    assert names <= {"name", "classname", "tests", "failures", "errors", "skipped", "message", "type"}
    assert {element.get("type") for element in root.iter("failure")} <= {"zero"}
    values = "".join(value for element in root.iter() for value in element.attrib.values())
    assert not STEERS.search(values)
    assert "\t" not in values


def harmless_svg(shown: str, noun: Any, text: str) -> None:
    root = ElementTree.fromstring(shown)
    space = "{http://www.w3.org/2000/svg}"
    tags = ("svg", "title", "rect", "line", "text")
    assert {element.tag for element in root.iter()} <= {space + tag for tag in tags}
    names = {name for element in root.iter() for name in element.attrib}
    assert names <= {
        "viewBox", "font-family", "font-size", "font-weight", "fill", "stroke", "stroke-dasharray", "x", "y", "x1",
        "x2", "y1", "y2", "width", "height",
    }  # fmt: skip
    for value in (value for element in root.iter() for value in element.attrib.values()):
        assert re.fullmatch(r"[-\d. ]+|none|bold|currentColor|sans-serif", value), value  # others' text is in text only
    assert not STEERS.search("".join(root.itertext()))


def harmless_python(shown: str, noun: Any, text: str) -> None:
    """The same program as for a rulebook with a plain name, but for the name in its docstring."""
    ours, theirs = ast.parse(shown), ast.parse(render(specimen(noun, "plain"), "kaggle"))
    assert ast.get_docstring(ours)
    assert ast.dump(ast.Module(ours.body[1:], [])) == ast.dump(ast.Module(theirs.body[1:], []))
    assert not STEERS.search(shown)


CHECKS = {
    "text": harmless_text,
    "csv": harmless_csv,
    "nbgrader": harmless_csv,
    "summary": harmless_csv,
    "canvas": harmless_csv,
    "moodle": harmless_csv,
    "page": harmless_html,
    "nbgrader-feedback": harmless_html,
    "html": harmless_html,
    "leaderboard": harmless_html,
    "md": harmless_markdown,
    "json": harmless_json,
    "codabench": harmless_numbers,
    "evalai": harmless_numbers,
    "gradescope": harmless_gradescope,
    "github-classroom": harmless_classroom,
    "junit": harmless_xml,
    "svg": harmless_svg,
    "kaggle": harmless_python,
}


def _texts(data: Any) -> list[str]:
    if isinstance(data, dict):
        return [*data, *(said for value in data.values() for said in _texts(value))]
    if isinstance(data, list):
        return [said for value in data for said in _texts(value)]
    return [data] if isinstance(data, str) else []


def test_every_format_has_its_check() -> None:
    assert sorted(CHECKS) == format_names()


def test_the_general_formats_show_every_noun() -> None:
    assert general_names() == ["csv", "html", "json", "md", "text"]
