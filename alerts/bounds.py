"""Where a unit may alert people: a township and what is under it in its own division, the county everywhere."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.audience import Reach, resolve
from alerts.contacts import contacts_of_county
from alerts.drafting import AreaFound
from command.directory.model import Unit
from command.kernel.errors import Refused
from gis.divisions import shipped_divisions

TOWNSHIP_DIGITS = 9
"""GB/T 10114: villages are named by their township."""


def reach_for(session: Session, unit: Unit, area: AreaFound, titles: Iterable[str]) -> Reach:
    """Whom a unit reaches in an area and by titles of posts: a township those of its own division only."""
    home = _township_of(session, unit)
    within = home.division_code or "" if home is not None else ""
    return replace(area.reach(), titles=frozenset(titles), within=within)


def check_place(session: Session, unit: Unit, area: AreaFound) -> None:
    """Refused `alert.outside` naming the divisions where a township's unit would tell people that are not its own.

    A township has no boundary of its own here: of what is drawn, the people and devices in it decide.
    """
    home = _township_of(session, unit)
    if home is None or not home.division_code:
        return
    codes = [*area.divisions, *_reached(session, unit, area.reach())]
    outside = dict.fromkeys(code[:TOWNSHIP_DIGITS] for code in codes if not code.startswith(home.division_code))
    if outside:
        table = shipped_divisions()
        names = [row.name if (row := table.get(code)) else code for code in outside]
        raise Refused("alert.outside", unit=home.name, places=",".join(names))


def _reached(session: Session, unit: Unit, reach: Reach) -> list[str]:
    """The divisions of those inside what is drawn."""
    if reach.drawn is None:
        return []
    contacts = [one for one in contacts_of_county(session, unit) if one.division_code]
    inside = resolve(contacts, Reach(drawn=reach.drawn), {one.channel for one in contacts})
    return sorted({one.division_code for one in inside.contacts})


def _township_of(session: Session, unit: Unit) -> Unit | None:
    ids = unit.path.strip("/").split("/")
    return session.scalars(select(Unit).where(Unit.id.in_(ids), Unit.kind == "township")).first()
