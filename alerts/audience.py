"""Who is told, and by which channels: from arrays of contacts and an area to a frozen audience."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from shapely.geometry.base import BaseGeometry

from alerts.recipients import Behind, Contact, is_person, telephone
from gis.divisions import covers
from gis.geometry import inside


@dataclass(frozen=True, slots=True)
class Reach:
    """Where people are told: at or under the division codes (unpadded), or inside the drawn area.

    Beside them whoever holds a post of one of the `titles`, wherever in `within` (a division code, empty for the whole
    county).
    """

    divisions: tuple[str, ...] = ()
    drawn: BaseGeometry | None = None
    titles: frozenset[str] = frozenset()
    within: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """The frozen answer: one contact per recipient and channel and per telephone, officials first, and its hash."""

    contacts: tuple[Contact, ...]
    hash: str

    @property
    def people(self) -> int:
        """How many different people, whatever the number of their channels. Devices are not people."""
        return len({one for contact in self.contacts for one in contact.recipients if is_person(one)})

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
    placed = _in_divisions(contacts, reach.divisions) | _in_area(contacts, reach.drawn)
    hits = np.flatnonzero(placed | _holding(contacts, reach))
    chosen = [contacts[int(place)] for place in hits]
    return freeze(contact for contact in chosen if contact.channel in wanted)


def freeze(contacts: Iterable[Contact]) -> Audience:
    """Each recipient once per channel and each telephone once in a fixed order, with the hash of who they are.

    Of several people behind one telephone the one is told who is responsible, else who goes first; the others stand
    with them (`also`).
    """
    recipients = _once(contacts, lambda one: (one.channel, one.recipient))
    telephones = _once(sorted(recipients, key=_place), lambda one: (one.channel, _reached_at(one)))
    ordered = sorted(telephones, key=_place)
    return Audience(tuple(ordered), audience_hash(ordered))


def audience_hash(contacts: Iterable[Contact]) -> str:
    """SHA-256 over recipient, channel, unit and address of everyone, and who else stands behind a telephone,
    independent of their order."""
    lines = sorted("\t".join((one.recipient, one.channel, one.unit_id, one.address, *_ids(one))) for one in contacts)
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def _ids(contact: Contact) -> list[str]:
    return sorted(one.recipient for one in contact.also)


def _place(contact: Contact) -> tuple[int, str, str]:
    return contact.lane, contact.channel, contact.recipient


def _reached_at(contact: Contact) -> str:
    return telephone(contact.address) if contact.channel == "sms" else contact.recipient


def _once(contacts: Iterable[Contact], key_of: Callable[[Contact], tuple[str, str]]) -> list[Contact]:
    found: dict[tuple[str, str], Contact] = {}
    for contact in contacts:
        key = key_of(contact)
        found[key] = _merged(found[key], contact) if key in found else contact
    return list(found.values())


def _merged(first: Contact, second: Contact) -> Contact:
    kept, other = (second, first) if second.responsible and not first.responsible else (first, second)
    behind = (*first.also, *second.also, Behind(other.recipient, other.name, other.unit_id))
    also = {one.recipient: one for one in behind if one.recipient != kept.recipient}
    return replace(kept, lane=min(first.lane, second.lane), also=tuple(also.values()))


def _in_divisions(
    contacts: Sequence[Contact], divisions: tuple[str, ...]
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    codes = {
        place: any(covers(code, place) for code in divisions)
        for place in {contact.division_code for contact in contacts}
    }
    return np.fromiter((codes[contact.division_code] for contact in contacts), bool, len(contacts))


def _holding(contacts: Sequence[Contact], reach: Reach) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    if not reach.titles:
        return np.zeros(len(contacts), bool)
    inside = (one.title in reach.titles and one.division_code.startswith(reach.within) for one in contacts)
    return np.fromiter(inside, bool, len(contacts))


def _in_area(contacts: Sequence[Contact], drawn: BaseGeometry | None) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    if drawn is None:
        return np.zeros(len(contacts), bool)
    lons = np.array([np.nan if one.lon is None else one.lon for one in contacts], dtype=np.float64)
    lats = np.array([np.nan if one.lat is None else one.lat for one in contacts], dtype=np.float64)
    return inside(drawn, lons, lats)
