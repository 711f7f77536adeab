"""Reading which numbers are to be mended, and when they are checked."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.data import table
from alerts.numbers.model import NumberCheck, NumberMark, NumberPlan
from alerts.numbers.standing import (
    BOUNCED,
    PROVEN,
    UNPROVEN,
    Pace,
    is_due,
    next_check,
    read_pace,
    stands,
    within_hours,
    written_pace,
)
from alerts.versions import in_force, shown
from command.directory.model import Person, Post, Unit
from command.directory.queries import county_of, sight_of, unit_of, unit_paths
from command.kernel.actor import Actor
from command.kernel.clock import optional_text
from command.kernel.rights import Right
from command.kernel.values import Json, State

_ORDER = {BOUNCED: 0, UNPROVEN: 1}


def calendar_is_due(session: Session, now: datetime) -> bool:
    """Whether a county's check is to begin. Asked first: writing takes SQLite's write lock."""
    counties = session.scalars(select(Unit).where(Unit.kind == "county", Unit.active))
    return any(check_is_due(session, unit, now) for unit in counties)


def check_is_due(session: Session, county: Unit, now: datetime) -> bool:
    """Whether the calendar begins the county's check now."""
    last, since = _known_since(session, county)
    return since is not None and is_due(pace_in_force(session, county), last, since, now)


def next_check_at(session: Session, county: Unit, now: datetime) -> datetime | None:
    """When the calendar checks the county's numbers next; None where it is off or nobody is followed."""
    last, since = _known_since(session, county)
    pace = pace_in_force(session, county)
    due = next_check(pace, last, since) if since is not None else None
    return within_hours(pace, max(due, now)) if due is not None else None


def _known_since(session: Session, county: Unit) -> tuple[datetime | None, datetime | None]:
    """When the last check began, and since when the county has numbers that are followed."""
    last = last_check(session, county.id)
    whose = select(func.min(NumberMark.followed_at)).join(Person, Person.id == NumberMark.person_id)
    query = whose.join(Unit, Unit.id == Person.unit_id).where(Unit.path.startswith(county.path, autoescape=True))
    return last.begun_at if last else None, session.scalar(query)


def followed(session: Session, units: Collection[str]) -> list[tuple[NumberMark, Person]]:
    """Every followed address of these units' people that is theirs still, by person."""
    query = select(NumberMark, Person).join(Person, Person.id == NumberMark.person_id).where(Person.active)
    rows = session.execute(query.order_by(Person.id, NumberMark.kind))
    return [(mark, person) for mark, person in rows if person.unit_id in units and mark.address == _own(mark, person)]


def numbers_to_mend(
    session: Session, actor: Actor, now: datetime, called: Mapping[str, State] = MappingProxyType({})
) -> list[State]:
    """What bounced or was not proven for too long, of those whom the actor may read: the bounced ones first.

    `called` is what came of the last check's calls, by telephone.
    """
    sight = sight_of(session, actor, Right.DIRECTORY_READ)
    paths, names = unit_paths(session), dict(session.execute(select(Unit.id, Unit.name)).all())
    posts = _posts(session)
    found = []
    for mark, person in followed(session, sight.units):
        state = stands(mark.marks, now)
        if state == PROVEN or not posts[person.id]:
            continue
        path = paths[person.unit_id]
        named = actor.may(Right.READ_PERSONAL, path) or actor.may(Right.DIRECTORY_CHANGE, path)
        found.append(
            {
                **_row(mark, person, state, named),
                "called": called.get(mark.address),
                "unit_name": names[person.unit_id],
                "posts": posts[person.id],
            }
        )
    return sorted(found, key=lambda row: (_ORDER[str(row["state"])], str(row["unit_name"]), str(row["name"])))


def counts(items: Collection[State]) -> State:
    """How many are bounced, and how many unproven."""
    return {state: sum(row["state"] == state for row in items) for state in (BOUNCED, UNPROVEN)}


def last_check(session: Session, unit_id: str) -> NumberCheck | None:
    query = select(NumberCheck).where(NumberCheck.unit_id == unit_id).order_by(NumberCheck.begun_at.desc())
    return session.scalars(query.limit(1)).first()


def pace_in_force(session: Session, unit: Unit) -> Pace:
    """The county's pace, the shipped one where it has none."""
    return _pace(in_force(session, NumberPlan, unit))


def _pace(plan: NumberPlan | None) -> Pace:
    return read_pace(plan.pace if plan is not None and isinstance(plan.pace, dict) else table("numbers")["plan"])


def plan_state(session: Session, unit: Unit) -> State:
    """The plan in force, `version` 0 for the shipped one."""
    plan = in_force(session, NumberPlan, unit)
    return shown(plan, pace=written_pace(_pace(plan)))


def own_county(session: Session, actor: Actor) -> Unit:
    return county_of(session, unit_of(session, actor.unit_id))


def _own(mark: NumberMark, person: Person) -> str | None:
    return person.phone if mark.kind == "phone" else person.email


def _posts(session: Session) -> defaultdict[str, list[Json]]:
    found: defaultdict[str, list[Json]] = defaultdict(list)
    for post in session.scalars(select(Post).where(Post.active).order_by(Post.title)):
        for person in _held(post):
            found[person].append(post.title)
    return found


def _held(post: Post) -> Iterator[str]:
    yield from (one for one in dict.fromkeys((post.holder_id, post.deputy_id)) if one)


def _row(mark: NumberMark, person: Person, state: str, named: bool) -> State:
    return {
        "person": person.id,
        "name": person.name,
        "unit": person.unit_id,
        "kind": mark.kind,
        "address": mark.address if named else None,
        "state": state,
        "reason": mark.reason if state == BOUNCED else None,
        "channel": mark.bounced_by if state == BOUNCED else mark.proven_by,
        "bounced_at": optional_text(mark.bounced_at),
        "proven_at": optional_text(mark.proven_at),
        "corrected": {"by": mark.corrected_by, "at": optional_text(mark.corrected_at)} if mark.corrected_at else None,
    }
