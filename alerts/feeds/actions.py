"""What is done with feeds: set, changed, claimed for one question, and what that question brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.feeds.model import URL, CapFeed
from alerts.feeds.schedule import is_silent, next_try
from command.directory.model import Unit
from command.directory.queries import county_of, unit_of
from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock
from command.kernel.errors import FieldError, Invalid, NotFound, StaleVersion
from command.kernel.ids import is_id, new_id
from command.kernel.rights import Right
from command.kernel.sealing import Keyring
from command.kernel.timeline import record

MOST_FEEDS = 50
MOST_SEEN = 400
LEASE = timedelta(minutes=5)
"""Longer than any question may take."""


@dataclass(frozen=True, slots=True)
class FeedFields:
    """What the administrator sets; `interval_s` in seconds."""

    name: str
    url: str
    interval_s: int
    on: bool = True


@dataclass(frozen=True, slots=True)
class Claim:
    """One question to one feed, by whoever holds `fence`; its address is still sealed."""

    feed_id: str
    unit_id: str
    name: str
    sealed_url: str
    etag: str
    modified: str
    seen: frozenset[str]
    fence: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the question brought: `error` empty where the feed answered soundly, `seen` its entries that are done."""

    error: str = ""
    etag: str = ""
    modified: str = ""
    seen: Sequence[str] = ()
    taken: int = 0


def add_feed(session: Session, clock: Clock, keyring: Keyring, actor: Actor, fields: FeedFields) -> CapFeed:
    """A feed of the actor's county, asked at once.

    Raises Refused, Invalid `cap_feed.url`, `.too_many`, Unavailable `secret.no_key`.
    """
    county = _county(session, actor)
    count = session.scalar(select(func.count()).select_from(CapFeed).where(CapFeed.unit_id == county.id)) or 0
    if count >= MOST_FEEDS:
        raise Invalid("cap_feed.too_many", fields=(FieldError("name", "cap_feed.too_many"),), most=MOST_FEEDS)
    now, id = clock.now(), new_id()
    feed = CapFeed(
        **{"id": id, "version": 1, "unit_id": county.id, "host": _host(fields.url), "fence": 0},
        **{"etag": "", "modified": "", "seen": [], "failures": 0, "taken": 0, "error": "", "silent": False},
        **{"name": fields.name.strip(), "url": keyring.seal(URL, id, fields.url.strip())},
        **{"interval_s": fields.interval_s, "on": fields.on},
        **{"due_at": now, "heard_at": now, "tried_at": None},
    )
    session.add(feed)
    session.flush()
    _tell(session, actor, feed, "cap_feed.set")
    return feed


def change_feed(
    session: Session, clock: Clock, keyring: Keyring, actor: Actor, feed_id: str, expected: int, fields: FeedFields
) -> CapFeed:
    """Another address, interval or name, or a stop; asked anew at once, as if it had never been asked.

    Raises NotFound `cap_feed.unknown`, StaleVersion, and as `add_feed`.
    """
    feed = _held(session, actor, feed_id)
    if feed.version != expected:
        raise StaleVersion("version.stale", version=feed.version)
    feed.name, feed.host = fields.name.strip(), _host(fields.url)
    feed.url = keyring.seal(URL, feed.id, fields.url.strip())
    feed.interval_s, feed.on = fields.interval_s, fields.on
    feed.etag = feed.modified = feed.error = ""
    feed.seen, feed.failures, feed.silent, feed.fence = [], 0, False, feed.fence + 1
    feed.due_at = feed.heard_at = clock.now()
    feed.version += 1
    _tell(session, actor, feed, "cap_feed.set")
    return feed


def claim_due(session: Session, now: datetime) -> Claim | None:
    """The feed that has waited longest, for one question: nobody else gets it until that is over or much too old."""
    due = select(CapFeed).where(CapFeed.on, CapFeed.due_at <= now).order_by(CapFeed.due_at)
    feed = session.scalars(due.limit(1).with_for_update(skip_locked=True)).first()
    if feed is None:
        return None
    feed.fence += 1
    feed.due_at = now + LEASE
    seen = frozenset(feed.seen_keys)
    return Claim(feed.id, feed.unit_id, feed.name, feed.url, feed.etag, feed.modified, seen, feed.fence)


def finish(session: Session, clock: Clock, claim: Claim, answer: Answer) -> None:
    """Write what the question brought, unless the feed was changed or claimed anew meanwhile."""
    feed = session.get(CapFeed, claim.feed_id, with_for_update=True)
    if feed is None or feed.fence != claim.fence:
        return
    now = clock.now()
    feed.tried_at, feed.error = now, answer.error[:300]
    feed.seen = list(answer.seen)[:MOST_SEEN]
    feed.taken += answer.taken
    if answer.error:
        feed.failures += 1
    else:
        feed.etag, feed.modified = answer.etag[:200], answer.modified[:200]
        feed.failures, feed.heard_at = 0, now
    feed.due_at = next_try(now, feed.interval, feed.failures)
    _settle(session, feed, now)


def raise_silent(session: Session, now: datetime) -> int:
    """Tell of the feeds that fell silent, also where nobody could ask them; returns how many."""
    rows = session.scalars(select(CapFeed).where(CapFeed.on, ~CapFeed.silent).with_for_update(skip_locked=True))
    return sum(_settle(session, feed, now) for feed in rows)


def _settle(session: Session, feed: CapFeed, now: datetime) -> bool:
    silent = is_silent(now, feed.heard_at, feed.interval)
    if silent == feed.silent:
        return False
    feed.silent = silent
    feed.version += 1
    _tell(session, system_actor(feed.unit_id), feed, "cap_feed.silent" if silent else "cap_feed.heard")
    return True


def _county(session: Session, actor: Actor) -> Unit:
    county = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.SETTINGS_CHANGE, county.path)
    return county


def _held(session: Session, actor: Actor, feed_id: str) -> CapFeed:
    county = _county(session, actor)
    feed = session.get(CapFeed, feed_id, with_for_update=True) if is_id(feed_id) else None
    if feed is None or feed.unit_id != county.id:
        raise NotFound("cap_feed.unknown", id=feed_id[:40])
    return feed


def _host(url: str) -> str:
    host = _sound_host(url.strip())
    if not host:
        raise Invalid("cap_feed.url", fields=(FieldError("url", "cap_feed.url"),))
    return host[:253]


def _sound_host(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.username is None and parts.port != 0
    except ValueError:
        return ""
    return (parts.hostname or "") if sound and not any(map(str.isspace, url)) else ""


def _tell(session: Session, actor: Actor, feed: CapFeed, kind: str) -> None:
    record(session, actor, kind, unit=feed.unit_id, body={"cap_feed": feed.state()})
