"""What can be said about an incident, and how it is put on the row; nothing here is told to the timeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy.orm import Session

from command.area import area_of
from command.checks import Position, checked_area, invalid, not_future
from command.directory.queries import unit_of
from command.incidents.model import Incident
from command.incidents.personal import new_salt, personal_digest
from command.incidents.place import Place, resolve
from command.kernel.clock import Clock
from gis.divisions import Divisions

_PLAIN = frozenset({"title", "category", "code", "grade", "place", "description"})


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is known when an incident is logged. `position` is (lon, lat); None for unknown."""

    title: str
    category: str
    source: str
    code: str | None = None
    grade: str | None = None
    position: Position | None = None
    location_precision: str = "exact"
    division_code: str | None = None
    place: str | None = None
    occurred_at: datetime | None = None
    occurred_at_precision: str | None = None
    reported_at: datetime | None = None
    description: str | None = None
    reporter: str | None = None
    callback: str | None = None
    affected_area: Mapping[str, Any] | None = None
    drill: bool = False


class Changes(TypedDict, total=False):
    """What a PATCH may change; a key that is absent leaves the value alone, None empties it."""

    title: str
    category: str
    code: str | None
    grade: str | None
    position: Position | None
    location_precision: str
    division_code: str | None
    place: str | None
    occurred_at: datetime | None
    occurred_at_precision: str
    description: str | None
    reporter: str | None
    callback: str | None
    affected_area: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Move:
    """A wished move of status, verification or both."""

    status: str | None = None
    verification: str | None = None
    reason: str | None = None
    merged_into: str | None = None
    transferred_to: str | None = None


def apply(session: Session, clock: Clock, incident: Incident, changes: Changes, divisions: Divisions) -> None:
    """Put the changes on the row. Raises Invalid as `log` does."""
    for name, value in changes.items():
        if name in _PLAIN:
            setattr(incident, name, value)
    if "affected_area" in changes:
        incident.affected_area = checked_area(changes["affected_area"], "affected_area")
    if changes.keys() & {"occurred_at", "occurred_at_precision"}:
        _apply_time(clock, incident, changes)
    if changes.keys() & {"position", "division_code", "location_precision"}:
        _apply_place(session, incident, changes, divisions)
    if changes.keys() & {"reporter", "callback"}:
        reporter, callback = changes.get("reporter", incident.reporter), changes.get("callback", incident.callback)
        set_personal(incident, reporter, callback)


def precision_of(occurred_at: datetime | None, wished: str | None) -> str:
    """How sure the time is; Invalid `time.precision` where the wish contradicts there being a time."""
    known = occurred_at is not None
    if wished is not None and (wished != "unknown") != known:
        raise invalid("time.precision", "occurred_at_precision")
    return wished or ("exact" if known else "unknown")


def set_place(incident: Incident, place: Place) -> None:
    """Put a resolved place on the row."""
    incident.lon, incident.lat = place.position or (None, None)
    incident.location_precision = place.precision
    incident.division_code = place.division_code


def set_personal(incident: Incident, reporter: str | None, callback: str | None) -> None:
    """Keep the caller, under a fresh salt."""
    known = reporter is not None or callback is not None
    incident.reporter, incident.callback = reporter, callback
    incident.personal_salt = new_salt() if known else None
    incident.personal_digest = personal_digest(incident.personal_salt, reporter, callback)


def _apply_time(clock: Clock, incident: Incident, changes: Changes) -> None:
    wished = changes.get("occurred_at_precision")
    if "occurred_at" in changes:
        incident.occurred_at = not_future(changes["occurred_at"], clock.now(), "occurred_at")
    elif wished == "unknown":
        incident.occurred_at = None
    incident.occurred_at_precision = precision_of(incident.occurred_at, wished)


def _apply_place(session: Session, incident: Incident, changes: Changes, divisions: Divisions) -> None:
    position, precision = _surveyed(incident)
    if "position" in changes:
        position, precision = changes["position"], "exact"
    code = changes.get("division_code", incident.division_code)
    area = area_of(session, unit_of(session, incident.unit_id), divisions)
    place = resolve(session, area, position, changes.get("location_precision", precision), code)
    set_place(incident, place)


def _surveyed(incident: Incident) -> tuple[Position | None, str]:
    """The position somebody gave, not one that only follows from the division."""
    if (
        incident.location_precision in {"exact", "approximate"}
        and incident.lon is not None
        and incident.lat is not None
    ):
        return (incident.lon, incident.lat), incident.location_precision
    return None, "exact"
