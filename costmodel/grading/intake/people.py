"""People, and the words by which rosters, platforms, leaderboards and tables mean them.

Numbers, e-mails and user names are compared letter by letter, without case. Names are compared without case, accents,
spaces and punctuation, in any order of first and last name, in every Unicode form, and in the spellings of letters that
a keyboard may not have (``ü`` is ``u`` or ``ue``, ``ł`` is ``l``).
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A line of the roster, or what a platform says; "" is not given.

    Attributes:
        kaggle: user or team name there.
        aliases: other names of any kind.
    """

    name: str
    email: str = ""
    sid: str = ""
    github: str = ""
    kaggle: str = ""
    aliases: tuple[str, ...] = ()


_WITHOUT_ACCENT = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"})
_IN_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_WITH_SUFFIX = 3
"""Parts between commas: last name, first name, and what follows them."""
_MOST_WORDS = 8
"""Of a name that is turned round."""


def meant_by(word: str, students: Iterable[Student]) -> list[Student]:
    """The students whom a word may mean: as a number, an e-mail, a user name or an alias; else as a name."""
    everyone = list(students)
    exactly = [student for student in everyone if _exact(word) in _words(student)]
    spellings = {key for order in _orders(word) for key in _spellings(order)}
    return exactly or [s for s in everyone if not spellings.isdisjoint(_names(s))]


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for case, accents and punctuation."""
    return not _spellings(one).isdisjoint(_spellings(other))


def nearest(word: str, names: Iterable[str]) -> list[str]:
    """At most two of the names, those that look most like a word; none if none does."""
    by_key = {_compact(name): name for name in names}
    return [by_key[key] for key in difflib.get_close_matches(_compact(word), list(by_key), n=2, cutoff=0.7)]


def _words(student: Student) -> set[str]:
    words = (student.sid, student.email, student.github, student.kaggle, *student.aliases)
    return {_exact(word) for word in words if word}


def _exact(word: str) -> str:
    return unicodedata.normalize("NFC", word.strip()).casefold()


def _names(student: Student) -> set[str]:
    return {key for name in (student.name, *student.aliases) for order in _orders(name) for key in _spellings(order)}


def _orders(name: str) -> Iterator[str]:
    """A name with any of its words first: ``Bär, Max`` and ``Max Bär``, ``de la Cruz, Ana`` and ``Ana de la Cruz``."""
    for order in _with_what_follows(name):
        words: Sequence[str] = order.replace(",", " ").split()
        for first in range(min(len(words), _MOST_WORDS)):
            yield "".join((*words[first:], *words[:first]))


def _with_what_follows(name: str) -> Iterator[str]:
    """A name, and in the other orders with what follows it apart: ``Smith, John, Jr.`` is ``John Smith Jr.``."""
    yield name
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == _WITH_SUFFIX:
        last, first, suffix = parts
        yield f"{first} {last} {suffix}"
        yield f"{last} {suffix} {first}"


def _spellings(name: str) -> set[str]:
    composed = unicodedata.normalize("NFC", name).casefold()
    return {_compact(composed), _compact(composed.translate(_IN_TWO_LETTERS))} - {""}


def _compact(text: str) -> str:
    """Letters and digits alone, without case and accents: ``Müller, Ana`` is ``mullerana``."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_WITHOUT_ACCENT)
    return "".join(c for c in plain if c.isalnum())
