"""The board: everything the wall shows, as of one `seq`, cut to what the reader may see.

An entry's objects replace the board's by id; that rule (docs/timeline.md) is all that Python and TypeScript share.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sqlalchemy.orm import Session

from alerts.calls.queries import board_obligations
from alerts.fast_track.queries import board_countersigns
from alerts.feeds.queries import board_feeds
from alerts.gateways.queries import board_gateways
from alerts.inbox.queries import board_refusals
from alerts.ledger_faults.queries import board_faults
from alerts.queries import board_alerts, board_coverages
from alerts.safety.queries import board_safety_checks
from alerts.silence.queries import board_silences
from command.directory.queries import Sight, board_terminals, board_units
from command.duty.queries import board_handovers, board_shifts
from command.evacuation.queries import board_evacuation_points, board_evacuations
from command.incidents.queries import board_incidents
from command.kernel.actor import Actor
from command.kernel.clock import Clock, to_text
from command.kernel.timeline import Entry, head_of, headings_before, read_these
from command.kernel.values import State
from command.resources.queries import board_resources
from command.tasks.queries import board_tasks
from media.meetings.queries import board_meetings, board_sites
from media.nodes.queries import board_nodes

RECENT = 60
QUIET = "calling."
"""What goes on all the time while people are called; it stands on the timeline, not among a board's recent entries."""
_SCAN = 500

Collection: TypeAlias = Callable[[Session, Sight], list[State]]


def snapshot(
    session: Session, clock: Clock, actor: Actor, sight: Sight, collections: Mapping[str, Collection]
) -> State:
    """The board for this reader; the session's one consistent state makes `seq` true for all of it."""
    seq, _ = head_of(session)
    board: State = {"seq": seq, "as_of": to_text(clock.now()), "reader": {**actor.state(), "unit": actor.unit_id}}
    for name, read in collections.items():
        board[name] = {str(item["id"]): item for item in read(session, sight)}
    board["recent"] = [entry.state() for entry in recent(session, seq, sight)]
    return board


def recent(session: Session, seq: int, sight: Sight) -> list[Entry]:
    """The last entries this reader may see, oldest first."""
    found: list[int] = []
    before = seq + 1
    while len(found) < RECENT:
        batch = headings_before(session, before, _SCAN)
        found += [one.seq for one in batch if sight.covers(one.unit, one.shared) and not one.kind.startswith(QUIET)]
        if len(batch) < _SCAN:
            break
        before = batch[-1].seq
    return read_these(session, found[:RECENT])


def apply(board: State, entry: State) -> None:
    """Apply one entry to a board in place: the rule itself, used by tests and by Python clients."""
    body, tail = entry["body"], board["recent"]
    if not isinstance(body, dict) or not isinstance(tail, list):
        raise ValueError("not an entry and a board")
    for name, item in body.items():
        collection = board.get(f"{name}s")
        if isinstance(collection, dict) and isinstance(item, dict) and "id" in item:
            _put(collection, item)
    if not str(entry["kind"]).startswith(QUIET):
        tail.append(entry)
        del tail[:-RECENT]
    board["seq"] = entry["seq"]


def _put(collection: State, item: State) -> None:
    key = str(item["id"])
    if item.get("on_board"):
        collection[key] = item
    else:
        collection.pop(key, None)


BASE: dict[str, Collection] = {
    "units": board_units,
    "terminals": board_terminals,
    "alerts": board_alerts,
    "coverages": board_coverages,
    "obligations": board_obligations,
    "safety_checks": board_safety_checks,
    "silences": board_silences,
    "cap_feeds": board_feeds,
    "cap_refusals": board_refusals,
    "gateways": board_gateways,
    "ledger_faults": board_faults,
    "countersigns": board_countersigns,
    "shifts": board_shifts,
    "handovers": board_handovers,
    "evacuations": board_evacuations,
    "evacuation_points": board_evacuation_points,
    "incidents": board_incidents,
    "tasks": board_tasks,
    "resources": board_resources,
    "meetings": board_meetings,
    "sites": board_sites,
    "media_nodes": board_nodes,
}
