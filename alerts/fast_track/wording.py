"""What of an alert's text is not its approved template's. Pure.

Free are the place, as names that the county knows, the time of expiry, and the numbers where the policy says so.
Nothing else that goes out is anybody's own words.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from alerts.cap.severity import colour_name
from alerts.fast_track.policy import Approved
from alerts.model import Alert
from alerts.templates.facts import facts_of
from alerts.templates.filling import Facts, fill, offered
from alerts.templates.template import ALERT, CHANGE, OFFERED, Template
from alerts.texts import KINDS

_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?:\.\d+)?(?!\d)")
"""What may be another number: five digits and more are a telephone's, not a measure."""
_MADE = re.compile(r"图上划定范围|以 -?[\d.]+，-?[\d.]+ 为中心 [\d.]+ 公里|\d+ 个乡镇")
"""Places that `alerts.drafting` and the desk put into words where nobody wrote any."""


@dataclass(frozen=True, slots=True)
class Places:
    """The names that an area may be called by, and the county's own, which holds them all."""

    county: str
    names: Collection[str]

    def knows(self, words: str) -> bool:
        """Whether the words are nothing but names of places, or what was made of a drawn area."""
        parts = [one.strip() for one in re.split(r"[、,，]", _MADE.sub("", words))]
        return bool(words.strip()) and all(not one or one in self.names for one in parts)


def deviation(alert: Alert, approved: Approved, places: Places) -> str | None:
    """Why the alert does not say what the template says, as a code; None where it does."""
    template = approved.content
    if not fits(alert, template):
        return "fast_track.other_template"
    if _worded(alert):
        return "fast_track.worded"
    if alert.files:
        return "fast_track.files"
    if not places.knows(alert.area_description):
        return "fast_track.place"
    if alert.headline not in _headlines(alert, template, places):
        return "fast_track.headline"
    if any(not _same(alert, approved, name, places) for name in OFFERED):
        return "fast_track.text"
    return "fast_track.old_text" if alert.variants != fill(template, facts_of(alert)) else None


def fits(alert: Alert, template: Template) -> bool:
    """Whether the template is meant for this alert, or for the change that it is."""
    purpose = CHANGE if alert.supersedes else ALERT
    return template.fits(alert.kind, alert.event, alert.colour, purpose, alert.language)


def standard(alert: Alert, template: Template, places: Places) -> dict[str, str]:
    """Headline, description and instruction as they may go out."""
    facts = next(_placed(alert, places))
    return {"headline": headline(facts, template.language), **offered(template, facts)}


def headline(facts: Facts, language: str) -> str:
    """The headline that nobody wrote: place, hazard, colour and kind, as the desk makes it."""
    if language == "en":
        return f"{facts.place}: {facts.colour} {facts.event} warning"
    return f"{facts.place}{facts.event}{colour_name(facts.colour or '')}{KINDS[facts.kind]}"


def _placed(alert: Alert, places: Places) -> Iterator[Facts]:
    """The facts with the area by its own words, if they are a place's, and by the county's name."""
    facts = facts_of(alert)
    if places.knows(facts.place):
        yield facts
    yield replace(facts, place=places.county)


def _headlines(alert: Alert, template: Template, places: Places) -> set[str]:
    return {headline(facts, template.language) for facts in _placed(alert, places)}


def _same(alert: Alert, approved: Approved, name: str, places: Places) -> bool:
    """Whether a text that the template offered stands as it was offered, its numbers aside where they are free."""
    written = _shape(str(getattr(alert, name)), approved)
    return any(written == _shape(offered(approved.content, facts)[name], approved) for facts in _placed(alert, places))


def _shape(text: str, approved: Approved) -> str:
    plain = text.strip()
    return _NUMBER.sub("0", plain) if approved.numbers else plain


def _worded(alert: Alert) -> bool:
    kept = alert.texts if isinstance(alert.texts, dict) else {}
    return bool(alert.translations) or any(isinstance(one, dict) and one["worded"] for one in kept.values())
