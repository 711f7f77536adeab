"""What is said and written to somebody who is called (Chinese): the alert, and for which places they answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.calls.policy import SUPERIOR
from alerts.texts import DRILL, VOICE, Content, Words, headline

_LISTED = 12
"""More places than these are said as a number: nobody listens to a longer list."""


@dataclass(frozen=True, slots=True)
class Part:
    """One alert in a call, and the places it is about; a superior is only to know."""

    words: Words
    places: tuple[str, ...]
    whom: str


def spoken(parts: Sequence[Part]) -> Content:
    """The text of one call, without brackets and numbers that are only read. Said again by the channel."""
    text = "".join(_said(part) for part in parts)
    return Content("", f"{DRILL}，{DRILL}。{text}{DRILL}，{DRILL}。" if _drill(parts) else text)


def written(parts: Sequence[Part]) -> Content:
    """The text of a short message or mail."""
    lines = [line for part in parts for line in _lines(part)]
    subject = f"叫应：{headline(parts[0].words)}"
    mark = f"{DRILL} " if _drill(parts) else ""
    return Content(mark + subject, mark + "\n".join(lines) + "\n")


def _said(part: Part) -> str:
    own = part.words.variant(VOICE)
    facts = [own] if own else [headline(part.words), *(text for text in (part.words.instruction,) if text)]
    said = "。".join(text.strip("。\n ") for text in facts)
    if part.whom == SUPERIOR:
        return f"{part.words.issuer}叫应。{said}。{_places(part)}还没有人应答，请立即设法联系，并派人上门。"
    return f"{part.words.issuer}叫应。{said}。请{_places(part)}负责人立即组织。"


def _lines(part: Part) -> list[str]:
    what = (
        "还没有人应答，请设法联系并派人上门"
        if part.whom == SUPERIOR
        else "请立即组织，并在页面按“收到”、短信回复1或接听电话确认"
    )
    return [
        headline(part.words),
        f"{_places(part)}：{what}",
        *([part.words.instruction] if part.words.instruction else []),
    ]


def _places(part: Part) -> str:
    if len(part.places) > _LISTED:
        return f"{part.places[0]}等{len(part.places)}处"
    return "、".join(part.places)


def _drill(parts: Sequence[Part]) -> bool:
    return any(part.words.drill for part in parts)
