"""What the placeholders of a template stand for in an alert."""

from alerts.model import Alert
from alerts.templates.filling import Facts


def facts_of(alert: Alert, note: str = "") -> Facts:
    """The facts of an alert as it stands; `note` is what whoever ends it adds."""
    return Facts(
        issuer=alert.source,
        place=alert.area_description,
        event=alert.event,
        colour=alert.colour,
        kind=alert.kind,
        expires_at=alert.expires_at,
        headline=alert.headline,
        description=alert.description,
        instruction=alert.instruction,
        drill=alert.drill,
        note=note,
    )
