"""The texts of an alert: made of its template and of what a person wrote instead."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from alerts.drafting import AreaFound, Draft
from alerts.languages import language_of
from alerts.model import READ, VARIANTS, Alert
from alerts.templates.book import chosen, template_of
from alerts.templates.filling import Facts, fill, offered
from alerts.templates.spoken import spoken
from alerts.templates.template import ALERT, CHANGE, WRITTEN, Template
from command.directory.model import Unit
from command.kernel.errors import FieldError, Invalid
from command.kernel.values import Json, State


class Made(NamedTuple):
    """An alert's texts as it keeps them: its own, and those in other languages."""

    own: Json = None
    translations: dict[str, dict[str, dict[str, Any]]] | None = None


NO_TEXTS = Made()


def made_texts(session: Session, unit: Unit, fields: Draft, area: AreaFound) -> Made:
    """All texts of a draft. Raises Invalid `alert.template_unknown`."""
    template = None if fields.template is None else template_of(session, unit, fields.template)
    if template is None and fields.template is not None:
        raise Invalid("alert.template_unknown", fields=(FieldError("template", "alert.template_unknown"),))
    purpose = CHANGE if template is not None and template.purpose == CHANGE else ALERT
    facts = _facts(unit.name, fields, area.description)
    in_others = {
        language: texts
        for language, words in fields.translations.items()
        if (texts := _translated(words, _in_book(session, unit, facts, purpose, language), facts))
    }
    return Made(_own(fields, fill(template, facts) if template else {}), in_others or None)


def _own(fields: Draft, made: Mapping[str, str]) -> Json:
    """{variant: {text, worded}}: as its template has `made` them, a person's own words before them; None without."""
    own = {name: text.strip() for name, text in fields.texts.items() if text.strip()}
    if "voice" in own:
        own["voice"] = spoken(own["voice"], language_of(fields.language))
    texts: State = {
        name: {"text": own.get(name) or made[name], "worded": name in own}
        for name in VARIANTS
        if name in own or name in made
    }
    return texts or None


def _in_book(session: Session, unit: Unit, facts: Facts, purpose: str, language: str) -> Template | None:
    found = chosen(session, unit, facts.kind, facts.event, facts.colour, purpose, language)
    return found[1] if found else None


def _translated(words: Mapping[str, str], template: Template | None, facts: Facts) -> dict[str, dict[str, Any]]:
    """{name: {text, worded}} in another language: a person's words before those of the book's template in it.

    The draft's own words are not in that language: a text for which nobody has said what the draft says is missing, and
    read in the alert's own.
    """
    own = {name: text.strip() for name, text in words.items() if text.strip()}
    bare = replace(facts, headline="", description="", instruction="")
    said = {**(offered(template, bare) if template else {}), **{name: own[name] for name in WRITTEN if name in own}}
    lacking = {name for name in WRITTEN if getattr(facts, name).strip() and not said.get(name)}
    texts = {**said, **_joined(said, lacking)}
    if template is not None:
        head, what, act = (said.get(name, "") for name in WRITTEN)
        filled = fill(template, replace(bare, headline=head, description=what, instruction=act))
        needed = [f"{{{name}}}" for name in lacking]
        texts |= {name: filled[name] for name in READ if not any(one in template.text(name) for one in needed)}
    texts |= own
    return {name: {"text": texts[name], "worded": name in own} for name in (*WRITTEN, *READ) if texts.get(name)}


def _joined(said: Mapping[str, str], lacking: set[str]) -> dict[str, str]:
    """What is read where the book has no text: what is said, line by line, in whatever language it is."""
    parts = {"short": ("headline", "instruction"), "medium": ("headline", "instruction"), "long": WRITTEN}
    return {
        name: "\n".join(said[one] for one in of if said.get(one))
        for name, of in parts.items()
        if said.get("headline") and not lacking.intersection(of)
    }


def change_template(session: Session, alert: Alert, unit: Unit) -> str | None:
    """The key of the template for the change of an alert that has texts."""
    if not alert.variants:
        return None
    found = chosen(session, unit, alert.kind, alert.event, alert.colour, CHANGE, alert.language)
    return found[0] if found else None


def _facts(issuer: str, fields: Draft, place: str) -> Facts:
    return Facts(
        issuer=issuer,
        place=place,
        event=fields.event.strip(),
        colour=fields.colour,
        kind=fields.chosen_kind,
        expires_at=fields.expires_at,
        headline=fields.headline,
        description=fields.description,
        instruction=fields.instruction,
        drill=fields.drill,
    )
