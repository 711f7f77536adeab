"""An alert as words for the channels."""

from datetime import datetime

from alerts.model import READ, Alert
from alerts.texts import SHORT, Words


def words_of(
    alert: Alert,
    at: datetime,
    end: str | None = None,
    end_text: str = "",
    *,
    sms: str | None = None,
    language: str = "",
) -> Words:
    """What the channels' texts are made of; `sms` is the variant of short messages while none is fixed.

    In another `language` as far as the alert, or its end, has its texts in it.
    """
    ends = (alert.end_translations or {}).get(language, {})
    said = alert.said_in(language) if end is None or ends else {}
    variants = {**alert.variants, **{name: said[name] for name in READ if name in said}}
    return Words(
        issuer=alert.source,
        kind=alert.kind,
        event=alert.event,
        colour=alert.colour,
        headline=said.get("headline", alert.headline),
        description=alert.description,
        instruction=alert.instruction,
        area=alert.area_description,
        at=at,
        expires_at=alert.expires_at,
        drill=alert.drill,
        end=end,
        end_text=end_text,
        variants=variants if end is None else {**alert.end_variants, **ends},
        sms=alert.sms_variant or sms or SHORT,
        english=alert.language.casefold().startswith("en"),
    )
