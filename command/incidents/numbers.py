"""Numbers people say over the telephone: `MMDD-NNN`, counted per county and local day."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

LOCAL = ZoneInfo("Asia/Shanghai")


def next_number(session: Session, scope: str) -> int:
    """The next number of `scope`, from 1; concurrent transactions wait for each other on its row."""
    statement = text(
        "INSERT INTO counter (scope, last) VALUES (:scope, 1) "
        "ON CONFLICT (scope) DO UPDATE SET last = counter.last + 1 RETURNING last"
    )
    return int(session.execute(statement, {"scope": scope}).scalar_one())


def incident_number(session: Session, county_id: str, logged_at: datetime) -> tuple[str, str]:
    """The local day `2026-11-20` and the number `1120-001` for an incident of this county logged then."""
    local = logged_at.astimezone(LOCAL)
    day = local.date().isoformat()
    return day, f"{local:%m%d}-{next_number(session, f'{county_id}/{day}'):03d}"
