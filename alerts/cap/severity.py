"""Warning colour and CAP severity: the table in `data/severity.json` and where messages say a colour."""

import re

from alerts.cap.message import Info, Message
from alerts.data import table


def severity_of(colour: str | None) -> str:
    """The CAP severity of a warning colour; `Unknown` for what has none (notices, evacuation orders)."""
    return next((row["severity"] for row in _rows() if row["colour"] == colour), "Unknown")


def colour_name(colour: str) -> str:
    """`red` in Chinese: 红色."""
    return str(next(row["zh"] for row in _rows() if row["colour"] == colour))


def colour_of(message: Message, info: Info) -> str | None:
    """The warning colour an info says, or None.

    A colour parameter counts first, then the headline's words; the severity alone only in messages of the
    national platform, whose severity is the colour. Elsewhere a severity is no colour.
    """
    return _from_parameters(info) or _from_headline(info.headline or "") or _from_severity(message, info)


def _from_parameters(info: Info) -> str | None:
    names = table("severity")["parameter_names"]
    named = (pair.value.strip().casefold() for pair in info.parameters if pair.name.strip().casefold() in names)
    return next((colour for value in named if (colour := _by_word(value))), None)


def _from_headline(headline: str) -> str | None:
    for pattern in table("severity")["headlines"].values():
        match = re.search(pattern, headline, re.IGNORECASE)
        if match:
            return _by_word(match.group(1).casefold())
    return None


def _from_severity(message: Message, info: Info) -> str | None:
    if not re.fullmatch(table("severity")["sender_identifiers"], message.identifier):
        return None
    return next((str(row["colour"]) for row in _rows() if row["severity"] == info.severity), None)


def _by_word(word: str) -> str | None:
    return next((str(row["colour"]) for row in _rows() if word in row["words"]), None)


def _rows() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = table("severity")["colours"]
    return rows
