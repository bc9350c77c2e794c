"""Draws equal to libstdc++'s: recorded first draws of a fresh generator (course_mapper.md, section 14)."""

from __future__ import annotations

import pytest

from costmodel.mapping.search.timeloop.generator import Engine


def test_the_engine_is_minstd_rand0() -> None:
    engine = Engine()
    assert [engine.raw() for _ in range(3)] == [16807, 282475249, 1622650073]


@pytest.mark.parametrize(
    ("largest", "draws"),
    [
        (46, [0, 6, 35, 21, 25]),
        (799, [0, 105, 604, 366, 426]),
        (
            464573723443199999,
            [4009634442330, 387179388119475649, 272995023562169515, 24106110974589049, 348077970408179718],
        ),
        (386983526399999, [2429958894, 292432422954061, 206188964998315, 18207824201665, 262899102664674]),
    ],
)
def test_the_distribution_is_libstdcs(largest: int, draws: list[int]) -> None:
    engine = Engine()
    assert [engine.uniform(largest) for _ in draws] == draws
    engine = Engine()
    assert [engine.draw(largest + 1) for _ in draws] == draws


def test_the_whole_span_of_the_engine_is_a_raw_output() -> None:
    assert Engine().uniform(2147483645) == 16806


def test_more_than_a_word_takes_two_draws() -> None:
    engine, word = Engine(), 2**64 - 1
    low, high = engine.uniform(word), engine.uniform(2)
    assert Engine().draw(3 * word) == low + high * word
