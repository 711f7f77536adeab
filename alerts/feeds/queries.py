"""Reading feeds: for the administrator, for the board, for the figures, and whether one is due."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from alerts.feeds.model import CapFeed
from alerts.feeds.schedule import is_silent
from command.directory.queries import Sight, county_of, unit_of
from command.kernel.actor import Actor
from command.kernel.rights import Right
from command.kernel.sealing import Keyring
from command.kernel.values import State


def feeds_of(session: Session, keyring: Keyring, actor: Actor) -> list[State]:
    """The feeds of the actor's county for who may change them, by name."""
    county = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.SETTINGS_CHANGE, county.path)
    query = select(CapFeed).where(CapFeed.unit_id == county.id).order_by(CapFeed.name, CapFeed.id)
    return [feed.details(keyring) for feed in session.scalars(query)]


def board_feeds(session: Session, sight: Sight) -> list[State]:
    """The silent ones, for whoever may read their county."""
    rows = session.scalars(select(CapFeed).where(CapFeed.silent, CapFeed.on))
    return [row.state() for row in rows if sight.covers(row.unit_id)]


def all_feeds(session: Session) -> Sequence[CapFeed]:
    """Those that are asked, for the figures."""
    return session.scalars(select(CapFeed).where(CapFeed.on).order_by(CapFeed.id)).all()


def anything_due(session: Session, now: datetime) -> tuple[bool, bool]:
    """Whether a feed is to be asked, and whether one has fallen silent and nobody was told."""
    rows = session.scalars(select(CapFeed).where(CapFeed.on, or_(CapFeed.due_at <= now, ~CapFeed.silent))).all()
    fell = any(not row.silent and is_silent(now, row.heard_at, row.interval) for row in rows)
    return any(row.due_at <= now for row in rows), fell
