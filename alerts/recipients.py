"""Who is told by what: the contact, its lane, the names of the channels. Loads nothing: every worker needs it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:  # every worker needs contacts, and none of them geometry
    from shapely.geometry.base import BaseGeometry

CHANNELS = ("websocket", "email", "mqtt", "sms", "webhook", "webpush")
USUAL = ("websocket", "email", "mqtt")
"""Those of a draft that names none: short messages cost, groups are others' too, pushes go abroad."""
PEOPLE = ("person", "user")

SHORTEST = 5
"""Digits of a telephone number that stands for itself."""

OFFICIALS, RESPONSIBLE, PUBLIC = 0, 1, 2
"""The lanes, the first served first: who leads and is on duty, who answers for a village or a hazard point, all."""


Position: TypeAlias = tuple[float, float]
"""Longitude and latitude in degrees WGS-84."""


class Spot(NamedTuple):
    """Where something is: a position in degrees WGS-84; where none is entered the area that it lies in; or nothing.

    What lies somewhere in an area is touched by whatever touches the area: better called once too often than forgotten.
    """

    lon: float | None = None
    lat: float | None = None
    around: "BaseGeometry | None" = None


NOWHERE = Spot()


class Behind(NamedTuple):
    """Somebody else who is reached by the same telephone."""

    recipient: str
    name: str
    unit_id: str


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach one recipient, in one of the places it belongs to.

    `recipient` is `person:ID`, `user:ID` or `terminal:ID`. `unit_id` is the unit it is told for and
    `township_id` the township that counts it. `spot` is where it counts. `also` are those whom the same message
    reaches. `post` and `title` are those of the post by which somebody is counted in this place. `languages` are
    those they read, the best first. `account` is that of whoever has one, whatever the channel.
    """

    recipient: str
    channel: str
    address: str
    name: str
    unit_id: str
    township_id: str
    division_code: str
    spot: Spot = NOWHERE
    responsible: bool = False
    lane: int = PUBLIC
    also: tuple[Behind, ...] = ()
    title: str = ""
    post: str = ""
    languages: tuple[str, ...] = ()
    account: str = ""

    @property
    def is_person(self) -> bool:
        return is_person(self.recipient)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Whom a message to it reaches."""
        return self.recipient, *(one.recipient for one in self.also)


class Member(NamedTuple):
    """A contact as a chunk keeps it. There are as many as people are told: a tuple costs least."""

    recipient: str
    address: str
    name: str
    unit_id: str
    township_id: str
    responsible: bool
    also: Sequence[Sequence[str]] = ()
    """Rows of `Behind`, in the few chunks where there are any."""


def is_person(recipient: str) -> bool:
    """Whether it is somebody and no device."""
    return recipient.split(":", 1)[0] in PEOPLE


def telephone(address: str) -> str:
    """What two spellings of one number have in common; an address that is no whole number stays as it is."""
    number = national(address)
    return number if len(number) >= SHORTEST else address


_LOCAL = r"[2-8][0-9]{6,7}"
_AREA = r"(?:10|2[0-9]|[3-9][0-9]{2})"
_LANDLINE = re.compile(rf"(?:0{_AREA}|(?:\+|00)860?{_AREA})?{_LOCAL}")
"""The numbering plan of the country: an area code of two or three digits after the trunk's 0, seven or eight digits."""


def is_landline(address: str) -> bool:
    """Whether a number is a fixed telephone's by its form, which takes no short message: `0878-3121234`, `3121234`."""
    return _LANDLINE.fullmatch(re.sub(r"[\s\-()]", "", address)) is not None


def national(address: str) -> str:
    """A number without what is only written: `+86 139-0000-0000` and `0086139…` are `139…`."""
    plain = address.isascii() and address.isdigit()
    digits = address if plain else "".join(one for one in address if one.isascii() and one.isdigit())
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) == len(prefix) + 11:
            return digits[len(prefix) :]
    return digits
