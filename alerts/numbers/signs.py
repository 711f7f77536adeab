"""What messages and calls say of the addresses they went to, kept with the person's address, not with their words.

Of whoever is followed alone: a receipt of one of a million costs one look-up by key.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.chunks import rows_of
from alerts.model import DELIVERED, FAILED, Chunk
from alerts.numbers.model import NumberMark
from alerts.numbers.standing import EMAIL, NO_SUCH_NUMBER, PHONE, UNDELIVERED, bounce_of, is_of_the_address
from alerts.recipients import is_landline
from command.directory.model import Person, Post

_KINDS = {"sms": PHONE, "voice": PHONE, "email": EMAIL}


def follow(session: Session, now: datetime) -> int:
    """Begin to follow the addresses of everybody who holds a post; returns how many are new or have changed."""
    held = {one for pair in session.execute(select(Post.holder_id, Post.deputy_id).where(Post.active)) for one in pair}
    people = session.scalars(select(Person).where(Person.id.in_(held - {None}), Person.active))
    known = {(row.person_id, row.kind): row for row in session.scalars(select(NumberMark))}
    changed = 0
    for person in people:
        for kind, address in addresses(person):
            row = known.get((person.id, kind))
            if row is None:
                session.add(NumberMark(person_id=person.id, kind=kind, address=address, followed_at=now))
            elif row.address != address:
                row.begin(address)
            else:
                continue
            changed += 1
    return changed


def addresses(person: Person) -> list[tuple[str, str]]:
    """Kind and address of what a person can be reached by."""
    return [(kind, address) for kind, address in ((PHONE, person.phone), (EMAIL, person.email)) if address]


def note_failures(session: Session, channel: str, failed: Iterable[tuple[str, str, str]], now: datetime) -> None:
    """Messages that were refused: recipient, address and what the other side said."""
    for recipient, address, detail in failed:
        reason = bounce_of(channel, detail)
        if reason is not None:
            _bounce(session, recipient, channel, address, reason, now)


def note_receipt(
    session: Session, channel: str, recipient: str, chunk_id: str, state: str, at: datetime, detail: str = ""
) -> None:
    """A receipt of a short message or mail: it arrived, or it never will, for what stands in `detail`."""
    if channel not in ("sms", "email") or state not in (DELIVERED, FAILED):
        return
    mark = _mark(session, recipient, channel)
    chunk = session.get(Chunk, chunk_id) if mark is not None else None
    address = next((one.address for one in rows_of(chunk.members) if one.recipient == recipient), "") if chunk else ""
    if mark is None or mark.address != address:
        return
    _note(session, recipient, channel, address, state, at, detail)


def note_mail(session: Session, person: str, address: str, state: str, at: datetime, detail: str) -> None:
    """A report of a mail that called somebody (叫应)."""
    if _mark(session, f"person:{person}", "email") is not None:
        _note(session, f"person:{person}", "email", address, state, at, detail)


def _note(session: Session, recipient: str, channel: str, address: str, state: str, at: datetime, detail: str) -> None:
    mark = _mark(session, recipient, channel)
    if state == DELIVERED and mark is not None and mark.address == address:
        _prove(mark, channel, at)
    elif state == FAILED and is_of_the_address(detail):
        _bounce(session, recipient, channel, address, UNDELIVERED, at)


def note_call(session: Session, address: str, outcome: str, now: datetime, *, reached: bool) -> None:
    """A call is over: somebody picked up, or the exchange does not know the number (SIP 404, 410, 484, 604).

    It says so of the number, for everybody who shares it.
    """
    if outcome != NO_SUCH_NUMBER and not reached:
        return
    sharing = select(NumberMark).where(NumberMark.kind == PHONE, NumberMark.address == address)
    for mark in session.scalars(sharing.order_by(NumberMark.person_id).with_for_update()):
        if outcome == NO_SUCH_NUMBER:
            _bounced(mark, "voice", NO_SUCH_NUMBER, now)
        else:
            _prove(mark, "voice", now)


def _mark(session: Session, recipient: str, channel: str) -> NumberMark | None:
    sort, _, person = recipient.partition(":")
    return session.get(NumberMark, (person, _KINDS[channel])) if sort == "person" and channel in _KINDS else None


def _prove(mark: NumberMark, channel: str, at: datetime) -> None:
    if mark.proven_at is None or at > mark.proven_at:
        mark.proven_at, mark.proven_by = at, channel


def _bounce(session: Session, recipient: str, channel: str, address: str, reason: str, at: datetime) -> None:
    mark = _mark(session, recipient, channel)
    # A short message that cannot get to a fixed telephone says nothing of the number.
    if mark is not None and mark.address == address and not (channel == "sms" and is_landline(address)):
        _bounced(mark, channel, reason, at)


def _bounced(mark: NumberMark, channel: str, reason: str, at: datetime) -> None:
    if mark.bounced_at is None or at > mark.bounced_at:
        mark.bounced_at, mark.bounced_by, mark.reason = at, channel, reason
