"""How far an alert has come in each township, counted from results and receipts, never added up on the side."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from alerts.model import (
    ANSWERED,
    DELIVERED,
    FAILED,
    ISSUE,
    SENT,
    UNDELIVERED,
    UNKNOWN,
    Alert,
    Coverage,
    Delivery,
    Receipt,
)
from alerts.recipients import Contact
from command.directory.model import Unit
from command.kernel.clock import optional_text
from command.kernel.ids import new_id
from command.kernel.values import Json, State

_NAMES = (SENT, DELIVERED, UNDELIVERED, ANSWERED, FAILED, UNKNOWN)


def open_coverages(session: Session, alert: Alert, contacts: Iterable[Contact]) -> list[Coverage]:
    """A coverage for every township of a fresh audience, nothing sent yet."""
    planned: dict[str, Counter[str]] = defaultdict(Counter)
    responsible: dict[str, set[str]] = defaultdict(set)
    for contact in contacts:
        planned[contact.township_id][contact.channel] += 1
        if contact.responsible:
            responsible[contact.township_id].add(contact.recipient)
    names = dict(session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(planned))).all())
    coverages = [
        Coverage(
            id=new_id(),
            version=0,
            alert_id=alert.id,
            unit_id=unit_id,
            name=names[unit_id],
            on_board=True,
            planned=dict(channels),
            responsible_planned=len(responsible[unit_id]),
            counts={},
        )
        for unit_id, channels in sorted(planned.items())
    ]
    session.add_all(coverages)
    recount(session, alert, coverages)
    return coverages


def recount(session: Session, alert: Alert, coverages: Sequence[Coverage]) -> list[Coverage]:
    """Count the given, held coverages anew; returns those that changed, each with its next version."""
    townships = [coverage.unit_id for coverage in coverages]
    sent = _results(session, alert.id, townships)
    answers = _responsible_answers(session, alert.id, townships)
    first = _first_answers(session, alert.id, townships)
    changed = []
    for coverage in coverages:
        unit = coverage.unit_id
        counts = _counts(coverage, sent[unit], answers[unit], first.get(unit))
        if counts != coverage.counts or not coverage.on_board:
            coverage.counts = counts
            coverage.version += 1
            changed.append(coverage)
    return changed


def _counts(coverage: Coverage, sent: dict[str, Counter[str]], answered: int, first: State | None) -> State:
    planned = coverage.planned if isinstance(coverage.planned, dict) else {}
    channels: dict[str, Json] = {
        channel: {"planned": count, **{name: sent[channel][name] for name in _NAMES}}
        for channel, count in sorted(planned.items())
    }
    totals: dict[str, Json] = {name: sum(one[name] for one in sent.values()) for name in _NAMES}
    return {
        "planned": sum(int(str(count)) for count in planned.values()),
        **totals,
        "responsible": {"planned": coverage.responsible_planned, "answered": answered},
        "channels": channels,
        "first_answer": first,
    }


def _results(session: Session, alert_id: str, townships: list[str]) -> dict[str, dict[str, Counter[str]]]:
    """Township → channel → state → number. `delivered`, `undelivered` and `answered` come from receipts."""
    found: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    # The acts are told apart here, and of several townships all are counted: of a table that it has not surveyed yet,
    # PostgreSQL takes more conditions to leave so few rows that it sorts them, a million of them on disk.
    one = [Delivery.township_id == townships[0]] if len(townships) == 1 else []
    by = (Delivery.township_id, Delivery.act, Delivery.channel, Delivery.state)
    query = select(*by, func.count()).where(Delivery.alert_id == alert_id, *one).group_by(*by)
    for township, act, channel, state, number in session.execute(query):
        found[township][channel][state] += number if act == ISSUE else 0
    base = (Delivery.alert_id == alert_id, Delivery.act == ISSUE, Delivery.township_id.in_(townships))
    for township, channel, state, number in session.execute(
        select(Delivery.township_id, Delivery.channel, Receipt.state, func.count(Receipt.id))
        .join(Receipt, Receipt.delivery_id == Delivery.id)
        .where(*base, Receipt.state.in_((DELIVERED, ANSWERED)))
        .group_by(Delivery.township_id, Delivery.channel, Receipt.state)
    ):
        found[township][channel][state] += number
    arrived = aliased(Receipt)
    for township, channel, number in session.execute(
        select(Delivery.township_id, Delivery.channel, func.count())
        .join(Receipt, Receipt.delivery_id == Delivery.id)
        .where(*base, Delivery.state == SENT, Receipt.state == FAILED)
        .where(~exists().where(arrived.delivery_id == Delivery.id, arrived.state.in_((DELIVERED, ANSWERED))))
        .group_by(Delivery.township_id, Delivery.channel)
    ):
        found[township][channel][UNDELIVERED] += number
    return found


def _responsible_answers(session: Session, alert_id: str, townships: list[str]) -> Counter[str]:
    rows = session.execute(
        select(Delivery.township_id, func.count(Delivery.recipient.distinct()))
        .join(Receipt, Receipt.delivery_id == Delivery.id)
        .where(Delivery.alert_id == alert_id, Delivery.township_id.in_(townships), Delivery.responsible)
        .where(Receipt.state == ANSWERED, Delivery.act == ISSUE)
        .group_by(Delivery.township_id)
    )
    return Counter(dict(rows.all()))


def _first_answers(session: Session, alert_id: str, townships: list[str]) -> dict[str, State]:
    rows = session.execute(
        select(Delivery.township_id, Receipt.by, Receipt.at)
        .join(Receipt, Receipt.delivery_id == Delivery.id)
        .where(Delivery.alert_id == alert_id, Delivery.township_id.in_(townships), Delivery.act == ISSUE)
        .where(Receipt.state == ANSWERED)
        .order_by(Receipt.at.desc(), Receipt.id.desc())
    )
    return {township: {"by": by, "at": optional_text(at)} for township, by, at in rows}
