"""The texts of what ends an alert. A worker loads this: nothing here draws or judges an area."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from alerts.languages import language_of
from alerts.model import Alert
from alerts.templates.book import chosen
from alerts.templates.facts import facts_of
from alerts.templates.filling import fill
from alerts.templates.spoken import spoken
from command.directory.model import Unit


def end_texts(
    session: Session, alert: Alert, unit: Unit, end: str, note: str, own: Mapping[str, str] | None = None
) -> dict[str, str]:
    """{variant: text} of an end: what somebody wrote (`own`), else of the template for it.

    Of the latter there is none where the alert has no texts itself.
    """
    language = language_of(alert.language)
    written = {name: text.strip() for name, text in (own or {}).items() if text.strip()}
    if "voice" in written:
        written["voice"] = spoken(written["voice"], language)
    found = chosen(session, unit, alert.kind, alert.event, alert.colour, end, language) if alert.variants else None
    return {**(fill(found[1], facts_of(alert, note)) if found else {}), **written}
