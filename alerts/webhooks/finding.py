"""Where webhooks post to, looked up when something is sent."""

import logging
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from alerts.channels.webhook import Find
from alerts.channels.webhook_forms import Target
from alerts.webhooks.model import SECRET, URL, Webhook
from command.directory.model import Terminal
from command.kernel.db import Database
from command.kernel.sealing import Keyring, Unopened

log = logging.getLogger(__name__)


def webhook_finder(db: Database, keyring: Keyring) -> Find:
    """Where the webhooks of these ids are; one that is out of use is not among them."""

    def find(ids: Sequence[str]) -> dict[str, Target | None] | None:
        query = select(Webhook).join(Terminal, Terminal.id == Webhook.terminal_id)
        try:
            with db.reading() as session:
                rows = session.scalars(query.where(Webhook.terminal_id.in_(ids), Terminal.active))
                return {row.terminal_id: _target(keyring, row) for row in rows}
        except SQLAlchemyError:
            log.exception("the database did not answer")
            return None

    return find


def _target(keyring: Keyring, row: Webhook) -> Target | None:
    id = row.terminal_id
    try:
        return Target(row.form, keyring.open(URL, id, row.url), keyring.open(SECRET, id, row.secret))
    except Unopened as unopened:
        log.error("where webhook %s posts to cannot be opened: %s", id, unopened.params)
        return None
