"""A browser asks to be told, and no longer. It is the own matter of whoever sits before it, and on no timeline."""

import hashlib

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from alerts.channels.hosts import Allowed, BadTarget
from alerts.channels.push_encryption import check_keys
from alerts.channels.push_vapid import from_base64url
from alerts.webpush.model import PushSubscription
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import FieldError, Invalid

MOST = 10
"""Browsers of one person; the oldest makes room."""


def owner_of(actor: Actor) -> str:
    """The name under which an actor's browsers are kept."""
    return f"{actor.kind}:{actor.id}"


def browsers_of(session: Session, actor: Actor) -> list[str]:
    """The ids of the browsers in which an actor is told: a browser finds out by its own whether it is one of them."""
    query = select(PushSubscription.id).where(PushSubscription.owner == owner_of(actor))
    return list(session.scalars(query.order_by(PushSubscription.id)))


def subscribe(
    session: Session, clock: Clock, actor: Actor, allowed: Allowed, endpoint: str, public: str, auth: str
) -> None:
    """Tell this browser of the actor's from now on. Raises Invalid `push.host`, `push.keys`."""
    try:
        allowed.check_url(endpoint)
    except BadTarget as error:
        raise _wrong("endpoint", "push.host") from error
    try:
        check_keys(from_base64url(public), from_base64url(auth))
    except ValueError as error:
        raise _wrong("keys", "push.keys") from error
    named = name_of(endpoint)
    row = session.get(PushSubscription, named) or PushSubscription(id=named, endpoint=endpoint)
    row.owner, row.public, row.auth, row.at = owner_of(actor), public, auth, clock.now()
    session.add(row)
    session.flush()
    _drop_oldest(session, row.owner)


def unsubscribe(session: Session, actor: Actor, endpoint: str) -> None:
    """Tell this browser of the actor's no longer; one that is not known is nothing."""
    own = PushSubscription.owner == owner_of(actor)
    session.execute(delete(PushSubscription).where(own, PushSubscription.id == name_of(endpoint)))


def forget_terminal(session: Session, terminal_id: str) -> None:
    """Its browsers are told no longer: the token was renewed, and whoever held the old one is nobody."""
    session.execute(delete(PushSubscription).where(PushSubscription.owner == f"terminal:{terminal_id}"))


def name_of(endpoint: str) -> str:
    """A subscription's id, as the page makes it too."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def _drop_oldest(session: Session, owner: str) -> None:
    query = select(PushSubscription.id).where(PushSubscription.owner == owner)
    old = session.scalars(query.order_by(PushSubscription.at.desc(), PushSubscription.id).offset(MOST)).all()
    session.execute(delete(PushSubscription).where(PushSubscription.id.in_(old)))


def _wrong(field: str, code: str) -> Invalid:
    return Invalid(code, fields=(FieldError(field, code),))
