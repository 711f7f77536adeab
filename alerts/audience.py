"""Who is told, and by which channels: from arrays of contacts and an area to a frozen audience."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from shapely.geometry.base import BaseGeometry

from alerts.recipients import Contact
from gis.geometry import inside


@dataclass(frozen=True, slots=True)
class Reach:
    """Where people are told: at or under the division codes (unpadded), or inside the drawn area."""

    divisions: tuple[str, ...] = ()
    drawn: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class Audience:
    """The frozen answer: one contact per recipient and channel, officials first, and its hash."""

    contacts: tuple[Contact, ...]
    hash: str

    @property
    def people(self) -> int:
        """How many different people, whatever the number of their channels. Devices are not people."""
        return len({contact.recipient for contact in self.contacts if contact.is_person})

    def by_channel(self) -> dict[str, int]:
        counts = dict.fromkeys(sorted({contact.channel for contact in self.contacts}), 0)
        for contact in self.contacts:
            counts[contact.channel] += 1
        return counts


def resolve(contacts: Sequence[Contact], reach: Reach, channels: Iterable[str]) -> Audience:
    """The contacts reached, each recipient once per channel.

    Somebody in several places is told for the one that is responsible, else the first in the list.
    """
    wanted = frozenset(channels)
    hits = np.flatnonzero(_in_divisions(contacts, reach.divisions) | _in_area(contacts, reach.drawn))
    chosen = [contacts[int(place)] for place in hits]
    return freeze(contact for contact in chosen if contact.channel in wanted)


def freeze(contacts: Iterable[Contact]) -> Audience:
    """Each recipient once per channel in a fixed order, with the hash of who they are."""
    once: dict[tuple[str, str], Contact] = {}
    for contact in contacts:
        key = (contact.recipient, contact.channel)
        once[key] = _merged(once[key], contact) if key in once else contact
    ordered = sorted(once.values(), key=lambda one: (one.lane, one.channel, one.recipient))
    return Audience(tuple(ordered), audience_hash(ordered))


def audience_hash(contacts: Iterable[Contact]) -> str:
    """SHA-256 over recipient, channel, unit and address of everyone, independent of their order."""
    lines = sorted(f"{one.recipient}\t{one.channel}\t{one.unit_id}\t{one.address}\n" for one in contacts)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _merged(first: Contact, second: Contact) -> Contact:
    kept = second if second.responsible and not first.responsible else first
    return replace(kept, lane=min(first.lane, second.lane))


def _in_divisions(
    contacts: Sequence[Contact], divisions: tuple[str, ...]
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    stems = tuple(division_stem(code) for code in divisions)
    codes: Mapping[str, bool] = {
        code: bool(stems) and bool(code) and code.startswith(stems)
        for code in {contact.division_code for contact in contacts}
    }
    return np.fromiter((codes[contact.division_code] for contact in contacts), bool, len(contacts))


def division_stem(code: str) -> str:
    """`532300` is `5323`: what the codes of everything under a division begin with."""
    if len(code) != 6:
        return code
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def _in_area(contacts: Sequence[Contact], drawn: BaseGeometry | None) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    if drawn is None:
        return np.zeros(len(contacts), bool)
    lons = np.array([np.nan if one.lon is None else one.lon for one in contacts], dtype=np.float64)
    lats = np.array([np.nan if one.lat is None else one.lat for one in contacts], dtype=np.float64)
    return inside(drawn, lons, lats)
