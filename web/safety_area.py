"""Where a safety check asks: what was given, or what is known of an incident or a warning."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from alerts.drafting import AreaFound, AreaInput, CircleInput, find_area, in_english
from alerts.drafts import meant_by
from alerts.lookup import alert_for
from alerts.model import Alert
from command.incidents.model import Incident
from command.incidents.queries import incident_for
from command.kernel.actor import Actor
from gis.divisions import shipped_divisions
from web.evacuation_order import is_drill

AROUND_M = 5_000.0
"""About an incident of which only the place is known, where nobody says how far."""


@dataclass(frozen=True, slots=True)
class Meant:
    """Where, and whether what it comes of is an exercise."""

    area: AreaFound
    drill: bool


def area_meant(
    session: Session,
    actor: Actor,
    area: AreaInput | None,
    incident_id: str | None,
    alert_id: str | None,
    around_m: float | None = None,
) -> Meant:
    """The area given, else that of the warning, else that of the incident: `around_m` metres around its place if given.

    Raises NotFound, and as `find_area`.
    """
    alert = alert_for(session, actor, alert_id) if alert_id else None
    incident = incident_for(session, actor, incident_id) if incident_id else None
    drill = (alert is not None and is_drill(alert)) or (incident is not None and incident.drill)
    if area is None and alert is not None:
        return Meant(_of_alert(alert), drill)
    given = area or (_of_incident(incident, around_m) if incident is not None else AreaInput())
    return Meant(find_area(given, shipped_divisions()), drill)


def _of_alert(alert: Alert) -> AreaFound:
    """Where people are meant; in English too, unless a person or another house wrote the words."""
    found = meant_by(alert)
    if alert.origin != "own" or alert.area_worded:
        return found
    words = in_english(found.divisions, shipped_divisions(), drawn=found.drawn is not None)
    return replace(found, english=words)


def _of_incident(incident: Incident, around_m: float | None) -> AreaInput:
    """So far around its place; if nobody says how far its affected area, else its division, else 5 km around it."""
    if around_m is not None:
        return _around(incident, around_m)
    if isinstance(incident.affected_area, dict):
        return AreaInput(
            polygon=incident.affected_area,
            description=f"{incident.title}影响范围",
            english=f"area affected by {incident.title}",
        )
    if incident.division_code:
        return AreaInput(divisions=(incident.division_code,))
    return _around(incident, AROUND_M)


def _around(incident: Incident, radius_m: float) -> AreaInput:
    if incident.lon is None or incident.lat is None:
        return AreaInput()
    far = f"{radius_m / 1000:g}"
    return AreaInput(
        circle=CircleInput(incident.lon, incident.lat, radius_m),
        description=f"{incident.title}周边 {far} 公里",
        english=f"within {far} km of {incident.title}",
    )
