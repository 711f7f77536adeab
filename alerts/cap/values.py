"""The values CAP writes as text: times, references, lists of words, numbers, languages."""

import re
from datetime import datetime

from alerts.cap.children import Log
from alerts.cap.message import Reference

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_RESTRICTED = re.compile(r"[\s,<&]")
_WORD = re.compile(r'"([^"]*)"|(\S+)')
_ALIASES = {"Very Likely": "Likely"}


def one_of(text: str, allowed: tuple[str, ...]) -> str | None:
    """The member of `allowed` that `text` names, letter case aside; None where there is none."""
    for value in allowed:
        if value.casefold() == text.casefold():
            return _ALIASES.get(value, value)
    return None


def time_of(text: str | None, where: str, log: Log) -> datetime | None:
    """An aware time. Without an offset, or unreadable, it is an error: nobody knows when it holds."""
    if not text:
        return None
    match = _TIME.fullmatch(text)
    value = _instant(match) if match else None
    if match is None or value is None:
        log.error("cap.time", where, f"{where} “{text[:40]}”")
        return None
    if match.group(2) or match.group(3) == "Z":
        log.warn("cap.time_form", where, f"“{text[:40]}” is not written as CAP writes times")
    return value


def _instant(match: re.Match[str]) -> datetime | None:
    offset = "+00:00" if match.group(3) == "Z" else match.group(3)
    try:
        return datetime.fromisoformat(match.group(1) + offset)
    except ValueError:
        return None


def references_of(text: str | None, log: Log) -> tuple[Reference, ...]:
    """`sender,identifier,sent` triples in their order; commas between triples are read, with a warning."""
    if text is None:
        return ()
    triples = [word.split(",") for word in text.split()]
    if any(len(triple) != 3 for triple in triples):
        fields = [part for part in re.split(r"[\s,]+", text) if part]
        if len(fields) % 3:
            log.warn("cap.references", "references", f"“{text[:80]}” is not sender,identifier,sent")
            return ()
        log.warn("cap.references_form", "references", "triples are not separated by whitespace alone")
        triples = [fields[i : i + 3] for i in range(0, len(fields), 3)]
    return tuple(Reference(*triple) for triple in triples)


def identifier_of(text: str, where: str, log: Log) -> str:
    if _RESTRICTED.search(text):
        log.warn("cap.identifier_form", where, "holds a space, a comma, < or &")
    return text


def words_of(text: str | None) -> tuple[str, ...]:
    """Words separated by whitespace; one in quotes may hold spaces."""
    return tuple(quoted or word for quoted, word in _WORD.findall(text or "") if quoted or word)


def language_of(tag: str) -> str:
    """An RFC 5646 tag in its usual letter case: `zh-tw` is `zh-TW`, `zh-hans-cn` is `zh-Hans-CN`."""
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *(_subtag(part) for part in rest)])


def _subtag(part: str) -> str:
    if len(part) == 2:
        return part.upper()
    return part.title() if len(part) == 4 else part.lower()


def whole_of(text: str | None, where: str, log: Log) -> int | None:
    if text is None:
        return None
    if re.fullmatch(r"\d{1,15}", text, re.ASCII):
        return int(text)
    log.warn("cap.number", where, f"“{text[:40]}” is no whole number; left out")
    return None


def number_of(text: str | None, where: str, log: Log) -> float | None:
    if text is None:
        return None
    if re.fullmatch(r"[+-]?\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        return float(text)
    log.warn("cap.number", where, f"“{text[:40]}” is no number; left out")
    return None
