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
    for (what, text), fixed in itertools.product(HOSTILE.items(), STATES):
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

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(f"{name}={value}" for name, value in attrs)))

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


def harmless_html(shown: str, noun: Any, text: str) -> None:
    assert not STEERS.search(shown), STEERS.findall(shown)
    parser = _Tags()
    parser.feed(shown)
    parser.close()
    ours = {"table", "thead", "tbody", "tr", "th", "td", "h4", "ul", "li"}
    assert {tag for tag, _ in parser.tags} <= ours
    assert {attribute for _, attributes in parser.tags for attribute in attributes} <= {
        "style=text-align: right;",
        "style=text-align: left;",
    }
    assert len(re.findall(r"&(?!(amp|lt|gt|quot|#x27|#39);)", shown)) == 0


def harmless_page(shown: str, noun: Any, text: str) -> None:
    """A head of ours with a title that is text, around what is harmless in a notebook."""
    head, begin, rest = shown.partition("<body>\n")
    body, end, after = rest.rpartition("</body>\n</html>\n")
    assert begin and end and not after  # noqa: PT018  # each of them is a frame that has to be there
    harmless_html(body, noun, text)
    title = re.fullmatch(
        r"(?s)<!DOCTYPE html>.*<meta charset=\"utf-8\">.*<title>([^<>]*)</title>\n<style>[^<>]*</style>\n</head>\n",
        head,
    )
    assert title
    assert not STEERS.search(title[1])
    assert "<script" not in head
    assert "http" not in head.replace(title[1], "")


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
    "page": harmless_page,
    "nbgrader-feedback": harmless_page,
    "html": harmless_html,
    "md": harmless_markdown,
    "json": harmless_json,
    "codabench": harmless_numbers,
    "evalai": harmless_numbers,
    "gradescope": harmless_gradescope,
    "github-classroom": harmless_classroom,
    "junit": harmless_xml,
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
