"""Whom a check is about, and the messages and calls by which they are asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.audience import Reach, audience_hash, resolve
from alerts.calls.model import CLAIMED, PENDING, CallAttempt
from alerts.calls.planning import new_attempt
from alerts.chunks import plan_chunks
from alerts.contacts import contacts_of_county, people_of_county
from alerts.model import INTERNAL, ISSUE, ISSUED, SAFETY_CHECK, Alert
from alerts.recipients import RESPONSIBLE, Contact, national
from alerts.safety.model import PAGE, SMS, VOICE, SafetyCheck, SafetyMember
from alerts.texts import DRILL, SAFETY
from command.directory.model import Unit
from command.directory.queries import unit_paths
from command.kernel.actor import Actor
from command.kernel.ids import new_id
from command.kernel.rights import Right

CHANNELS = (PAGE, SMS, VOICE)
"""Ways to ask that an answer can come back by."""

EVERYONE, POSTS = "everyone", "posts"
WHOM = (EVERYONE, POSTS)
"""Everybody there, or those who hold a post, lead or are on duty."""

HOW = "平安请回复1，需要帮助请回复2，可写人数和情况"


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody to be accounted for, and how they can be asked."""

    there: Contact
    phone: str | None
    page: str | None

    def can_be_asked_by(self, channel: str) -> bool:
        return bool(self.page if channel == PAGE else self.phone)


def find_people(session: Session, actor: Actor, unit: Unit, reach: Reach, whom: str) -> list[Asked]:
    """Everybody in the area whom the actor may call, each once, also those whom no channel reaches."""
    known = [*people_of_county(session, unit), *contacts_of_county(session, unit)]
    found = [one for one in resolve(known, reach, ("", SMS, PAGE)).contacts if one.is_person]
    if whom == POSTS:
        found = [one for one in found if one.lane <= RESPONSIBLE]
    paths = unit_paths(session)
    ways = {(each, one.channel): one.address for one in found for each in one.recipients}
    return [
        Asked(one, ways.get((one.recipient, SMS)), ways.get((one.recipient, PAGE)))
        for one in found
        if one.channel == "" and actor.may(Right.ALERT_CALL, paths[one.unit_id])
    ]


def hash_of(people: Iterable[Asked]) -> str:
    """Proves later who was to be asked."""
    return audience_hash([one.there for one in people])


def member(check: SafetyCheck, one: Asked) -> SafetyMember:
    return SafetyMember(
        check_id=check.id,
        recipient=one.there.recipient,
        name=one.there.name,
        unit_id=one.there.unit_id,
        township_id=one.there.township_id,
        phone=one.phone,
        number=national(one.phone) or None if one.phone else None,
        page=one.page,
        answer=None,
        reply_id=None,
        people=None,
        replies=0,
    )


def reached_by(members: Iterable[SafetyMember], channel: str) -> list[SafetyMember]:
    """Who can be asked by a channel; of those who share a telephone the first, whose answer is all theirs."""
    if channel == PAGE:
        return [one for one in members if one.page]
    once: dict[str, SafetyMember] = {}
    for one in members:
        if one.phone and one.number:
            once.setdefault(one.number, one)
    return list(once.values())


def write_to(
    session: Session, check: SafetyCheck, unit: Unit, actor: Actor, members: Sequence[SafetyMember], now: datetime
) -> Alert | None:
    """Have the fan-out ask by pages and short messages those of `members` whom these reach; None where it is nobody."""
    channels = [channel for channel in (PAGE, SMS) if channel in _channels(check)]
    contacts = [_contact(one, channel) for channel in channels for one in reached_by(members, channel)]
    if not contacts:
        return None
    message = _message(check, unit, actor, contacts, now)
    session.add(message)
    session.flush()
    plan_chunks(session, message, ISSUE, contacts, now)
    return message


def ring(session: Session, check: SafetyCheck, unit: Unit, members: Sequence[SafetyMember], now: datetime) -> int:
    """Have everybody with a telephone called once, as lines become free; returns how many calls are new.

    Not those whose call for this check still waits or goes on.
    """
    live = select(CallAttempt.address).where(CallAttempt.state.in_((PENDING, CLAIMED)))
    engaged = set(session.scalars(live.where(CallAttempt.check_id == check.id)))
    called = [one for one in reached_by(members, VOICE) if one.phone not in engaged]
    session.add_all(_attempt(check, unit, one, now) for one in called)
    return len(called)


def _attempt(check: SafetyCheck, unit: Unit, one: SafetyMember, now: datetime) -> CallAttempt:
    person = one.recipient.partition(":")[2]
    row = new_attempt(person, one.name, one.phone or "", VOICE, check.drill, now)
    mark = f"{DRILL}，{DRILL}。" if check.drill else ""
    row.check_id, row.asks = check.id, SAFETY
    row.said = f"{mark}{unit.name}核查平安。{question_of(check)}。{mark}"
    return row


def question_of(check: SafetyCheck, language: str = "zh") -> str:
    """What is asked, in a language."""
    found: Mapping[str, object] = check.question if isinstance(check.question, Mapping) else {}
    return str(found.get(language) or found.get("zh") or "")


def _channels(check: SafetyCheck) -> list[str]:
    """Those of the latest ask."""
    asks = check.asks if isinstance(check.asks, list) else []
    last = asks[-1] if asks and isinstance(asks[-1], dict) else {}
    channels = last.get("channels")
    return [str(one) for one in channels] if isinstance(channels, list) else []


def _contact(one: SafetyMember, channel: str) -> Contact:
    return Contact(
        recipient=one.recipient,
        channel=channel,
        address=str(one.page if channel == PAGE else one.phone),
        name=one.name,
        unit_id=one.unit_id,
        township_id=one.township_id,
        division_code="",
        lane=RESPONSIBLE,
    )


def _message(check: SafetyCheck, unit: Unit, actor: Actor, contacts: Sequence[Contact], now: datetime) -> Alert:
    """The question as the fan-out carries it: never on a board, in no list and in no feed."""
    alert_id = new_id()
    return Alert(
        id=alert_id,
        version=1,
        unit_id=unit.id,
        shared=[],
        identifier=f"{SAFETY_CHECK}-{alert_id}",
        origin=INTERNAL,
        source=unit.name,
        kind=SAFETY_CHECK,
        scope_status="Exercise" if check.drill else "Actual",
        event="平安核查",
        severity="Unknown",
        urgency="Immediate",
        certainty="Unknown",
        headline=question_of(check),
        description="",
        instruction=HOW,
        language="zh-CN",
        area_description=check.place,
        divisions=[],
        channels=sorted({one.channel for one in contacts}),
        status=ISSUED,
        dropped=False,
        on_board=False,
        effective_at=now,
        expires_at=check.closes_at,
        issued_at=now,
        end_text="",
        drafted_by=actor.by(),
        issued_by=actor.by(),
        drill=check.drill,
        people=len({one.recipient for one in contacts}),
        audience_hash=audience_hash(contacts),
        references=[],
        warnings=[],
        summary_due=False,
    )
