"""The county's own policy. Every change is a new one; what was issued keeps the one it was issued by."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.fast_track.model import FastTrackPolicy
from alerts.fast_track.policy import Policy, read_policy, written_policy
from alerts.lookup import tell_setting
from alerts.templates.book import book_of
from alerts.versions import county_set_by, in_force, put_in_force, shown, to_follow
from command.directory.model import Person, Post, Unit, User
from command.directory.queries import county_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import FieldError, Invalid
from command.kernel.values import Json, State


def policy_in_force(session: Session, unit: Unit) -> FastTrackPolicy | None:
    """The last row of the unit's county; its content is None where the policy was taken back."""
    return in_force(session, FastTrackPolicy, county_of(session, unit))


def policy_of(row: FastTrackPolicy | None) -> Policy | None:
    return read_policy(row.content) if row is not None and isinstance(row.content, dict) else None


def policy_state(session: Session, actor: Actor) -> State:
    """The policy of the actor's county for who may change it: `version` 0 and `policy` None where there is none."""
    return _state(in_force(session, FastTrackPolicy, county_set_by(session, actor)))


def change_policy(
    session: Session, clock: Clock, actor: Actor, version: int, content: Mapping[str, Any] | None
) -> State:
    """Put another policy in force, None for none: then every alert is signed off before it is issued.

    A template is approved as it is now; one whose text was changed since may stay as it was approved, and opens
    nothing. Raises StaleVersion `version.stale`, Invalid `fast_track.policy_wrong`, `fast_track.template_unfit` or
    `fast_track.template_gone` naming the field.
    """
    county = county_set_by(session, actor)
    before = to_follow(session, FastTrackPolicy, county, version)
    kept: Json = None
    if content is not None:
        policy = _checked(session, clock, county, content)
        _check_templates(session, county, policy, policy_of(before))
        kept = written_policy(policy)
    row = FastTrackPolicy(content=kept)
    put_in_force(session, clock, actor, county, before, row)
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
    return shown(row, own=policy is not None, policy=written_policy(policy) if policy else None)


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
