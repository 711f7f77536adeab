"""The end of an alert: what waits is not sent any more, the townships' numbers stand, calls end."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.calls.stopping import end_obligations
from alerts.chunks import drop_unsent
from alerts.coverage import recount
from alerts.lookup import tell, tell_coverages
from alerts.model import EXPIRED, ISSUED, RECEIVED, Alert, Coverage
from alerts.templates.ends import end_texts
from alerts.texts import LONG
from command.directory.queries import unit_of
from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock
from command.kernel.values import State


def expire_due(session: Session, clock: Clock) -> int:
    """Expire what has run out, own and received; returns how many. Nobody is sent anything: all knew until when."""
    now = clock.now()
    query = select(Alert).where(Alert.status.in_((ISSUED, RECEIVED)), Alert.on_board, Alert.expires_at <= now)
    due = list(session.scalars(query.with_for_update(skip_locked=True)))
    for alert in due:
        drop_unsent(session, alert.id)
        alert.end_texts = {**end_texts(session, alert, unit_of(session, alert.unit_id), EXPIRED, "")}
        end_alert(session, system_actor(alert.unit_id), alert, EXPIRED, now, alert.end_variants.get(LONG, ""))
    return len(due)


def end_alert(
    session: Session, actor: Actor, alert: Alert, status: str, now: datetime, text: str, **more: State
) -> None:
    """Take a held alert off the board as `status`, with its townships and its calls; `more` is told with it."""
    alert.status, alert.on_board, alert.ended_at, alert.end_text = status, False, now, text
    tell(session, actor, alert, f"alert.{status}", **more)
    coverages = list(
        session.scalars(select(Coverage).where(Coverage.alert_id == alert.id, Coverage.on_board).with_for_update())
    )
    for coverage in coverages:
        coverage.on_board = False
    recount(session, alert, coverages)
    tell_coverages(session, actor, alert, coverages, "alert.progress")
    end_obligations(session, actor, alert, status, now)
