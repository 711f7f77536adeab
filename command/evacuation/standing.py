"""Where a household stands, by all that was reported of it; and how many stand where. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

TO_MOVE, MOVED, NOT_MOVED, ABSENT, RETURN_PERMITTED = "to_move", "moved", "not_moved", "absent", "return_permitted"
UNDONE = "undone"
AMENDED = "amended"
"""A correction of what is listed of a household; it says nothing of where they are."""

SAFE = frozenset({MOVED, RETURN_PERMITTED})
"""Out of danger; everybody else is missing."""

REPORTS = (MOVED, NOT_MOVED, ABSENT, UNDONE)
REASONS = ("refuses", "cannot_walk", "road_cut", "no_vehicle", "other")
WAYS = ("on_scene", "telephone", "relayed")

LATE = timedelta(hours=24)
"""How long after its end an evacuation still takes what was pressed before: a telephone may have been without a net."""


@dataclass(frozen=True, slots=True)
class Told:
    """A report as far as it counts: `when` is the instant it speaks of, `at` when it arrived."""

    id: str
    to: str
    when: datetime
    at: datetime
    corrects: str | None = None


def when_of(pressed_at: datetime | None, at: datetime, opened_at: datetime) -> datetime:
    """The instant a report speaks of: the device's, if it lies between the opening and the arrival.

    A device without a net presses long before it is heard; one with a wrong clock must not overtake the others.
    """
    return at if pressed_at is None else min(max(pressed_at, opened_at), at)


def is_late(closed_at: datetime | None, at: datetime) -> bool:
    """Whether a report arrived after the end of its evacuation."""
    return closed_at is not None and at > closed_at


def takes(closed_at: datetime | None, pressed_at: datetime | None, now: datetime) -> bool:
    """Whether an evacuation takes a report: while it is open any, then what was pressed before its end, for `LATE`."""
    if closed_at is None:
        return True
    return pressed_at is not None and pressed_at <= closed_at and now < closed_at + LATE


def counting(reports: Iterable[Told]) -> Told | None:
    """The report that counts: the latest that nobody has struck out, in whatever order they arrived."""
    told = list(reports)
    struck = {one.corrects for one in told}
    live = [one for one in told if one.to not in (UNDONE, AMENDED) and one.id not in struck]
    return max(live, key=lambda one: (one.when, one.at, one.id), default=None)


@dataclass(slots=True)
class Count:
    """Households and people: all, and those out of danger."""

    households: int = 0
    people: int = 0
    moved_households: int = 0
    moved_people: int = 0

    def add(self, people: int, status: str) -> None:
        """Count one household."""
        self.households += 1
        self.people += people
        if status in SAFE:
            self.moved_households += 1
            self.moved_people += people


@dataclass(slots=True)
class Totals:
    """Of a whole evacuation, and of each township by id."""

    all: Count = field(default_factory=Count)
    townships: dict[str, Count] = field(default_factory=dict)


def totals(points: Iterable[tuple[str, Iterable[Mapping[str, Any]]]]) -> Totals:
    """Count pairs of a township and the public states of the households at one of its points."""
    found = Totals()
    for township, households in points:
        for one in households:
            for count in (found.all, found.townships.setdefault(township, Count())):
                count.add(one["people"], one["status"])
    return found
