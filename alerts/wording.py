"""An alert as words for the channels."""

from datetime import datetime

from alerts.model import Alert
from alerts.texts import SHORT, Words


def words_of(
    alert: Alert, at: datetime, end: str | None = None, end_text: str = "", *, sms: str | None = None
) -> Words:
    """What the channels' texts are made of; `sms` is the variant of short messages while none is fixed."""
    return Words(
        issuer=alert.source,
        kind=alert.kind,
        event=alert.event,
        colour=alert.colour,
        headline=alert.headline,
        description=alert.description,
        instruction=alert.instruction,
        area=alert.area_description,
        at=at,
        expires_at=alert.expires_at,
        drill=alert.drill,
        end=end,
        end_text=end_text,
        variants=alert.variants if end is None else alert.end_variants,
        sms=alert.sms_variant or sms or SHORT,
        english=bool(alert.variants) and alert.language.casefold().startswith("en"),
    )
