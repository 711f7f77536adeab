"""A template filled with what an alert says: placeholders resolved, places shortened where they do not fit. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.cap.hazards import event_in_english
from alerts.cap.severity import colour_name
from alerts.model import VARIANTS
from alerts.templates.spoken import spoken
from alerts.templates.template import MOST, OFFERED, Template, units
from alerts.texts import DRILL_MARK, KINDS, KINDS_EN, english_time, spoken_time

_SEVERAL = 3
"""As many places are shortened where they do not fit: the first by name, the others as a number."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What placeholders stand for; `note` is what whoever ends an alert adds."""

    issuer: str
    place: str
    event: str
    colour: str | None
    kind: str
    expires_at: datetime | None
    headline: str = ""
    description: str = ""
    instruction: str = ""
    note: str = ""
    drill: bool = False


def fill(template: Template, facts: Facts) -> dict[str, str]:
    """The four variants of a template.

    One that is longer than its limit is filled again with its places as a number; it may be longer still, which is
    for `too_long` to say.
    """
    return {name: _filled(template, name, facts) for name in VARIANTS}


def offered(template: Template, facts: Facts) -> dict[str, str]:
    """What a template puts into the draft: the texts of `OFFERED`."""
    return {name: _resolved(template.text(name), template.language, facts) for name in OFFERED}


def too_long(variant: str, text: str, *, drill: bool) -> bool:
    """Whether a variant, with the mark of an exercise, is over its limit."""
    return units(text) + (units(DRILL_MARK) if drill else 0) > MOST[variant]


def _filled(template: Template, name: str, facts: Facts) -> str:
    text = _variant(template, name, facts)
    if too_long(name, text, drill=facts.drill) and (shorter := _shorter(facts.place, template.language)):
        return _variant(template, name, replace(facts, place=shorter))
    return text


def _variant(template: Template, name: str, facts: Facts) -> str:
    text = _resolved(template.text(name), template.language, facts)
    return spoken(text, template.language) if name == "voice" else text


def _shorter(place: str, language: str) -> str:
    names = [one for one in re.split(r"[、,，]\s*", place) if one]
    if len(names) < _SEVERAL:
        return ""
    return f"{names[0]} and {len(names) - 1} more places" if language == "en" else f"{names[0]}等{len(names)}处"


def _resolved(text: str, language: str, facts: Facts) -> str:
    values = _values(facts, language)
    return _tidied(re.sub(r"\{([^{}]*)\}", lambda found: values.get(found[1], found[0]), text), language)


def _values(facts: Facts, language: str) -> Mapping[str, str]:
    english = language == "en"
    colour = facts.colour or ""
    return {
        "issuer": facts.issuer,
        "place": facts.place,
        "event": event_in_english(facts.event) if english else facts.event,
        "colour": colour if english or not colour else colour_name(colour),
        "kind": (KINDS_EN if english else KINDS).get(facts.kind, ""),
        "expires": _time(facts.expires_at, english=english),
        **{name: _ended(getattr(facts, name)) for name in ("headline", "description", "instruction", "note")},
    }


def _time(instant: datetime | None, *, english: bool) -> str:
    if instant is None:
        return "…"
    return english_time(instant) if english else spoken_time(instant)


def _ended(text: str) -> str:
    """Without its full stop: the template has one."""
    return text.strip().rstrip("。.").rstrip()


def _tidied(text: str, language: str) -> str:
    """Without the marks and lines that an empty placeholder leaves; in English with a capital where it begins."""
    if language == "en":
        text = re.sub(r"([.!?])(?:\s*\.)+", r"\1", re.sub(r"[ \t]+", " ", text))
        text = re.sub(r"(^|\n)[ .,;:]+", r"\1", text)
        text = f"{text[:1].upper()}{text[1:]}"
    else:
        text = re.sub(r"([。！？!?])。+", r"\1", text)
        text = re.sub(r"(^|[\n：；，])[。，；]+", r"\1", text)
    return re.sub(r"\n{2,}", "\n", text).strip()
