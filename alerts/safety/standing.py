"""How one person stands by all their replies, what a short message says, and how many stand where. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from alerts.texts import NEEDS_HELP, SAFE, SAFETY_KEYS

UNCLEAR = "unclear"
"""What says neither is unclear: kept with its words, for a person to read."""
ANSWERS = (SAFE, NEEDS_HELP, UNCLEAR)

LONGEST_WORDS = 400
MOST_PEOPLE = 999

_DIGIT = re.compile(r"([12])(?![0-9])")
_WORDS = {SAFE: frozenset({"平安", "安全", "safe", "ok"}), NEEDS_HELP: frozenset({"求助", "救命", "help"})}
_PEOPLE = re.compile(r"([0-9]{1,3})\s*(?:个人|人|名|people|persons?)", re.IGNORECASE)
_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")
_AROUND = " \t\r\n\0.,:;!()[]\"'。，、：；！（）【】“”"


@dataclass(frozen=True, slots=True)
class Told:
    """A reply as far as it counts: `when` is the instant it speaks of, `at` when it arrived."""

    id: str
    answer: str
    when: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody answered: for how many `people` help is needed, and in what words."""

    answer: str
    people: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """People of a place: all that were asked, by their latest answers; `people` is for how many help is needed."""

    asked: int = 0
    safe: int = 0
    needs_help: int = 0
    unclear: int = 0
    people: int = 0

    @property
    def silent(self) -> int:
        return self.asked - self.safe - self.needs_help - self.unclear

    def with_more(self, number: int, answer: str | None, people: int | None) -> "Count":
        """So many more of one answer; whoever names no number needs help alone."""
        return Count(
            self.asked + number,
            self.safe + number * (answer == SAFE),
            self.needs_help + number * (answer == NEEDS_HELP),
            self.unclear + number * (answer == UNCLEAR),
            self.people + (number * (people or 1) if answer == NEEDS_HELP else 0),
        )

    def state(self) -> dict[str, int]:
        """As on the timeline and the board."""
        return {
            "asked": self.asked,
            "safe": self.safe,
            "needs_help": self.needs_help,
            "unclear": self.unclear,
            "silent": self.silent,
            "people": self.people,
        }


def when_of(pressed_at: datetime | None, at: datetime, opened_at: datetime) -> datetime:
    """The instant a reply speaks of: the device's, held between the opening and the arrival."""
    return at if pressed_at is None else min(max(pressed_at, opened_at), at)


def counting(replies: Iterable[Told]) -> Told | None:
    """The reply that counts: the latest pressed, in whatever order they arrived."""
    return max(replies, key=lambda one: (one.when, one.at, one.id), default=None)


def counts(members: Iterable[tuple[str, str | None, int | None, int]]) -> dict[str, Count]:
    """Township → how many stand how there, from (township, latest answer, people, number of members)."""
    found: dict[str, Count] = {}
    for township, answer, people, number in members:
        found[township] = found.get(township, Count()).with_more(number, answer, people)
    return found


def understood(text: str) -> Said:
    """A short message: it begins with 1 (safe) or 2 (needs help), or is nothing but one of a few words.

    What stands after the digit is kept as words; a number with 人 in it is how many need help.
    """
    plain = text.translate(_WIDE).replace("\0", "").strip(_AROUND)[:LONGEST_WORDS]
    digit = _DIGIT.match(plain)
    if digit is None:
        answer = next((name for name, words in _WORDS.items() if plain.lower() in words), UNCLEAR)
        return Said(answer, None, plain if answer == UNCLEAR else "")
    answer, words = SAFETY_KEYS[digit.group(1)], plain[digit.end() :].strip(_AROUND)
    number = _PEOPLE.search(words) if answer == NEEDS_HELP else None
    return Said(answer, int(number.group(1)) or None if number else None, words)
