"""What happens by a worker's word of its gateways: it is kept, and told where the whole changes by it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.gateways.model import Gateway
from alerts.gateways.rule import Look, Views, away_since, renewed
from command.directory.model import Unit
from command.directory.queries import root_unit
from command.kernel.actor import system_actor
from command.kernel.ids import new_id
from command.kernel.timeline import record

Gate = tuple[str, str]
"""A channel and the name of one of its gateways."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a worker sees of all its gateways now; `is_dead` says of another worker that its process is gone."""

    owner: str
    looks: Mapping[Gate, Look]
    at: datetime
    is_dead: Callable[[str], bool]


def is_news(session: Session, word: Word) -> bool:
    """Whether there is anything to write."""
    return bool(_news(_rows(session), word)) and root_unit(session) is not None


def settle(session: Session, word: Word) -> None:
    """Write the word. The topmost unit's row is held, so that one worker does at a time."""
    unit = root_unit(session)
    if unit is None:
        return
    session.get_one(Unit, unit, with_for_update=True)
    rows = _rows(session)
    for gate, views in sorted(_news(rows, word).items()):
        row = rows.get(gate) or _new(unit, gate)
        row.see(views)
        if views or gate in word.looks:
            session.add(row)
            _judge(session, row, views, word.at)
        else:
            _drop(session, row, word.at)


def _rows(session: Session) -> dict[Gate, Gateway]:
    return {(row.channel, row.name): row for row in session.scalars(select(Gateway))}


def _news(rows: Mapping[Gate, Gateway], word: Word) -> dict[Gate, Views]:
    """The views that are to be written; none of a gateway that nobody has any more."""
    news: dict[Gate, Views] = {}
    for gate in word.looks.keys() | rows.keys():
        before = rows[gate].seen() if gate in rows else {}
        views = renewed(before, word.owner, word.looks.get(gate), word.at, word.is_dead)
        if views != before or (not views and gate not in word.looks):
            news[gate] = views
    return news


def _new(unit: str, gate: Gate) -> Gateway:
    channel, name = gate
    return Gateway(
        id=new_id(),
        version=1,
        unit_id=unit,
        channel=channel,
        name=name,
        views={},
        away_since=None,
        back_at=None,
        workers=[],
    )


def _judge(session: Session, row: Gateway, views: Views, now: datetime) -> None:
    """Tell where it is away now and was not, or the other way round."""
    since = away_since(views.values(), row.away_since if row.is_away else None)
    if (since is not None) == row.is_away:
        return
    row.workers = sorted({_worker(one) for one, view in views.items() if (view.away_since is None) == (since is None)})
    if since is None:
        row.back_at = now
        _tell(session, row, "gateway.back")
    else:
        row.away_since, row.back_at = since, None
        _tell(session, row, "gateway.away")


def _drop(session: Session, row: Gateway, now: datetime) -> None:
    if row.is_away:
        row.back_at, row.workers = now, []
        _tell(session, row, "gateway.dropped")
    session.delete(row)


def _worker(owner: str) -> str:
    """Machine and name, without the process's number."""
    return owner.rpartition("#")[0]


def _tell(session: Session, row: Gateway, kind: str) -> None:
    row.version += 1
    record(session, system_actor(row.unit_id), kind, unit=row.unit_id, body={"gateway": row.state()})
