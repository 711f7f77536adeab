"""Reading what should be heard of each township and village, and which of them are silent now."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from alerts.calls.model import CallAttempt, CallPart, Obligation
from alerts.calls.policy import VOICE
from alerts.model import ISSUED, Alert, Coverage
from alerts.silence.model import Silence
from alerts.silence.rule import CALL, LOUDSPEAKER, SMS, TERMINAL, Asked, Rules, Signals, Source
from command.directory.model import Terminal, TerminalSeen, Unit
from command.directory.queries import Sight
from command.kernel.values import Json, State

AREAS = ("township", "village")
_FOUND = frozenset({"confirmed", "other", "unidentified", "busy", "declined"})
"""Ends of a call at which a telephone was there: what rang unheard may have been a mailbox, and says nothing."""
_NOT_FOUND = "off"


@dataclass
class Area:
    """A township or village, where its devices stand, and what should be heard of it."""

    unit: Unit
    within: str | None
    """The township around a village."""
    sources: list[Source] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    places: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def signals(self) -> Signals:
        return Signals(tuple(self.sources), tuple(self.asked))


def standing_alarms() -> Select[Silence]:
    """Those that have not ended."""
    return select(Silence).where(Silence.ended_at.is_(None)).order_by(Silence.id)


def board_silences(session: Session, sight: Sight) -> list[State]:
    """Silent areas on the board of this reader."""
    return [row.state() for row in session.scalars(standing_alarms()) if sight.covers(row.unit_id)]


def areas(session: Session, rules: Rules, now: datetime) -> list[Area]:
    """Townships and villages with what should be heard of them, townships first."""
    units = {unit.id: unit for unit in session.scalars(select(Unit).where(Unit.active))}
    found = {unit.id: Area(unit, _within(unit, units)) for unit in units.values() if unit.kind in AREAS}
    _add_devices(session, units, found)
    _add_receipts(session, rules, now, found)
    _add_calls(session, rules, now, found)
    return sorted(found.values(), key=lambda area: (AREAS.index(area.unit.kind), area.unit.id))


def _chain(unit: Unit) -> list[str]:
    """The unit and those above it, the nearest first."""
    return unit.path.strip("/").split("/")[::-1]


def _within(unit: Unit, units: Mapping[str, Unit]) -> str | None:
    above = (units[one] for one in _chain(unit)[1:] if one in units)
    return next((one.id for one in above if one.kind == "township"), None)


def _add_devices(session: Session, units: Mapping[str, Unit], found: Mapping[str, Area]) -> None:
    query = select(Terminal, TerminalSeen.seen_at, TerminalSeen.left_at)
    query = query.join(TerminalSeen, TerminalSeen.terminal_id == Terminal.id).where(Terminal.active)
    for terminal, seen_at, left_at in session.execute(query):
        if terminal.unit_id not in units or (left_at is not None and left_at >= seen_at):
            continue
        kind = LOUDSPEAKER if terminal.kind == "loudspeaker" else TERMINAL
        place = _place(terminal, units)
        for unit_id in _chain(units[terminal.unit_id]):
            if unit_id in found:
                found[unit_id].sources.append(Source(kind, terminal.id, seen_at))
                found[unit_id].places |= {terminal.id: place} if place else {}


def _place(terminal: Terminal, units: Mapping[str, Unit]) -> tuple[float, float] | None:
    above = (units[one] for one in _chain(units[terminal.unit_id]) if one in units)
    spots: list[Terminal | Unit] = [terminal, *above]
    return next(((one.lon, one.lat) for one in spots if one.lon is not None and one.lat is not None), None)


def _add_receipts(session: Session, rules: Rules, now: datetime, found: Mapping[str, Area]) -> None:
    """Short messages of running alerts by township, as the coverages have counted them."""
    query = select(Coverage.unit_id, Coverage.counts, Alert.issued_at).join(Alert, Alert.id == Coverage.alert_id)
    fresh = Alert.issued_at >= now - rules.asked[SMS].counts_for
    for unit_id, counts, at in session.execute(query.where(Alert.status == ISSUED, ~Alert.drill, fresh)):
        sent, delivered = _short_messages(counts)
        if unit_id in found and sent and at is not None:
            found[unit_id].asked.append(Asked(SMS, sent, min(delivered, sent), at))


def _short_messages(counts: Json) -> tuple[int, int]:
    channels = counts.get("channels") if isinstance(counts, Mapping) else None
    sms = channels.get("sms") if isinstance(channels, Mapping) else None
    if not isinstance(sms, Mapping):
        return 0, 0
    return int(str(sms.get("sent", 0))), int(str(sms.get("delivered", 0)))


def _add_calls(session: Session, rules: Rules, now: datetime, found: Mapping[str, Area]) -> None:
    """Telephones rung of late, each once by the best that came of it: there, or not to be found."""
    best: dict[str, dict[str, tuple[bool, datetime]]] = defaultdict(dict)
    for unit_id, township_id, person, outcome, at in _calls(session, now - rules.asked[CALL].counts_for):
        for area in {unit_id, township_id} & found.keys():
            there, first = best[area].get(person, (False, at))
            best[area][person] = (there or outcome in _FOUND, min(first, at))
    for area, people in best.items():
        answered = sum(there for there, _ in people.values())
        found[area].asked.append(Asked(CALL, len(people), answered, min(at for _, at in people.values())))


def _calls(session: Session, since: datetime) -> Iterator[tuple[str, str, str, str, datetime]]:
    query = (
        select(
            Obligation.unit_id, Obligation.township_id, CallAttempt.person_id, CallAttempt.outcome, CallAttempt.ended_at
        )
        .join(CallPart, CallPart.obligation_id == Obligation.id)
        .join(CallAttempt, CallAttempt.id == CallPart.attempt_id)
        .where(Obligation.on_board, CallAttempt.channel == VOICE, ~CallAttempt.drill, CallAttempt.ended_at >= since)
        .where(CallAttempt.outcome.in_([*sorted(_FOUND), _NOT_FOUND]))
    )
    for unit_id, township_id, person, outcome, at in session.execute(query):
        if outcome is not None and at is not None:
            yield unit_id, township_id, person, outcome, at
