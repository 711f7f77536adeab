"""An evacuation order that is issued opens the ledger of its area, in the same transaction."""

from sqlalchemy.orm import Session

from alerts.drafts import meant_by
from alerts.model import Alert
from command.evacuation.actions.opening import Opening, open_by_order
from command.evacuation.area import Wanted
from command.kernel.actor import Actor
from command.kernel.clock import Clock


def open_for(session: Session, clock: Clock, actor: Actor, alert: Alert) -> None:
    """Open or widen the evacuation of an issued alert; other kinds than evacuation orders open none by themselves."""
    if alert.kind != "evacuation":
        return
    values = Opening(
        title=alert.headline,
        wanted=wanted_of(alert),
        owner=alert.unit_id,
        alert=alert.id,
        incident=alert.incident_id,
        drill=is_drill(alert),
    )
    open_by_order(session, clock, actor, values, alert.supersedes)


def wanted_of(alert: Alert) -> Wanted:
    """The alert's area: its division codes and what was drawn."""
    area = meant_by(alert)
    return Wanted(divisions=area.divisions, area=area.drawn)


def is_drill(alert: Alert) -> bool:
    """Whether what comes of this alert is an exercise."""
    return alert.drill or alert.scope_status != "Actual"
