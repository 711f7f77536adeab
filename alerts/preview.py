"""Who would be told, by which channel, in which words, and how long it would take. Nobody is told."""

from collections import Counter, defaultdict
from math import ceil

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.audience import Audience, resolve
from alerts.authority.tables import rules_of
from alerts.bounds import check_place
from alerts.contacts import contacts_of_county
from alerts.data import table
from alerts.drafting import AreaFound, Draft, check_draft, find_area
from alerts.drafts import area_of, new_alert
from alerts.issuing import audience_now
from alerts.ledger import waiting
from alerts.lookup import alert_for
from alerts.model import Alert
from alerts.texts import texts
from alerts.wording import words_of
from command.directory.model import Unit
from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.rights import Right
from command.kernel.values import Json, State
from gis.divisions import Divisions, shipped_divisions
from gis.geometry import area_km2, from_geojson


def preview(session: Session, clock: Clock, actor: Actor, fields: Draft, divisions: Divisions) -> State:
    """The preview of a draft's fields, before there is a draft. Raises as `draft`."""
    unit = unit_of(session, actor.unit_id)
    actor.need(Right.ALERT_DRAFT, unit.path)
    check_draft(fields, unit, rules_of(session, unit))
    area = find_area(fields.area, divisions)
    check_place(session, unit, area)
    audience = resolve(contacts_of_county(session, unit), area.reach(), fields.chosen_channels)
    return _previewed(session, clock, new_alert(unit, actor, fields, area), area, audience)


def preview_of(session: Session, clock: Clock, actor: Actor, alert_id: str) -> State:
    """The preview of a draft as it stands; `people` is the number its issuer will type."""
    alert = alert_for(session, actor, alert_id)
    audience = audience_now(session, alert, unit_of(session, alert.unit_id))
    return _previewed(session, clock, alert, area_of(alert), audience)


def forecast_99_s(counts: dict[str, int]) -> float:
    """Seconds until 99 of 100 deliveries are sent, the channels working side by side (`data/rates.json`)."""
    rates = table("rates")
    times = [rates[name]["first_s"] + ceil(count * 0.99) / rates[name]["per_second"] for name, count in counts.items()]
    return round(max(times, default=0.0), 1)


def _previewed(session: Session, clock: Clock, alert: Alert, area: AreaFound, audience: Audience) -> State:
    counts = audience.by_channel()
    words = texts(words_of(alert, clock.now()))
    chosen = [str(one) for one in alert.channels] if isinstance(alert.channels, list) else []
    return {
        "people": audience.people,
        "units": _by_unit(session, audience),
        "channels": {name: counts.get(name, 0) for name in chosen},
        "forecast_99_s": forecast_99_s(counts),
        "waiting": [one for one in waiting(session, clock.now()) if one["channel"] in chosen],
        "area": {
            "description": area.description,
            "geometry": area.geometry,
            "approximate": area.approximate,
            **_measured(area),
        },
        "texts": {name: words[name].body for name in chosen},
    }


def _measured(area: AreaFound) -> State:
    """The area as it is, whatever anybody calls it: its divisions by name, whether more is drawn, square kilometres.

    None of these where only a larger boundary is known: a township has the county's.
    """
    table = shipped_divisions()
    names = [row.name if (row := table.get(code)) else code for code in area.divisions]
    measured = area.drawn if area.approximate else area.geometry
    return {
        "divisions": list(names),
        "drawn": area.drawn is not None,
        "km2": round(area_km2(from_geojson(measured)), 1) if measured else None,
    }


def _by_unit(session: Session, audience: Audience) -> list[Json]:
    channels: dict[str, Counter[str]] = defaultdict(Counter)
    responsible: dict[str, set[str]] = defaultdict(set)
    for contact in audience.contacts:
        channels[contact.township_id][contact.channel] += 1
        if contact.responsible:
            responsible[contact.township_id].add(contact.recipient)
    query = select(Unit.id, Unit.name).where(Unit.id.in_(channels)).order_by(Unit.division_code)
    return [
        {"unit": unit, "name": name, "responsible": len(responsible[unit]), "channels": dict(channels[unit])}
        for unit, name in session.execute(query)
    ]
