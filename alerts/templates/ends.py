"""The texts of what ends an alert. A worker loads this: nothing here draws or judges an area."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from alerts.languages import language_of
from alerts.model import READ, Alert
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


def end_translations(
    session: Session, alert: Alert, unit: Unit, end: str, own: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, dict[str, str]]:
    """{language: {variant: text}} of an end in the languages that the alert was told in, of what is read.

    What somebody wrote (`own`) goes before the template in that language. The note of whoever ends it is in the
    alert's own language and stays out; a language without texts is none of these.
    """
    found = {}
    for language in alert.translations or {}:
        template = chosen(session, unit, alert.kind, alert.event, alert.colour, end, language)
        headline = alert.said_in(language).get("headline", "")
        facts = replace(facts_of(alert), headline=headline, description="", instruction="")
        written = {name: text.strip() for name, text in (own or {}).get(language, {}).items() if text.strip()}
        texts = {**(fill(template[1], facts) if template else {}), **written}
        found[language] = {name: texts[name] for name in READ if texts.get(name)}
    return {language: texts for language, texts in found.items() if texts}
