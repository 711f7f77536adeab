"""Whose browsers are where: for who is told, and when something is sent."""

import logging
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from alerts.channels.push_message import from_base64url
from alerts.channels.webpush import Find, Forget, Subscription
from alerts.webpush.model import AUTH, ENDPOINT, PushSubscription, name_of
from command.kernel.db import Database
from command.kernel.sealed import Open, Unopened

log = logging.getLogger(__name__)


def browser_finder(db: Database, open_secret: Open) -> Find:
    """The browsers of these owners; raises VaultAway."""

    def find(owners: Sequence[str]) -> dict[str, list[Subscription | None]] | None:
        found: dict[str, list[Subscription | None]] = defaultdict(list)
        try:
            with db.reading() as session:
                for row in session.scalars(select(PushSubscription).where(PushSubscription.owner.in_(owners))):
                    found[row.owner].append(_browser(open_secret, row))
        except SQLAlchemyError:
            log.exception("the database did not answer")
            return None
        return found

    return find


def browser_forgetter(db: Database) -> Forget:
    """Forgets what a push service no longer knows; the next message finds out again where the database is away."""

    def forget(endpoint: str) -> None:
        try:
            with db.writing() as session:
                session.execute(delete(PushSubscription).where(PushSubscription.id == name_of(endpoint)))
        except SQLAlchemyError:
            log.exception("the database did not answer")

    return forget


def _browser(open_secret: Open, row: PushSubscription) -> Subscription | None:
    try:
        endpoint, auth = open_secret(ENDPOINT, row.id, row.endpoint), open_secret(AUTH, row.id, row.auth)
    except Unopened as unopened:
        log.error("a browser's subscription cannot be opened: %s", unopened.params)
        return None
    return Subscription(endpoint, from_base64url(row.public), from_base64url(auth))
