"""Whether a message from outside is acted on: shown as running, called, adopted. The reasons against it, as codes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from shapely.geometry.base import BaseGeometry

from alerts.authority.rules import Rules, Sender, What
from alerts.cap.places import Place
from alerts.cap.signature import SignatureReport, Verdict

_AUTHOR = ("signature_invalid", "sender_unknown", "signature_needed", "no_authority")
ORIGIN = frozenset(f"received.{why}" for why in _AUTHOR)
"""The reasons that lie in the author; the others lie in the text."""
SHARE = 0.1
"""Of the smaller of two areas: boundaries of neighbours, drawn apart, overlap by less."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose message it is: its `sender`, its signatures, and whether a person of the county handed it in."""

    sender: str
    reports: Sequence[SignatureReport]
    by_person: bool


def reasons_of_origin(rules: Rules, origin: Origin, what: What | None) -> Iterator[str]:
    """Why its author does not count here: a message without text, `what` None, needs a known sender alone."""
    if any(report.verdict is Verdict.INVALID for report in origin.reports):
        yield "received.signature_invalid"
    known = rules.known(origin.sender)
    if not known:
        if not (rules.vouched and origin.by_person):
            yield "received.sender_unknown"
        return
    signed = [one for one in known if _is_signed(one, origin.reports)]
    if not signed:
        yield "received.signature_needed"
    elif what is not None and not any(one.warns_of(what) for one in signed):
        yield "received.no_authority"


def reasons_of_text(
    status: str, expires_at: datetime, places: Sequence[Place], county: BaseGeometry | None, now: datetime
) -> Iterator[str]:
    """Why what it says does not concern us now. Without a boundary of the county everything concerns it."""
    if status != "Actual":
        yield "received.not_actual"
    if expires_at <= now:
        yield "received.expired"
    areas = list({id(one): (one, place.drawn) for place in places for one in place.shapes}.values())
    if not areas:
        yield "received.unplaced"
    elif county is not None and not any(_touches(area, county, drawn=drawn) for area, drawn in areas):
        yield "received.elsewhere"


def _is_signed(sender: Sender, reports: Sequence[SignatureReport]) -> bool:
    return not sender.signer or any(
        report.verdict is Verdict.VALID and report.signer == sender.signer for report in reports
    )


def _touches(area: BaseGeometry, county: BaseGeometry, *, drawn: bool) -> bool:
    """What was drawn counts wherever it reaches into the county, a division only if a good part of it lies there."""
    if area.area == 0 or drawn:
        return bool(area.intersects(county) and not area.touches(county))
    return _reaches(area, county)


@lru_cache(maxsize=512)
def _reaches(division: BaseGeometry, county: BaseGeometry) -> bool:
    """Kept: one message may name a division a thousand times, and the next one names it again."""
    return bool(division.intersection(county).area >= SHARE * min(division.area, county.area))
