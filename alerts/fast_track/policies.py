"""The county's own policy. Every change is a new one; what was issued keeps the one it was issued by."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.fast_track.model import FastTrackPolicy
from alerts.fast_track.policy import Policy, read_policy, written_policy
from alerts.lookup import tell_setting
from alerts.templates.book import book_of
from command.directory.model import Person, Post, Unit, User
from command.directory.queries import county_of, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock, optional_text
from command.kernel.errors import FieldError, Invalid, StaleVersion
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.values import Json, State


def in_force(session: Session, unit: Unit) -> FastTrackPolicy | None:
    """The last row of the unit's county; its content is None where the policy was taken back."""
    query = select(FastTrackPolicy).where(FastTrackPolicy.unit_id == county_of(session, unit).id)
    return session.scalars(query.order_by(FastTrackPolicy.version.desc()).limit(1)).first()


def policy_of(row: FastTrackPolicy | None) -> Policy | None:
    return read_policy(row.content) if row is not None and isinstance(row.content, dict) else None


def policy_state(session: Session, actor: Actor) -> State:
    """The policy of the actor's county for who may change it: `version` 0 and `policy` None where there is none."""
    county = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.SETTINGS_CHANGE, county.path)
    return _state(in_force(session, county))


def change_policy(
    session: Session, clock: Clock, actor: Actor, version: int, content: Mapping[str, Any] | None
) -> State:
    """Put another policy in force, None for none: then every alert is signed off before it is issued.

    A template is approved as it is now; one whose text was changed since may stay as it was approved, and opens
    nothing. Raises StaleVersion `version.stale`, Invalid `fast_track.policy_wrong`, `fast_track.template_unfit` or
    `fast_track.template_gone` naming the field.
    """
    county = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.SETTINGS_CHANGE, county.path)
    session.get_one(Unit, county.id, with_for_update=True)
    before = in_force(session, county)
    standing = before.version if before else 0
    if version != standing:
        raise StaleVersion("version.stale", version=standing)
    kept: Json = None
    if content is not None:
        policy = _checked(session, clock, county, content)
        _check_templates(session, county, policy, policy_of(before))
        kept = written_policy(policy)
    row = FastTrackPolicy(
        id=new_id(), unit_id=county.id, version=version + 1, content=kept, at=clock.now(), by=actor.by()
    )
    session.add(row)
    session.flush()
    state = _state(row)
    tell_setting(session, actor, "fast_track_policy.changed", county.id, {"fast_track_policy": {"id": row.id, **state}})
    return state


def is_named(session: Session, policy: Policy, actor: Actor, unit: Unit) -> bool:
    """Whether the policy names this account: itself, by a role that holds for the unit, or as holder or deputy of a
    post."""
    if actor.kind != "user":
        return False
    by_role = any(grant.role in policy.roles and unit.path.startswith(grant.unit_path) for grant in actor.grants)
    return actor.id in policy.users or by_role or _holds_post(session, policy, actor)


def _holds_post(session: Session, policy: Policy, actor: Actor) -> bool:
    held = Person.id.in_((Post.holder_id, Post.deputy_id))
    query = select(Post.id).join(Person, held).where(Post.id.in_(policy.posts), Post.active)
    return session.scalars(query.where(Person.user_id == actor.id, Person.active).limit(1)).first() is not None


def _state(row: FastTrackPolicy | None) -> State:
    policy = policy_of(row)
    return {
        "version": row.version if row else 0,
        "own": policy is not None,
        "policy": written_policy(policy) if policy else None,
        "at": optional_text(row.at if row else None),
        "by": row.by if row else None,
    }


def _checked(session: Session, clock: Clock, county: Unit, content: Mapping[str, Any]) -> Policy:
    try:
        policy = read_policy(content)
    except ValueError as problem:
        raise _wrong("policy") from problem
    if policy.until <= clock.now():
        raise _wrong("until")
    for field, model, ids in (("users", User, policy.users), ("posts", Post, policy.posts)):
        within = select(model.id).join(Unit, Unit.id == model.unit_id).where(model.id.in_(ids), model.active)
        known = session.scalars(within.where(Unit.path.startswith(county.path, autoescape=True)))
        if set(known) != set(ids):
            raise _wrong(field)
    return policy


def _check_templates(session: Session, county: Unit, policy: Policy, before: Policy | None) -> None:
    if not policy.templates or len({one.key for one in policy.templates}) < len(policy.templates):
        raise _wrong("templates")
    book = book_of(session, county)
    for one in policy.templates:
        kept = before.approved(one.key) if before else None
        if book.get(one.key) != one.content and (kept is None or kept.content != one.content):
            raise _wrong("templates", "fast_track.template_gone")
        if not policy.is_for(one.content):
            raise _wrong("templates", "fast_track.template_unfit")


def _wrong(field: str, code: str = "fast_track.policy_wrong") -> Invalid:
    return Invalid(code, fields=(FieldError(field, code),))
