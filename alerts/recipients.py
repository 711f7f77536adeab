"""Who is told by what: the contact, its lane, the names of the channels. Loads nothing: every worker needs it."""

from dataclasses import dataclass
from typing import NamedTuple

CHANNELS = ("websocket", "email", "mqtt", "sms", "webhook", "webpush")
USUAL = ("websocket", "email", "mqtt")
"""Those of a draft that names none: short messages cost, groups are others' too, pushes go abroad."""
PEOPLE = ("person", "user")

OFFICIALS, RESPONSIBLE, PUBLIC = 0, 1, 2
"""The lanes, the first served first: who leads and is on duty, who answers for a village or a hazard point, all."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach one recipient, in one of the places it belongs to.

    `recipient` is `person:ID`, `user:ID` or `terminal:ID`. `unit_id` is the unit it is told for and
    `township_id` the township that counts it. `lon`, `lat` in degrees WGS-84, None where unknown.
    """

    recipient: str
    channel: str
    address: str
    name: str
    unit_id: str
    township_id: str
    division_code: str
    lon: float | None = None
    lat: float | None = None
    responsible: bool = False
    lane: int = PUBLIC

    @property
    def is_person(self) -> bool:
        return self.recipient.split(":", 1)[0] in PEOPLE


class Member(NamedTuple):
    """A contact as a chunk keeps it. There are as many as people are told: a tuple costs least."""

    recipient: str
    address: str
    name: str
    unit_id: str
    township_id: str
    responsible: bool


def national(address: str) -> str:
    """A number without what is only written: `+86 139-0000-0000` and `0086139…` are `139…`."""
    digits = "".join(one for one in address if one.isascii() and one.isdigit())
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) == len(prefix) + 11:
            return digits[len(prefix) :]
    return digits
