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
from command.kernel.sealed import Open, Unopened

log = logging.getLogger(__name__)


def webhook_finder(db: Database, open_secret: Open) -> Find:
    """Where the webhooks of these ids are; one that is out of use is not among them. They raise VaultAway."""

    def find(ids: Sequence[str]) -> dict[str, Target | None] | None:
        query = select(Webhook).join(Terminal, Terminal.id == Webhook.terminal_id)
        try:
            with db.reading() as session:
                rows = session.scalars(query.where(Webhook.terminal_id.in_(ids), Terminal.active))
                return {row.terminal_id: _target(open_secret, row) for row in rows}
        except SQLAlchemyError:
            log.exception("the database did not answer")
            return None

    return find


def _target(open_secret: Open, row: Webhook) -> Target | None:
    id = row.terminal_id
    try:
        return Target(row.form, open_secret(URL, id, row.url), open_secret(SECRET, id, row.secret))
    except Unopened as unopened:
        log.error("where webhook %s posts to cannot be opened: %s", id, unopened.params)
        return None
