"""When a gateway counts as away: for one worker, and for all of them together. Pure.

A worker's word of a gateway is a *view*. Only one that is renewed counts: a worker that was killed or whose machine is
gone says nothing any more, whatever it said last.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

AWAY_AFTER = timedelta(seconds=10)
"""Without a break: a centre that restarts, or a line that is made anew, is nobody's concern."""
RENEWED_EVERY = timedelta(minutes=1)
COUNTS_FOR = timedelta(minutes=3)
"""Two renewals may be missed: a round waits for the database, and one that has much to do is put off by seconds."""


class Look(NamedTuple):
    """What a worker sees of a gateway now: whether it stands, and since when it has."""

    stands: bool
    since: datetime


class View(NamedTuple):
    """A worker's word: away since then, or None where the gateway stands; and when it last said so."""

    away_since: datetime | None
    seen_at: datetime


Views = Mapping[str, View]
"""By worker (`alerts.sweep.owner_name`)."""


def looked(before: Look | None, stands: bool, now: datetime) -> Look:
    """The look after one more: what is as it was is so since then."""
    return before if before is not None and before.stands == stands else Look(stands, now)


def renewed(views: Views, owner: str, look: Look | None, now: datetime, is_dead: Callable[[str], bool]) -> Views:
    """The views that count, with the owner's own; `look` is None where the owner has no such gateway.

    The same as before where nothing is to be written.
    """
    own = _own(views.get(owner), look, now)
    others = {one: view for one, view in views.items() if one != owner and not is_dead(one)}
    kept = {one: view for one, view in others.items() if now - view.seen_at < COUNTS_FOR}
    return kept if own is None else {**kept, owner: own}


def away_since(views: Iterable[View], was: datetime | None) -> datetime | None:
    """Since when nobody has it, None where somebody does. Where nobody has a word on it yet it is as it `was`."""
    since = [view.away_since for view in views]
    if not since:
        return was
    lost = [one for one in since if one is not None]
    # It went with the last who had it. Who begins anew meanwhile has not seen since when.
    return None if len(lost) < len(since) else was or max(lost)


def _own(before: View | None, look: Look | None, now: datetime) -> View | None:
    if look is None:
        return None
    if not look.stands and now - look.since < AWAY_AFTER:
        return before
    since = None if look.stands else look.since
    as_before = before is not None and before.away_since == since and now - before.seen_at < RENEWED_EVERY
    return before if as_before else View(since, now)
