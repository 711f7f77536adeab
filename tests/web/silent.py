"""A township that has fallen silent, as the watch would find it."""

from sqlalchemy import select

from alerts.silence.actions import Place, settle
from alerts.silence.model import Silence
from alerts.silence.rule import LOUDSPEAKER, TERMINAL, Count, Finding, Standing
from command.directory.model import Unit
from command.kernel.db import Database
from gis.geometry import circle, to_geojson


def silence(db: Database, unit_id: str) -> str:
    """Raise the alarm of an area as of now; its id."""
    with db.writing() as session:
        unit = session.get_one(Unit, unit_id)
        area = to_geojson(circle(unit.lon or 0, unit.lat or 0, 8000)) if unit.lon is not None else None
        counts = {TERMINAL: Count(5, 6), LOUDSPEAKER: Count(12, 13)}
        settle(session, db.clock, Place(unit.id, unit.name, unit.kind, area), Finding(Standing(db.clock.now()), counts))
        session.flush()
        return session.scalars(select(Silence.id).where(Silence.unit_id == unit_id)).one()
