"""One question to one feed: ask, read, fetch what is new, take it as the county's. Each message is one transaction."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence

import httpx
from cryptography import x509
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.cap.message import CapProblem
from alerts.cap.places import BoundaryOf
from alerts.feeds.actions import Answer, Claim, claim_due, finish, raise_silent
from alerts.feeds.fetching import Unfetched, fetch, http_client
from alerts.feeds.model import URL
from alerts.feeds.queries import anything_due
from alerts.feeds.reading import Item, newest_first, read_feed
from alerts.model import Alert, CapMessage
from alerts.receiving import receive_cap, study
from command.directory.queries import unit_of
from command.kernel.actor import Actor, Grant
from command.kernel.clock import Clock
from command.kernel.db import Database
from command.kernel.rights import Role
from command.kernel.sealed import Unopened
from command.kernel.sealing import Keyring

MOST_TAKEN = 50
"""Of one question; the rest comes with the next one."""
MOST_BYTES = 20 * 1024 * 1024
MOST_S = 120.0

log = logging.getLogger(__name__)


class Polling:
    """The feeds that are due, one after the other. Any number of processes may look: a feed is claimed to be asked."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        keyring: Keyring,
        boundary_of: BoundaryOf,
        trusted: Callable[[], Sequence[x509.Certificate]],
    ) -> None:
        self._db, self._clock, self._keyring = db, clock, keyring
        self._boundary_of, self._trusted = boundary_of, trusted

    def once(self) -> int:
        """Ask every feed that is due, and tell of those that fell silent; returns how many were asked."""
        with self._db.reading() as session:
            due, fell = anything_due(session, self._clock.now())
        if fell:
            with self._db.writing() as session:
                raise_silent(session, self._clock.now())
        asked = 0
        while due and (claim := self._claim()) is not None:
            self._ask(claim)
            asked += 1
        return asked

    def _claim(self) -> Claim | None:
        with self._db.writing() as session:
            return claim_due(session, self._clock.now())

    def _ask(self, claim: Claim) -> None:
        with http_client() as client:
            answer = self._answer(client, claim)
        if answer.error:
            log.info("feed %s: %s", claim.feed_id, answer.error)
        with self._db.writing() as session:
            finish(session, self._clock, claim, answer)

    def _answer(self, client: httpx.Client, claim: Claim) -> Answer:
        try:
            url = self._keyring.open(URL, claim.feed_id, claim.sealed_url)
            found = fetch(client, url, claim.etag, claim.modified)
            items = None if found.data is None else read_feed(found.data, url)
        except Unopened as unopened:
            return Answer(unopened.code, seen=sorted(claim.seen))
        except Unfetched as error:
            return Answer(str(error), seen=sorted(claim.seen))
        except CapProblem as problem:
            return Answer(problem.code, seen=sorted(claim.seen))
        if items is None:
            return Answer("", found.etag or claim.etag, found.modified or claim.modified, sorted(claim.seen))
        return self._taken(client, claim, items, found.etag, found.modified)

    def _taken(self, client: httpx.Client, claim: Claim, items: Sequence[Item], etag: str, modified: str) -> Answer:
        """What is new in the feed. Where part of it could not be had, the whole feed is asked for again."""
        seen = [item.key for item in items if item.key in claim.seen]
        fresh = newest_first(item for item in items if item.key not in claim.seen)
        taken, error = 0, ""
        for item, message in _fetched(client, fresh):
            if isinstance(message, Unfetched):
                error = str(message)
                continue
            taken += self._receive(claim, message)
            seen.append(item.key)
        whole = len(seen) == len(items)
        return Answer(error, etag if whole else "", modified if whole else "", seen, taken)

    def _receive(self, claim: Claim, message: bytes) -> int:
        """1 for a message that is new, 0 for one that stands already, byte for byte."""
        trusted = self._trusted()
        with self._db.reading() as session:
            if _stands(session, claim.unit_id, message):
                return 0
            actor = _actor(session, claim)
            found = study(session, self._clock, actor, message, self._boundary_of, trusted)
        with self._db.writing() as session:
            if _stands(session, claim.unit_id, message):  # another route brought it meanwhile
                return 0
            receive_cap(session, self._clock, actor, found)
        return 1


def _fetched(client: httpx.Client, items: Sequence[Item]) -> Iterator[tuple[Item, bytes | Unfetched]]:
    left, until = MOST_BYTES, time.monotonic() + MOST_S
    for item in items[:MOST_TAKEN]:
        if left <= 0 or time.monotonic() > until:
            return
        message = item.message or _document(client, item.link)
        left -= len(message) if isinstance(message, bytes) else 0
        yield item, message


def _document(client: httpx.Client, link: str) -> bytes | Unfetched:
    try:
        data = fetch(client, link).data
    except Unfetched as error:
        return error
    return Unfetched("HTTP 304") if data is None else data


def _stands(session: Session, unit_id: str, message: bytes) -> bool:
    """Whether these bytes were refused before or are acted on; what is only kept is judged anew."""
    query = select(CapMessage.not_acted_on, Alert.not_acted_on).outerjoin(Alert, Alert.id == CapMessage.alert_id)
    mine = (CapMessage.direction == "in", CapMessage.unit_id == unit_id)
    rows = session.execute(query.where(*mine, CapMessage.sha256 == hashlib.sha256(message).hexdigest()))
    return any(not receipts and not alerts for receipts, alerts in rows)


def _actor(session: Session, claim: Claim) -> Actor:
    """The feed itself, which may hand messages in and nothing else that anybody could make it do."""
    path = unit_of(session, claim.unit_id).path
    grant = Grant(Role.ALERT_ISSUER, claim.unit_id, path)
    return Actor("feed", claim.feed_id, claim.name, claim.unit_id, (grant,))
