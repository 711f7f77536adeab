"""A browser asks to be told, and no longer. It is the own matter of whoever sits before it, and on no timeline."""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from alerts.channels.hosts import Allowed, BadTarget
from alerts.channels.push_encryption import check_keys
from alerts.channels.push_message import from_base64url
from alerts.webpush.model import AUTH, ENDPOINT, PushSubscription, name_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import FieldError, Invalid
from command.kernel.sealing import Keyring
from command.kernel.values import State

LONGEST_AGENT = 40
MOST = 10
"""Browsers of one person; the oldest makes room."""


def owner_of(actor: Actor) -> str:
    """The name under which an actor's browsers are kept."""
    return f"{actor.kind}:{actor.id}"


def browsers_of(session: Session, actor: Actor) -> list[State]:
    """The browsers in which an actor is told, the latest first: a browser finds out by its id whether it is one."""
    query = select(PushSubscription).where(PushSubscription.owner == owner_of(actor))
    rows = session.scalars(query.order_by(PushSubscription.at.desc(), PushSubscription.id))
    return [row.state() for row in rows]


@dataclass(frozen=True, slots=True)
class BrowserFields:
    """A browser's subscription as the Push API gives it: `public` and `auth` in base64url; `agent` is its name."""

    endpoint: str
    public: str
    auth: str
    agent: str = ""


def subscribe(
    session: Session, clock: Clock, keyring: Keyring, actor: Actor, allowed: Allowed, fields: BrowserFields
) -> None:
    """Tell this browser of the actor's from now on.

    Raises Invalid `push.host`, `push.keys`, Unavailable `secret.no_key`.
    """
    try:
        allowed.check_url(fields.endpoint)
    except BadTarget as error:
        raise _wrong("endpoint", "push.host") from error
    try:
        check_keys(from_base64url(fields.public), from_base64url(fields.auth))
    except ValueError as error:
        raise _wrong("keys", "push.keys") from error
    named = name_of(fields.endpoint)
    row = session.get(PushSubscription, named) or PushSubscription(id=named)
    row.endpoint = keyring.seal(ENDPOINT, named, fields.endpoint)
    row.auth = keyring.seal(AUTH, named, fields.auth)
    row.owner, row.public, row.at = owner_of(actor), fields.public, clock.now()
    row.agent = fields.agent[:LONGEST_AGENT]
    session.add(row)
    session.flush()
    _drop_oldest(session, row.owner)


def unsubscribe(session: Session, actor: Actor, endpoint: str) -> None:
    """Tell this browser of the actor's no longer; one that is not known is nothing."""
    own = PushSubscription.owner == owner_of(actor)
    session.execute(delete(PushSubscription).where(own, PushSubscription.id == name_of(endpoint)))


def remove(session: Session, actor: Actor, browser: str) -> None:
    """Tell a browser of the actor's no longer, by its id: one that was lost, or that they sit before no more."""
    own = PushSubscription.owner == owner_of(actor)
    session.execute(delete(PushSubscription).where(own, PushSubscription.id == browser))


def forget_user(session: Session, user_id: str, but: str | None = None) -> None:
    """An account's browsers are told no longer, except the one with the id `but`."""
    gone = delete(PushSubscription).where(PushSubscription.owner == f"user:{user_id}")
    session.execute(gone if but is None else gone.where(PushSubscription.id != but))


def forget_terminal(session: Session, terminal_id: str) -> None:
    """Its browsers are told no longer: the token was renewed, and whoever held the old one is nobody."""
    session.execute(delete(PushSubscription).where(PushSubscription.owner == f"terminal:{terminal_id}"))


def _drop_oldest(session: Session, owner: str) -> None:
    query = select(PushSubscription.id).where(PushSubscription.owner == owner)
    old = session.scalars(query.order_by(PushSubscription.at.desc(), PushSubscription.id).offset(MOST)).all()
    session.execute(delete(PushSubscription).where(PushSubscription.id.in_(old)))


def _wrong(field: str, code: str) -> Invalid:
    return Invalid(code, fields=(FieldError(field, code),))
