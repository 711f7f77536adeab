"""The ledger of an alert: planned = pending + sent + failed + unknown, counted from both sides, never assumed."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.lookup import alert_for
from alerts.model import DONE, DROPPED, FAILED, ISSUE, PENDING, SENT, UNKNOWN, Alert, Chunk, Coverage, Delivery
from command.kernel.actor import Actor
from command.kernel.clock import Clock, to_text
from command.kernel.values import Json, State


@dataclass(frozen=True, slots=True)
class Account:
    """One act by one channel. `dropped` are those of the pending whom the alert's end spared.

    `pending` is counted from chunks that are not done; a done one whose results are fewer or more shows as a fault.
    """

    act: str
    channel: str
    planned: int
    pending: int
    dropped: int
    sent: int
    failed: int
    unknown: int

    @property
    def holds(self) -> bool:
        """Whether nobody was lost and nobody counted twice."""
        return self.planned == self.pending + self.sent + self.failed + self.unknown

    def state(self) -> State:
        """As told to readers."""
        return {name: getattr(self, name) for name in (*self.__slots__, "holds")}


def accounts_of(session: Session, alert_id: str) -> list[Account]:
    """Every act and channel of an alert that was issued; of the issue, `planned` is the frozen audience's number."""
    results = _results(session, alert_id)
    frozen = _frozen(session, alert_id)
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    query = select(Chunk.id, Chunk.act, Chunk.channel, Chunk.size, Chunk.state).where(Chunk.alert_id == alert_id)
    for chunk, act, channel, size, state in session.execute(query):
        known = results.pop(chunk, Counter())
        one = counts[act, channel]
        one += known
        one["planned"] += size
        if state != DONE:
            one["pending"] += size - known.total()
            one["dropped"] += size - known.total() if state == DROPPED else 0
    for (act, channel), one in counts.items():
        one["planned"] = frozen.get(channel, one["planned"]) if act == ISSUE else one["planned"]
    return [_account(act, channel, one) for (act, channel), one in sorted(counts.items())]


def ledger(session: Session, clock: Clock, actor: Actor, alert_id: str) -> State:
    """An alert's ledger, whether it holds, and what waits because its way is away. Raises NotFound."""
    found = accounts_of(session, alert_for(session, actor, alert_id).id)
    items: list[Json] = [one.state() for one in found]
    away: list[Json] = [*waiting(session, clock.now(), alert_id)]
    return {"holds": all(one.holds for one in found), "items": items, "waiting": away}


def waiting(session: Session, now: datetime, alert_id: str | None = None) -> list[State]:
    """What was tried and could not be sent now, by channel: how many wait, and when they are tried next.

    Of one alert, or of all that are on the board.
    """
    running = select(Alert.id).where(Alert.on_board)
    mine = Chunk.alert_id == alert_id if alert_id else Chunk.alert_id.in_(running)
    held = (mine, Chunk.state == PENDING, Chunk.attempts > 0, Chunk.not_before > now)
    query = select(Chunk.channel, func.sum(Chunk.size), func.min(Chunk.not_before)).where(*held)
    known = select(Chunk.channel, func.count()).join(Delivery, Delivery.chunk_id == Chunk.id).where(*held)
    told = dict(session.execute(known.group_by(Chunk.channel)).all())
    return [
        {"channel": channel, "waiting": size - told.get(channel, 0), "next_at": to_text(next_at)}
        for channel, size, next_at in session.execute(query.group_by(Chunk.channel).order_by(Chunk.channel))
    ]


def broken(session: Session, alert: Alert) -> list[Account]:
    """The accounts of an alert that do not hold."""
    return [one for one in accounts_of(session, alert.id) if not one.holds]


def _account(act: str, channel: str, counts: Counter[str]) -> Account:
    names = ("planned", "pending", "dropped", SENT, FAILED, UNKNOWN)
    return Account(act, channel, *(counts[name] for name in names))


def _results(session: Session, alert_id: str) -> dict[str, Counter[str]]:
    """Chunk → state → number."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    query = select(Delivery.chunk_id, Delivery.state, func.count()).where(Delivery.alert_id == alert_id)
    for chunk, state, number in session.execute(query.group_by(Delivery.chunk_id, Delivery.state)):
        found[chunk][state] += number
    return found


def _frozen(session: Session, alert_id: str) -> Counter[str]:
    """Channel → how many the townships' coverages planned when the audience was frozen."""
    found: Counter[str] = Counter()
    for planned in session.scalars(select(Coverage.planned).where(Coverage.alert_id == alert_id)):
        if isinstance(planned, dict):
            found.update({str(channel): int(str(number)) for channel, number in planned.items()})
    return found
