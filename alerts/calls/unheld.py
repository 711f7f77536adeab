"""A village or hazard point that no post answers for: somebody was told all the same, by another telephone or there."""

from sqlalchemy.orm import Session

from alerts.lookup import alert_for, tell
from alerts.model import Alert
from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock, to_text
from command.kernel.errors import Conflict, FieldError, Invalid, NotFound
from command.kernel.rights import Right
from command.kernel.values import Json

LONGEST_NAME, LONGEST_NOTE = 80, 400


def report_told(
    session: Session, clock: Clock, actor: Actor, alert_id: str, place_id: str, whom: str, note: str = ""
) -> Alert:
    """Note with the alert whom the actor has told there. It is no answer of a post, and counts as one. `place_id` is
    the hazard point's or the village's.

    Raises NotFound `alert.unknown`, `obligation.unknown`, Refused, Conflict `obligation.ended`, `obligation.settled`,
    Invalid `obligation.told_whom`, `obligation.note_too_long`.
    """
    alert = alert_for(session, actor, alert_id, lock=True)
    places = alert.unheld if isinstance(alert.unheld, list) else []
    # What was noted before hazard points were has its village alone.
    place = next((one for one in places if isinstance(one, dict) and one.get("place", one["unit"]) == place_id), None)
    if place is None:
        raise NotFound("obligation.unknown")
    actor.need(Right.ALERT_CALL, unit_of(session, str(place["unit"])).path)
    name, words = whom.strip(), note.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid("obligation.told_whom", fields=(FieldError("whom", "obligation.told_whom"),))
    if len(words) > LONGEST_NOTE:
        raise Invalid("obligation.note_too_long", fields=(FieldError("note", "obligation.note_too_long"),))
    if not alert.on_board:
        raise Conflict("obligation.ended")
    if place.get("told"):
        raise Conflict("obligation.settled")
    told: Json = {"whom": name, "note": words, "at": to_text(clock.now()), "by": actor.by()}
    alert.unheld = [{**one, "told": told} if one is place else one for one in places]
    tell(session, actor, alert, "alert.place_told", place={"name": str(place["name"])})
    return alert
