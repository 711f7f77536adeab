"""An alert as words for the channels."""

from collections.abc import Mapping
from datetime import datetime

from alerts.languages import spoken_languages
from alerts.model import READ, Alert
from alerts.texts import SHORT, VOICE, Recording, Words


def words_of(
    alert: Alert,
    at: datetime,
    end: str | None = None,
    end_text: str = "",
    *,
    sms: str | None = None,
    language: str = "",
    ends: Mapping[str, Mapping[str, str]] | None = None,
) -> Words:
    """What the channels' texts are made of; `sms` is the variant of short messages while none is fixed.

    In another `language` as far as the alert, or its end, has its texts in it. `ends` are texts of its end by language,
    its own under none, where they do not stand in the alert yet.
    """
    ending = ends if ends is not None else {"": alert.end_variants, **(alert.end_translations or {})}
    said = alert.said_in(language) if end is None or ending.get(language) else {}
    other = "headline" in said
    if end is not None:
        variants = {**ending.get("", {}), **ending.get(language, {})}
    else:
        # What is heard is not written in other languages: there it is made of the headline and the instruction.
        variants = {name: text for name, text in alert.variants.items() if not other or name != VOICE}
        variants |= {name: said[name] for name in READ if name in said}
    return Words(
        issuer=alert.source,
        kind=alert.kind,
        event=alert.event,
        colour=alert.colour,
        headline=said.get("headline", alert.headline),
        description=said.get("description", "") if other else alert.description,
        instruction=said.get("instruction", "") if other else alert.instruction,
        area=alert.area_description,
        at=at,
        expires_at=alert.expires_at,
        drill=alert.drill,
        end=end,
        end_text=end_text,
        variants=variants,
        sms=alert.sms_variant or sms or SHORT,
        english=(language if other else alert.language).casefold().startswith("en"),
        recording=recording_of(alert) if end is None and not other else None,
    )


def recording_of(alert: Alert) -> Recording | None:
    """The alert's recorded message."""
    for file in alert.files or []:
        if file.get("seconds") is not None:
            return Recording(file["sha256"], file["seconds"], file["size"], file["uri"] or "", bool(file["called"]))
    return None


def spoken_in(alert: Alert) -> frozenset[str]:
    """The languages other than its own in which a call can say the alert."""
    return frozenset(tag for tag in spoken_languages() if alert.said_in(tag).get("headline"))
