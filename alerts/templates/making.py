"""The texts of an alert: made of its template and of what a person wrote instead."""

from sqlalchemy.orm import Session

from alerts.drafting import AreaFound, Draft
from alerts.model import VARIANTS, Alert
from alerts.templates.book import chosen, template_of
from alerts.templates.filling import Facts, fill
from alerts.templates.spoken import spoken
from alerts.templates.template import CHANGE, language_of
from command.directory.model import Unit
from command.kernel.errors import FieldError, Invalid
from command.kernel.values import Json, State


def made_texts(session: Session, unit: Unit, fields: Draft, area: AreaFound) -> Json:
    """{variant: {text, worded}}: of the draft's template as it is now, a person's own words before them.

    None where the draft has neither. Raises Invalid `alert.template_unknown`.
    """
    made: dict[str, str] = {}
    if fields.template is not None:
        template = template_of(session, unit, fields.template)
        if template is None:
            raise Invalid("alert.template_unknown", fields=(FieldError("template", "alert.template_unknown"),))
        made = fill(template, _facts(unit.name, fields, area.description))
    own = {name: text.strip() for name, text in fields.texts.items() if text.strip()}
    if "voice" in own:
        own["voice"] = spoken(own["voice"], language_of(fields.language))
    texts: State = {
        name: {"text": own.get(name) or made[name], "worded": name in own}
        for name in VARIANTS
        if name in own or name in made
    }
    return texts or None


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
