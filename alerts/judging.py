"""What a received message says to the county: which of its infos decides, where that applies, and whether it counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shapely.geometry.base import BaseGeometry

from alerts.authority.rules import Rules, What
from alerts.authority.standing import Origin, reasons_of_origin, reasons_of_text
from alerts.cap.geometry import Drawings
from alerts.cap.languages import said_once
from alerts.cap.message import SEVERITIES, Departure, Info, Message
from alerts.cap.places import BoundaryOf, Place, Places
from alerts.cap.severity import colour_of
from alerts.model import COLOURS

NO_EXPIRES = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class County:
    """Who judges: the county's rules and boundary (None where it has none), and the author of the message."""

    rules: Rules
    within: BaseGeometry | None
    boundary_of: BoundaryOf
    origin: Origin


@dataclass(frozen=True, slots=True)
class Judged:
    """One info with its places, colour and expiry, and the reasons against it: of its author and of its text.

    `info` and `expires` are None for a message without text. `others` are the infos that did not decide.
    """

    info: Info | None
    places: tuple[Place, ...] = ()
    colour: str | None = None
    expires: datetime | None = None
    origin: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    others: tuple[Departure, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        return (*self.origin, *self.text)


def judge(message: Message, county: County, now: datetime, drawings: Drawings | None = None) -> Judged:
    """The gravest info that counts here decides; where none does, the gravest of those that come nearest to it.

    Infos of the same event and colour that count as well are one with it: their areas together, until the last ends.
    All others are listed in `others`. `drawings` are the message's as it was read.
    """
    places = Places(county.boundary_of, message.sent.date(), drawings)
    judged = [_judged(message, info, places.of(info), county, now) for info in said_once(message.infos)]
    if not judged:
        return Judged(None, origin=tuple(reasons_of_origin(county.rules, county.origin, None)))
    first = min(judged, key=_gravity)
    together = [one for one in judged if one is first or _one_with(first, one)]
    others = tuple(_listed(one) for one in judged if one not in together)
    return replace(_joined(first, together), others=others)


def age(judged: Judged, now: datetime) -> Iterator[Departure]:
    """What is to be said of when it ends."""
    if judged.info is not None and judged.info.expires is None:
        yield Departure("cap.no_expires", "expires", f"taken as {NO_EXPIRES.total_seconds() / 3600:g} hours after sent")
    if judged.expires is not None and judged.expires <= now:
        yield Departure("cap.expired", "expires", "has run out already")


def _judged(message: Message, info: Info, places: tuple[Place, ...], county: County, now: datetime) -> Judged:
    """CAP leaves a message without `expires` to the recipient's policy (CAP 1.2 §3.2.2)."""
    colour = colour_of(message, info)
    expires = info.expires or message.sent + NO_EXPIRES
    return Judged(
        info,
        places,
        colour,
        expires,
        tuple(reasons_of_origin(county.rules, county.origin, What("warning", info.event, colour))),
        tuple(reasons_of_text(message.status, expires, places, county.within, now)),
    )


def _gravity(one: Judged) -> tuple[bool, bool, int, int]:
    colour = COLOURS.index(one.colour) if one.colour in COLOURS else len(COLOURS)
    severity = SEVERITIES.index(one.info.severity) if one.info else len(SEVERITIES)
    return bool(one.reasons), bool(one.text), colour, severity


def _one_with(first: Judged, one: Judged) -> bool:
    same = first.info is not None and one.info is not None and first.info.event == one.info.event
    return same and first.colour == one.colour and not first.reasons and not one.reasons


def _joined(first: Judged, together: Sequence[Judged]) -> Judged:
    places = tuple(place for one in together for place in one.places)
    return replace(first, places=places, expires=_last(one.expires for one in together))


def _last(times: Iterable[datetime | None]) -> datetime | None:
    return max((time for time in times if time is not None), default=None)


def _listed(one: Judged) -> Departure:
    what = (one.info.headline or one.info.event) if one.info else ""
    where = "、".join(place.description for place in one.places)
    return Departure("cap.other_info", "", f"{what} · {where}" if where else what)
