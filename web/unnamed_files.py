"""Files that somebody handed in and nothing names: deleted after a week, a few each day.

A draft that was never stored leaves its pictures behind. What a draft, an alert, an incident or an entry of the
timeline names, now or ever, stays: that a file was once in a draft is on the timeline, and must be able to be shown.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from alerts.model import Alert
from command.incidents.model import Attachment
from command.kernel.attachments import AttachmentStore
from command.kernel.db import Database
from command.kernel.timeline import EntryRow

AGE = timedelta(days=7)
MOST = 50
"""In one sweep: entries are searched for them."""


def sweep_unnamed(db: Database, store: AttachmentStore, now: datetime, known: set[str]) -> int:
    """Delete up to MOST files that nothing names; returns how many.

    `known` are files that entries were found to name: an entry never goes, and they are not asked for again.
    """
    old = store.older(now - AGE) - known
    if not old:
        return 0
    with db.reading() as session:
        free = sorted(old - _named(session))[:MOST]
        told = _told(session, free)
    known |= told
    return sum(store.remove(one, now - AGE) for one in free if one not in told)


def _named(session: Session) -> set[str]:
    """By incidents, and by alerts in any state, drafts and dropped ones among them."""
    lists = session.scalars(select(Alert.files).where(Alert.files.is_not(None)))
    alerts = {str(file["sha256"]) for files in lists for file in files or []}
    return alerts | set(session.scalars(select(Attachment.sha256)))


def _told(session: Session, names: Collection[str]) -> set[str]:
    """Which of these an entry names. All are looked through, once for all names: what is named again is no younger."""
    if not names:
        return set()
    bodies = select(EntryRow.body).where(or_(*(EntryRow.body.contains(one) for one in names)))
    found = set[str]()
    for body in session.scalars(bodies.execution_options(yield_per=100)):
        found.update(one for one in names if one in body)
    return found
