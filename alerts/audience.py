"""Who is told, and by which channels: from arrays of contacts and an area to a frozen audience."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from shapely.geometry.base import BaseGeometry

from alerts.recipients import Behind, Contact, is_person, telephone
from command.directory.listed import NOBODY, Members
from gis.divisions import covers
from gis.geometry import inside


@dataclass(frozen=True, slots=True)
class Named:
    """Who is told by name and not by place: whoever holds a post of one of the `titles`, and those `listed`, by groups
    or, as accounts, by their roles.

    They are told wherever they are in `within`: a division code, empty for the whole county; nor does an alert touch a
    place beyond it whose position nobody has entered. A loudspeaker speaks to a
    place and is nobody's by name.
    """

    titles: frozenset[str] = frozenset()
    listed: Members = NOBODY
    within: str = ""

    def __contains__(self, contact: Contact) -> bool:
        listed = (one in ids for one, ids in zip(_keys(contact), self.listed, strict=True))
        named = contact.title in self.titles or any(listed)
        return named and contact.channel != "mqtt" and contact.division_code.startswith(self.within)

    def __bool__(self) -> bool:
        return bool(self.titles or any(self.listed))

    def reached(self, contacts: Iterable[Contact], channels: Iterable[str]) -> int:
        """How many of those listed at least one contact stands for by one of the channels."""
        wanted = frozenset(channels)
        keys = [_keys(one) for one in contacts if one.channel in wanted and one in self]
        return sum(len(ids & {key[kind] for key in keys}) for kind, ids in enumerate(self.listed))


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom an alert reaches: all at or under the division codes (unpadded) or inside the drawn area, and the named."""

    divisions: tuple[str, ...] = ()
    drawn: BaseGeometry | None = None
    named: Named = Named()


@dataclass(frozen=True, slots=True)
class Audience:
    """The frozen answer: one contact per recipient and channel and per address, officials first, and its hash."""

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
    hits = np.flatnonzero(_placed(contacts, reach) | _named(contacts, reach.named))
    chosen = [contacts[int(place)] for place in hits]
    return freeze(contact for contact in chosen if contact.channel in wanted)


def placed(contacts: Sequence[Contact], reach: Reach) -> list[Contact]:
    """Those that lie in the place of a reach, whomever it names."""
    return [contacts[int(place)] for place in np.flatnonzero(_placed(contacts, reach))]


def freeze(contacts: Iterable[Contact]) -> Audience:
    """Each recipient once per channel, each telephone and mailbox once, in a fixed order, and the hash of all.

    Of several people behind one of these the one is told who is responsible, else who goes first; the others stand
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


def _keys(contact: Contact) -> tuple[str, str, str, str]:
    """By which a contact may be listed, as `Members`: its post, person, unit and account."""
    return contact.post, contact.recipient.removeprefix("person:"), contact.unit_id, contact.account


def _ids(contact: Contact) -> list[str]:
    return sorted(one.recipient for one in contact.also)


def _place(contact: Contact) -> tuple[int, str, str]:
    return contact.lane, contact.channel, contact.recipient


def _reached_at(contact: Contact) -> str:
    if contact.channel == "sms":
        return telephone(contact.address)
    # By capitals alone no provider tells mailboxes apart, though RFC 5321 §2.4 would let it.
    mailbox = contact.channel == "email" and "@" in contact.address
    return contact.address.strip().casefold() if mailbox else contact.recipient


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


def _placed(contacts: Sequence[Contact], reach: Reach) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return _in_divisions(contacts, reach.divisions) | _in_area(contacts, reach)


def _in_divisions(
    contacts: Sequence[Contact], divisions: tuple[str, ...]
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    codes = {
        place: any(covers(code, place) for code in divisions)
        for place in {contact.division_code for contact in contacts}
    }
    return np.fromiter((codes[contact.division_code] for contact in contacts), bool, len(contacts))


def _named(contacts: Sequence[Contact], named: Named) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    if not named:
        return np.zeros(len(contacts), bool)
    return np.fromiter((one in named for one in contacts), bool, len(contacts))


def _in_area(contacts: Sequence[Contact], reach: Reach) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    if reach.drawn is None:
        return np.zeros(len(contacts), bool)
    lons = np.array([np.nan if one.spot.lon is None else one.spot.lon for one in contacts], dtype=np.float64)
    lats = np.array([np.nan if one.spot.lat is None else one.spot.lat for one in contacts], dtype=np.float64)
    return inside(reach.drawn, lons, lats) | _somewhere_in(contacts, reach.drawn, reach.named.within)


def _somewhere_in(
    contacts: Sequence[Contact], drawn: BaseGeometry, within: str
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Of those whose position nobody has entered, the ones in a township that is touched; a township's alert touches
    its own alone."""
    around = {id(one.spot.around): one.spot.around for one in contacts if one.spot.around is not None}
    touched = {key for key, area in around.items() if drawn.intersects(area)}
    found = (id(one.spot.around) in touched and one.division_code.startswith(within) for one in contacts)
    return np.fromiter(found, bool, len(contacts)) if touched else np.zeros(len(contacts), bool)
