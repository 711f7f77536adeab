"""Reading which gateways are away."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from alerts.gateways.model import Gateway
from command.directory.queries import Sight
from command.kernel.values import State


def board_gateways(session: Session, sight: Sight) -> list[State]:
    """Those that no worker has, for whoever may read the topmost unit."""
    return [row.state() for row in session.scalars(_away()) if sight.covers(row.unit_id)]


def channels_away(session: Session) -> frozenset[str]:
    """The channels that have gateways, of which none stands."""
    away = {row.channel for row in session.scalars(_away())}
    rows = session.scalars(select(Gateway).where(Gateway.channel.in_(away)))
    return frozenset(away - {row.channel for row in rows if not row.is_away})


def _away() -> Select[Gateway]:
    return select(Gateway).where(Gateway.away_since.is_not(None), Gateway.back_at.is_(None)).order_by(Gateway.name)
