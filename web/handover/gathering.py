"""What every package knows that the next officer has to know, read in one session."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from alerts.calls.queries import board_obligations
from alerts.fast_track.queries import board_countersigns
from alerts.feeds.queries import board_feeds
from alerts.gateways.queries import board_gateways
from alerts.inbox.queries import board_refusals
from alerts.ledger_faults.queries import standing_faults
from alerts.numbers.queries import numbers_to_mend
from alerts.queries import board_alerts
from alerts.safety.queries import board_safety_checks
from alerts.silence.queries import board_silences
from alerts.silence.rule import LOUDSPEAKER, TERMINAL, shipped_rules
from command.directory.model import Terminal, TerminalSeen, Unit
from command.directory.queries import Sight, sight_of
from command.duty.brief import brief_of
from command.duty.queries import as_officer
from command.evacuation.queries import board_evacuation_points, board_evacuations
from command.incidents.queries import board_incidents
from command.kernel.actor import Actor
from command.kernel.clock import Clock, to_text
from command.kernel.timeline import head_of
from command.kernel.values import State
from command.tasks.queries import board_tasks
from web.handover.composing import Known, composed

_HEARD = ("browser", "headless", "wall", "loudspeaker")
"""Kinds of terminals that say by themselves that they are there."""


def brief_now(session: Session, clock: Clock, actor: Actor, unit: Unit) -> State:
    """The brief of this unit as it is now: what any of its officers may read, whoever asks."""
    # Before the rest: where others commit meanwhile, the brief may know more than `seq`, never less.
    seq, now = head_of(session)[0], clock.now()
    return brief_of(seq, to_text(now), composed(_known(session, as_officer(actor, unit), now), now))


def _known(session: Session, officer: Actor, now: datetime) -> Known:
    sight = sight_of(session, officer)
    units = {row.id: row for row in session.execute(select(Unit.id, Unit.name, Unit.kind, Unit.path))}
    towns = {
        one: next((up for up in row.path.split("/") if up in units and units[up].kind == "township"), one)
        for one, row in units.items()
    }
    return Known(
        units={one: row.name for one, row in units.items()},
        towns=towns,
        alerts=board_alerts(session, sight),
        obligations=board_obligations(session, sight),
        countersigns=board_countersigns(session, sight),
        incidents=board_incidents(session, sight),
        tasks=board_tasks(session, sight),
        evacuations=board_evacuations(session, sight),
        points=board_evacuation_points(session, sight),
        silences=board_silences(session, sight),
        checks=board_safety_checks(session, sight),
        refusals=board_refusals(session, sight),
        feeds=board_feeds(session, sight),
        gateways=board_gateways(session, sight),
        faults=[one.state() for one in session.scalars(standing_faults()) if sight.covers(one.unit_id)],
        devices=_unheard(session, sight, now),
        numbers=numbers_to_mend(session, officer, now),
    )


def _unheard(session: Session, sight: Sight, now: datetime) -> list[State]:
    """Devices that were heard once, took no leave and are not heard any more."""
    silent_after = shipped_rules().silent_after
    query = select(Terminal, TerminalSeen.seen_at).join(TerminalSeen, TerminalSeen.terminal_id == Terminal.id)
    here = or_(TerminalSeen.left_at.is_(None), TerminalSeen.left_at < TerminalSeen.seen_at)
    rows = session.execute(query.where(Terminal.active, Terminal.kind.in_(_HEARD), here).order_by(Terminal.name))
    return [
        {**terminal.state(), "seen_at": to_text(seen_at)}
        for terminal, seen_at in rows
        if sight.covers(terminal.unit_id)
        and now - seen_at > silent_after[LOUDSPEAKER if terminal.kind == "loudspeaker" else TERMINAL]
    ]
