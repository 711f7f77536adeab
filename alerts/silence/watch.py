"""One look at all areas: what the rule says of each, and what is to be done. A township stands for its villages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import shapely
from sqlalchemy.orm import Session

from alerts.silence.actions import Place, counts_state, settle
from alerts.silence.model import Silence
from alerts.silence.queries import Area, areas, standing_alarms
from alerts.silence.rule import Finding, Hearing, Rules, hearing, judge
from command.kernel.clock import Clock
from command.kernel.db import Database
from command.kernel.values import Json
from gis.geometry import circle, to_geojson

_REACH_M = {"township": 8_000.0, "village": 4_000.0}
"""Drawn around each silent device: enough to be seen on a wall that shows the whole county."""


@dataclass(frozen=True)
class Look:
    """What a look found: what can be heard, and the areas whose alarm begins, ends or has changed."""

    ears: Hearing
    changes: list[tuple[Area, Finding]]


class Watch:
    """Looks again and again. What it remembers is what this process can hear; the alarms are in the database."""

    def __init__(self, db: Database, clock: Clock, rules: Rules) -> None:
        self._db, self._clock, self._rules = db, clock, rules
        self._started = clock.now()
        self._ears = Hearing()

    def once(self) -> None:
        """Look, and do what follows; nothing is written where nothing has changed."""
        with self._db.reading() as session:
            look = look_around(session, self._ears, self._started, self._rules, self._clock.now())
            places = [(_place(area, finding), finding) for area, finding in look.changes]
        self._ears = look.ears
        if places:
            with self._db.writing() as session:
                for place, finding in places:
                    settle(session, self._clock, place, finding)


def look_around(session: Session, ears: Hearing, started: datetime, rules: Rules, now: datetime) -> Look:
    """Judge every area. Where a township is silent no alarm is raised for its villages; one that stands goes on."""
    found = areas(session, rules, now)
    alarms = {row.unit_id: row for row in session.scalars(standing_alarms())}
    heard = hearing([area.signals for area in found], ears, started, rules, now)
    silent: set[str] = set()
    changes = []
    for area in found:
        alarm = alarms.get(area.unit.id)
        finding = judge(alarm.standing if alarm else None, area.signals, heard, rules, now)
        if finding.standing is not None:
            silent.add(area.unit.id)
        if alarm is None and area.within in silent:
            continue
        if _differs(alarm, finding):
            changes.append((area, finding))
    return Look(heard, changes)


def _differs(alarm: Silence | None, finding: Finding) -> bool:
    if alarm is None or finding.standing is None:
        return (alarm is None) != (finding.standing is None)
    return alarm.back_since != finding.standing.back_since or alarm.counts != counts_state(finding)


def _place(area: Area, finding: Finding) -> Place:
    return Place(area.unit.id, area.unit.name, area.unit.kind, _rim(area, finding.lost))


def _rim(area: Area, lost: Sequence[str]) -> Json:
    """A polygon around the silent devices, or around the place itself: no border is invented."""
    spots = {area.places[one] for one in lost if one in area.places}
    if not spots and area.unit.lon is not None and area.unit.lat is not None:
        spots = {(area.unit.lon, area.unit.lat)}
    if not spots:
        return None
    around = shapely.union_all([circle(lon, lat, _REACH_M[area.unit.kind]) for lon, lat in sorted(spots)])
    return to_geojson(shapely.convex_hull(around))
