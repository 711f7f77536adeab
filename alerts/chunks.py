"""A frozen audience cut into chunks, and the order in which chunks are served."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import groupby
from sys import intern
from typing import Any

from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session

from alerts.languages import language_of, told_in
from alerts.model import CLAIMED, DROPPED, END, ISSUE, NUMBER_CHECK, PENDING, SAFETY_CHECK, Alert, Chunk
from alerts.recipients import Behind, Contact, Member
from alerts.texts import CARRIED_BY, SHORT
from command.kernel.ids import new_id
from command.kernel.values import Json

CHUNK_SIZE = 500

_URGENCY = {"red": 0, "orange": 1, "yellow": 2, "blue": 3}
_KINDS = {"evacuation": 0, SAFETY_CHECK: 1, NUMBER_CHECK: 4}


def rank_of(kind: str, colour: str | None, act: str) -> int:
    """The place of an alert's chunks among all that wait, 0 is served first: evacuation orders as red ones, safety
    checks as orange ones, notices as blue ones, a check of numbers after all others, and of one colour what ends an
    alert before what begins one."""
    urgency = _KINDS.get(kind, _URGENCY.get(colour or "blue", 3))
    return 2 * urgency + (0 if act == END else 1)


def plan_chunks(
    session: Session, alert: Alert, act: str, contacts: Sequence[Contact], now: datetime
) -> tuple[str, ...]:
    """Cut an audience, officials first, into chunks of one channel, lane and language each (a summary is due now)."""

    language_by = language_of_each(alert, (alert.translations if act == ISSUE else alert.end_translations) or {})

    def key(one: Contact) -> tuple[int, str, str]:
        return one.lane, one.channel, language_by(one)

    chunks: list[Chunk] = []
    for (lane, channel, language), group in groupby(sorted(contacts, key=key), key=key):
        members = list(group)
        for start in range(0, len(members), CHUNK_SIZE):
            part = members[start : start + CHUNK_SIZE]
            chunks.append(_chunk(alert, act, len(chunks), lane, channel, part, now, language))
    session.add_all(chunks)
    alert.summary_due = True
    return tuple(chunk.id for chunk in chunks)


def language_of_each(alert: Alert, kept: Mapping[str, Collection[str]], sms: str = SHORT) -> Callable[[Contact], str]:
    """In which language somebody is told by a channel, empty for the alert's own: what the channel carries has to be
    written in it. `kept` are by language the variants that there are; `sms` is that of short messages while none is
    fixed."""
    own = language_of(alert.language)
    carries = {**CARRIED_BY, "sms": alert.sms_variant or sms}

    @cache
    def written(channel: str) -> frozenset[str]:
        return frozenset(tag for tag, texts in kept.items() if carries.get(channel) in texts)

    return lambda one: told_in(one.languages, own, written(one.channel)) if kept else ""


def plan_paced(
    session: Session, alert: Alert, contacts: Sequence[Contact], slots: Sequence[tuple[datetime, int]]
) -> None:
    """Cut an audience that is in no hurry into chunks that wait: so many contacts for each of the instants."""
    rest, number = list(contacts), 0
    for at, size in slots:
        part, rest = rest[:size], rest[size:]
        for channel, group in groupby(sorted(part, key=lambda one: one.channel), key=lambda one: one.channel):
            members = list(group)
            session.add(_chunk(alert, ISSUE, number, members[0].lane, channel, members, at))
            number += 1
    alert.summary_due = True


def drop_unsent(session: Session, alert_id: str) -> None:
    """What waits is not sent; what a worker holds loses its fence, and the worker stops at its next checkpoint.

    What was held keeps its owner: part of it may have been sent without being recorded yet. One statement for both:
    between two, what is claimed or given back would be in neither.
    """
    mine = (Chunk.alert_id == alert_id, Chunk.act == ISSUE, Chunk.state.in_((PENDING, CLAIMED)))
    session.execute(sql_update(Chunk).where(*mine).values({"state": DROPPED, "fence": Chunk.fence + 1}))


def _chunk(
    alert: Alert,
    act: str,
    number: int,
    lane: int,
    channel: str,
    part: Sequence[Contact],
    now: datetime,
    language: str = "",
) -> Chunk:
    return Chunk(
        id=new_id(),
        alert_id=alert.id,
        act=act,
        number=number,
        channel=channel,
        language=language,
        lane=lane,
        rank=rank_of(alert.kind, alert.colour, act),
        drill=alert.drill or alert.scope_status != "Actual",
        members=[_row(one) for one in part],
        size=len(part),
        state=PENDING,
        fence=0,
        attempts=0,
        resent=0,
        not_before=now,
    )


def _row(one: Contact) -> Json:
    row: list[Json] = [one.recipient, one.address, one.name, one.unit_id, one.township_id, one.responsible]
    return [*row, [list(each) for each in one.also]] if one.also else row


def rows_of(members: Json) -> list[Member]:
    """A chunk's members as they were kept. Many have the same unit and township: one text each for all."""
    rows: list[list[Any]] = members if isinstance(members, list) else []
    return [
        Member(recipient, address, name, intern(unit), intern(township), *rest)
        for recipient, address, name, unit, township, *rest in rows
    ]


def members_of(chunk: Chunk) -> list[Contact]:
    """The chunk's contacts; their places are no longer known, nor needed."""
    return [
        Contact(
            recipient=member.recipient,
            channel=chunk.channel,
            address=member.address,
            name=member.name,
            unit_id=member.unit_id,
            township_id=member.township_id,
            division_code="",
            responsible=member.responsible,
            lane=chunk.lane,
            also=tuple(Behind(*one) for one in member.also),
            languages=(chunk.language,) if chunk.language else (),
        )
        for member in rows_of(chunk.members)
    ]
