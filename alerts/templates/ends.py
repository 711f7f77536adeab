"""The texts of what ends an alert. A worker loads this: nothing here draws or judges an area."""

from sqlalchemy.orm import Session

from alerts.model import Alert
from alerts.templates.book import chosen
from alerts.templates.facts import facts_of
from alerts.templates.filling import fill
from command.directory.model import Unit


def end_texts(session: Session, alert: Alert, unit: Unit, end: str, note: str) -> dict[str, str]:
    """{variant: text} of an end; empty where the alert has no texts of its own."""
    if not alert.variants:
        return {}
    found = chosen(session, unit, alert.kind, alert.event, alert.colour, end, alert.language)
    return fill(found[1], facts_of(alert, note)) if found else {}
