"""A template filled with sample values, for whoever writes it: what comes out, how long it is, what it takes."""

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.cmpp.wire import carried as by_cmpp
from alerts.model import VARIANTS
from alerts.smpp.text import carried as by_smpp
from alerts.templates.filling import Facts, fill, offered, too_long
from alerts.templates.template import MOST, Template, units
from command.kernel.values import State

_WORDS = {
    "zh": (
        "西舍路镇",
        "山洪",
        "西舍路镇山洪提示",
        "上游来水，河道 2 小时内涨水",
        "不要下河，到高处去",
        "水位已退到警戒线以下",
    ),
    "en": (
        "Xishelu",
        "flood",
        "Flood in Xishelu",
        "The river rises within 2 hours",
        "Go to high ground",
        "The water is down",
    ),
}


def look(template: Template, issuer: str, now: datetime) -> State:
    """What is offered, and each variant with `characters`, `most`, `over` and the short messages it would take."""
    place, event, headline, description, instruction, note = _WORDS.get(template.language, _WORDS["zh"])
    kind = (template.kinds or ("warning",))[0]
    facts = Facts(
        issuer=issuer,
        place=place,
        event=(template.events or (event,))[0],
        colour=(template.colours or ("red",))[0] if kind == "warning" else None,
        kind=kind,
        expires_at=now + timedelta(hours=6),
        headline=headline,
        note=note,
    )
    given = offered(template, facts)
    description, instruction = given["description"] or description, given["instruction"] or instruction
    texts = fill(template, replace(facts, description=description, instruction=instruction))
    return {"offered": {**given}, "variants": {name: _looked(name, texts[name]) for name in VARIANTS}}


def _looked(name: str, text: str) -> State:
    parts = max(by_smpp(text)[0], by_cmpp(text)[0])
    return {
        "text": text,
        "characters": units(text),
        "most": MOST[name],
        "over": too_long(name, text, drill=False),
        "parts": parts,
    }
