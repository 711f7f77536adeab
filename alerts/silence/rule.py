"""When an area has fallen silent, and when it is heard again. Pure: signals and a time in, a finding out.

Two sorts of signal: *presence* (terminals, loudspeakers), of which each says by itself that it is there, and *asked*
(short messages sent, telephones rung), of which only the share counts that came back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.data import table

TERMINAL, LOUDSPEAKER, SMS, CALL = "terminal", "loudspeaker", "sms", "call"
KINDS = (TERMINAL, LOUDSPEAKER, SMS, CALL)


@dataclass(frozen=True, slots=True)
class Source:
    """A device that is heard by itself: when it last was. One that took its leave is no source."""

    kind: str
    id: str
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """How many were asked by one kind since `at`, and of how many something came back."""

    kind: str
    asked: int
    answered: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Signals:
    """Everything that should be heard of one area."""

    sources: tuple[Source, ...] = ()
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """Of one kind: how many are gone, of how many."""

    gone: int
    of: int

    @property
    def share(self) -> float:
        return self.gone / self.of


@dataclass(frozen=True, slots=True)
class AskedRule:
    patience: timedelta
    counts_for: timedelta
    least: int


@dataclass(frozen=True, slots=True)
class Rules:
    """`alerts/data/silence.json`, where each number has its reason."""

    silent_after: Mapping[str, timedelta]
    asked: Mapping[str, AskedRule]
    window: timedelta
    missed_for: timedelta
    least_gone: int
    share_gone: float
    share_back: float
    back_for: timedelta


@dataclass(frozen=True, slots=True)
class Hearing:
    """What we can hear at all: the kinds that say nothing now, and since when each other one is heard."""

    mute: frozenset[str] = frozenset()
    since: Mapping[str, datetime] | None = None

    def opened(self, kind: str) -> datetime | None:
        return self.since.get(kind) if self.since else None


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm that stands: no sign since `since`; `back_since` while signals are there again."""

    since: datetime
    back_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """`standing` is None where the area is heard; `counts` by kind, those that count alone; `lost` are source ids."""

    standing: Standing | None
    counts: Mapping[str, Count]
    lost: tuple[str, ...] = ()


def shipped_rules() -> Rules:
    raw = table("silence")
    return Rules(
        silent_after={kind: timedelta(seconds=one["silent_after_s"]) for kind, one in raw["presence"].items()},
        asked={kind: _asked_rule(one) for kind, one in raw["asked"].items()},
        window=timedelta(seconds=raw["window_s"]),
        missed_for=timedelta(seconds=raw["missed_for_s"]),
        least_gone=int(raw["least_gone"]),
        share_gone=float(raw["share_gone"]),
        share_back=float(raw["share_back"]),
        back_for=timedelta(seconds=raw["back_for_s"]),
    )


def hearing(areas: Iterable[Signals], before: Hearing, started: datetime, rules: Rules, now: datetime) -> Hearing:
    """What can be heard now, from the signals of all areas.

    A kind of which nobody anywhere is heard says nothing of an area: then the trouble is on our own side (the process
    that listens, a broker, a gateway). When it is heard again everybody gets the time that silence takes before it
    counts: after our own restart the slowest terminal to return is not lost.
    """
    heard: set[str] = set()
    for area in areas:
        heard |= {one.kind for one in area.sources if now - one.heard_at <= rules.silent_after[one.kind]}
        heard |= {one.kind for one in area.asked if one.answered}
    since = {kind: before.opened(kind) if kind not in before.mute else None for kind in heard}
    first = before.since is None
    opened = {kind: at or (started if first else now) for kind, at in since.items()}
    return Hearing(frozenset(KINDS) - heard, opened)


def judge(before: Standing | None, signals: Signals, ears: Hearing, rules: Rules, now: datetime) -> Finding:
    """How the area stands now, by how it stood before."""
    since = before.since if before else now
    missed = [one for one in signals.sources if one.kind not in ears.mute and one.heard_at >= since - rules.missed_for]
    # Time to be heard again after our own silence is given before an alarm; it is no sign of life that ends one.
    grace = {} if before else ears.since or {}
    gone = _gone(missed, grace, rules, now)
    counts = {**_presence(missed, gone), **_replies(signals.asked, ears, rules, now)}
    lost = tuple(sorted(one.id for one in gone))
    if before is None:
        fallen = _has_fallen(gone, counts, rules)
        return Finding(Standing(_since(gone, signals.asked, counts)) if fallen else None, counts, lost)
    return Finding(_after(before, counts, ears, rules, now), counts, lost)


def _has_fallen(gone: Sequence[Source], counts: Mapping[str, Count], rules: Rules) -> bool:
    """Every kind is gone, and enough went within one window of each other."""
    if not counts or any(one.share < rules.share_gone for one in counts.values()):
        return False
    asked = sum(one.gone for kind, one in counts.items() if kind in rules.asked)
    return _together([one.heard_at for one in gone], rules.window) + asked >= rules.least_gone


def _after(
    before: Standing, counts: Mapping[str, Count], ears: Hearing, rules: Rules, now: datetime
) -> Standing | None:
    """Signals that are back have to stay; where we hear nothing ourselves, nothing changes."""
    if not counts:
        # Nothing is left to be heard there, or it is we who hear nothing.
        return Standing(before.since) if ears.mute & set(rules.silent_after) else None
    if not any(1 - one.share >= rules.share_back for one in counts.values()):
        return Standing(before.since)
    back_since = before.back_since or now
    return None if now - back_since >= rules.back_for else Standing(before.since, back_since)


def _gone(sources: Iterable[Source], grace: Mapping[str, datetime], rules: Rules, now: datetime) -> list[Source]:
    def last(one: Source) -> datetime:
        return max(one.heard_at, grace.get(one.kind, one.heard_at))

    return [one for one in sources if now - last(one) > rules.silent_after[one.kind]]


def _presence(missed: Iterable[Source], gone: Sequence[Source]) -> dict[str, Count]:
    of = [one.kind for one in missed]
    lost = [one.kind for one in gone]
    return {kind: Count(lost.count(kind), of.count(kind)) for kind in KINDS if kind in of}


def _replies(asked: Iterable[Asked], ears: Hearing, rules: Rules, now: datetime) -> dict[str, Count]:
    found: dict[str, Count] = {}
    for one in asked:
        rule, age = rules.asked[one.kind], now - one.at
        if one.kind not in ears.mute and rule.patience <= age <= rule.counts_for and one.asked >= rule.least:
            before = found.get(one.kind, Count(0, 0))
            found[one.kind] = Count(before.gone + one.asked - one.answered, before.of + one.asked)
    return found


def _together(instants: Sequence[datetime], window: timedelta) -> int:
    """The most of these instants that lie within one window."""
    ordered = sorted(instants)
    return max((sum(first <= at <= first + window for at in ordered) for first in ordered), default=0)


def _since(gone: Sequence[Source], asked: Iterable[Asked], counts: Mapping[str, Count]) -> datetime:
    """The last sign of those that are gone; where only asking has shown it, when that began."""
    if gone:
        return max(one.heard_at for one in gone)
    return min(one.at for one in asked if one.kind in counts)


def _asked_rule(raw: Mapping[str, int]) -> AskedRule:
    return AskedRule(timedelta(seconds=raw["patience_s"]), timedelta(seconds=raw["counts_for_s"]), raw["least"])
