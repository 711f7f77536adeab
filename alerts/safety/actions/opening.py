"""Asking: a check is begun, and whoever is still silent is asked again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.contacts import readers_of
from alerts.drafting import AreaFound
from alerts.safety.actions.telling import tell
from alerts.safety.asking import CHANNELS, EVERYONE, Asked, find_people, hash_of, member, ring, write_to
from alerts.safety.counting import recount
from alerts.safety.model import OPEN, VOICE, SafetyCheck, SafetyMember, asks_of
from alerts.safety.queries import to_change
from command.directory.model import Unit
from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock, to_text
from command.kernel.errors import Conflict, FieldError, Invalid, Refused
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.values import Json

MOST_PEOPLE, MOST_ASKS = 20_000, 30


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A check to begin: the question by language (`zh` at least), where, whom, by what, and for how long."""

    question: Mapping[str, str]
    area: AreaFound
    whom: str = EVERYONE
    channels: Sequence[str]
    minutes: int
    incident: str | None = None
    drill: bool = False


def find(session: Session, actor: Actor, area: AreaFound, whom: str) -> list[Asked]:
    """Whom a check would be about now. Refused where the actor may call nobody at all."""
    if not actor.may_somewhere(Right.ALERT_CALL):
        raise Refused("access.refused", right=Right.ALERT_CALL)
    return find_people(session, actor, unit_of(session, actor.unit_id), area.reach(), whom)


def begin(session: Session, clock: Clock, actor: Actor, values: Asking, people: int) -> SafetyCheck:
    """Ask everybody there. `people` is the number that was shown to whoever begins it.

    Raises Refused, Conflict `alert.people_differ` with the true number, Invalid `safety.nobody` or `safety.too_many`.
    """
    found = find(session, actor, values.area, values.whom)
    _check(values, found, people)
    unit, now = unit_of(session, actor.unit_id), clock.now()
    check = SafetyCheck(
        id=new_id(),
        version=1,
        unit_id=unit.id,
        shared=readers_of(session, unit, [one.there for one in found]),
        question=dict(values.question),
        place=values.area.description,
        place_en=values.area.english,
        incident_id=values.incident,
        status=OPEN,
        drill=values.drill,
        people=len(found),
        audience_hash=hash_of(found),
        asks=[],
        towns=[],
        opened_at=now,
        opened_by=actor.by(),
        closes_at=now + timedelta(minutes=values.minutes),
    )
    session.add(check)
    session.flush()
    members = [member(check, one) for one in found]
    session.add_all(members)
    session.flush()
    recount(session, check)
    _ask(session, check, unit, actor, members, values.channels, now)
    tell(session, actor, check, "safety_check.begun")
    return check


def ask_again(session: Session, clock: Clock, actor: Actor, check_id: str, channels: Sequence[str]) -> SafetyCheck:
    """Ask everybody who has not replied, by these channels.

    Raises NotFound, Refused, Conflict `safety.closed`, `safety.all_replied` or `safety.asked_often`.
    """
    check, unit = to_change(session, actor, check_id)
    if len(asks_of(check)) >= MOST_ASKS:
        raise Conflict("safety.asked_often", number=MOST_ASKS)
    query = select(SafetyMember).where(SafetyMember.check_id == check.id, SafetyMember.answer.is_(None))
    silent = list(session.scalars(query.order_by(SafetyMember.recipient)))
    if not silent:
        raise Conflict("safety.all_replied")
    _ask(session, check, unit, actor, silent, channels, clock.now())
    check.version += 1
    tell(session, actor, check, "safety_check.repeated")
    return check


def _check(values: Asking, found: Sequence[Asked], people: int) -> None:
    if not found:
        raise Invalid("safety.nobody", fields=(FieldError("area", "safety.nobody"),))
    if len(found) > MOST_PEOPLE:
        most = str(MOST_PEOPLE)
        raise Invalid("safety.too_many", fields=(FieldError("area", "safety.too_many", (("most", most),)),), most=most)
    if people != len(found):
        raise Conflict("alert.people_differ", people=len(found))


def _ask(
    session: Session,
    check: SafetyCheck,
    unit: Unit,
    actor: Actor,
    members: Sequence[SafetyMember],
    channels: Sequence[str],
    now: datetime,
) -> None:
    by = [one for one in CHANNELS if one in channels]
    ask: dict[str, Json] = {"at": to_text(now), "by": actor.by(), "people": len(members), "channels": list[Json](by)}
    check.asks = [*asks_of(check), {**ask, "alert": None}]
    message = write_to(session, check, unit, actor, members, now)
    check.asks = [*asks_of(check)[:-1], {**ask, "alert": message.id if message else None}]
    if VOICE in by:
        ring(session, check, unit, members, now)
