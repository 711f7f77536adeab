"""Obligations come into being with an alert that is issued or received."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.calls.model import CallPlan, Obligation
from alerts.calls.places import Place, held_places, in_area, reach_of, unheld_in_area
from alerts.calls.plans import plan_in_force, policy_by
from alerts.calls.policy import HOLDER, Policy, level_of
from alerts.calls.progress import Progress, begin
from alerts.calls.queries import acted_on
from alerts.calls.telling import tell, tell_new
from alerts.contacts import Tree, tree_of
from alerts.lineage import with_those_before
from alerts.model import Alert
from command.directory.model import Person, Post, Unit
from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.ids import new_id
from command.kernel.values import Json


def open_obligations(session: Session, actor: Actor, alert: Alert, now: datetime) -> list[Obligation]:
    """One for every place in the alert's area and post that answers for it, due at once; none where its level obliges
    nobody.

    A received alert obliges only while it runs and is acted on, and is meant for everybody.
    """
    unit = unit_of(session, alert.unit_id)
    plan, policy = _policy(session, alert, unit, now)
    if policy is None:
        return []
    tree = tree_of(session, unit)
    held = (place for place in held_places(session, tree) if place.subject in policy.obliged)
    meant = [
        (place, place.post) for place in in_area(held, reach_of(session, alert, unit), tree) if place.post is not None
    ]
    known = _known(session, alert, policy.level, [post for _, post in meant])
    opened = [
        _obligation(alert, plan, policy, post, place, tree, begin(now, known=(post.id, place.id) in known), now)
        for place, post in meant
    ]
    session.add_all(opened)
    session.flush()
    tell_new(session, actor, opened, "calling.opened")
    return opened


def find_unheld(session: Session, alert: Alert, now: datetime) -> None:
    """Note the villages and hazard points of the alert's area that no post answers for, before it is told; None where
    none is obliged."""
    unit = unit_of(session, alert.unit_id)
    _, policy = _policy(session, alert, unit, now)
    if policy is None:
        alert.unheld = None
        return
    alert.unheld = list[Json](unheld_in_area(session, alert, unit, tree_of(session, unit), policy))


def reopen_obligations(session: Session, actor: Actor, alert: Alert, now: datetime) -> None:
    """The alert stands for itself again: whoever had not answered when its calls ended is called from then on."""
    query = select(Obligation).where(Obligation.alert_id == alert.id, Obligation.ended_at.is_not(None))
    rows = list(session.scalars(query.order_by(Obligation.id).with_for_update()))
    for row in rows:
        row.ended_at, row.on_board = None, True
        row.due_at = now if row.progress().live else None
    session.flush()
    tell(session, actor, rows, "calling.opened")
    if not rows:
        open_obligations(session, actor, alert, now)


def _policy(session: Session, alert: Alert, unit: Unit, now: datetime) -> tuple[CallPlan | None, Policy | None]:
    """The plan and policy by which it is called; no policy where nobody is."""
    plan = plan_in_force(session, unit)
    policy = policy_by(session, plan.id if plan else None, level_of(alert.kind, alert.colour))
    return plan, policy if acted_on(alert, now) else None


def _known(session: Session, alert: Alert, level: str, posts: Sequence[Post]) -> frozenset[tuple[str, str]]:
    """(post, place) where the post's holder has confirmed for it what this alert changes without making it graver."""
    before = [one.id for one in with_those_before(session, alert) if one.id != alert.id]
    query = select(Obligation).where(Obligation.alert_id.in_(before), Obligation.level == level)
    query = query.where(Obligation.drill == _is_drill(alert))
    settled = [row for row in session.scalars(query) if row.progress().settled]
    if not settled:
        return frozenset()
    people = select(Person).where(Person.id.in_({post.holder_id for post in posts if post.holder_id}))
    own = {person.id: {person.id, person.user_id} - {None} for person in session.scalars(people)}
    holders: dict[str, Collection[str | None]] = {post.id: own.get(post.holder_id or "", frozenset()) for post in posts}
    return frozenset(
        (row.post_id, row.place_id) for row in settled if _holder(row.answered) in holders.get(row.post_id, ())
    )


def _is_drill(alert: Alert) -> bool:
    return alert.drill or alert.scope_status != "Actual"


def _holder(answered: Json) -> str | None:
    """The id of the person or account that answered as the holder."""
    by = answered.get("by") if isinstance(answered, dict) and answered.get("whom") == HOLDER else None
    return str(by["id"]) if isinstance(by, dict) else None


def _obligation(
    alert: Alert,
    plan: CallPlan | None,
    policy: Policy,
    post: Post,
    place: Place,
    tree: Tree,
    start: Progress,
    now: datetime,
) -> Obligation:
    return Obligation(
        id=new_id(),
        version=1,
        alert_id=alert.id,
        post_id=post.id,
        place_id=place.id,
        unit_id=place.unit_id,
        township_id=tree.township(place.unit_id),
        alert_unit_id=alert.unit_id,
        incident_id=alert.incident_id,
        subject=place.subject,
        level=policy.level,
        plan_id=plan.id if plan else None,
        name=place.name,
        title=post.title,
        drill=_is_drill(alert),
        on_board=True,
        opened_at=now,
        mark=start.mark,
        mark_at=now,
        step=start.step,
        tried=start.tried,
        lap=start.lap,
        due_at=start.due_at,
        calls=0,
    )
