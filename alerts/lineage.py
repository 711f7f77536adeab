"""What an alert changed, and what that had changed before."""

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from alerts.model import CHANGED, RECEIVED, Alert


def with_those_before(session: Session, alert: Alert) -> list[Alert]:
    """The alert, what it changed, what that had changed, and so on."""
    found = {alert.id: alert}
    latest = [alert]
    while latest:
        before = [one for each in latest for one in _before(session, each) if one.id not in found]
        found |= {one.id: one for one in before}
        latest = before
    return list(found.values())


def last_after(session: Session, alert: Alert) -> Alert:
    """What one of ours was changed into at last, itself where nothing changed it."""
    found = alert
    while found.status == CHANGED:
        after = (Alert.unit_id == found.unit_id, Alert.supersedes == found.id, Alert.issued_at.is_not(None))
        found = session.scalars(select(Alert).where(*after)).one()
    return found


def _before(session: Session, alert: Alert) -> list[Alert]:
    """Of a received one, what it refers to of the same sender, and its copies by other ways."""
    if alert.origin != RECEIVED:
        old = session.get(Alert, alert.supersedes) if alert.supersedes else None
        return [old] if old is not None else []
    named = [str(one)[:250] for one in alert.references] if isinstance(alert.references, list) else []
    referred = and_(Alert.source == alert.source, Alert.identifier.in_(named))
    query = select(Alert).where(Alert.origin == RECEIVED, Alert.unit_id == alert.unit_id)
    return list(session.scalars(query.where(or_(referred, Alert.duplicate_of == alert.id)).order_by(Alert.id)))
