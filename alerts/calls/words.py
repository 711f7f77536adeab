"""What is said and written to somebody who is called: the alert, and for which places they answer.

In Chinese, or in English to whom the alert is told in it; names of places and units stay Chinese.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts.calls.policy import SUPERIOR
from alerts.templates.spoken import spoken as aloud
from alerts.texts import DRILL, VOICE, Content, Recording, Words, headline

_LISTED = 12
"""More places than these are said as a number: nobody listens to a longer list."""


@dataclass(frozen=True, slots=True)
class Part:
    """One alert in a call, and the places it is about; a superior is only to know."""

    words: Words
    places: tuple[str, ...]
    whom: str


def spoken(parts: Sequence[Part]) -> Content:
    """One call, without brackets and numbers that are only read. Said again by the channel.

    Where an alert says that its recorded message is heard in calls, that is heard in the place of its text.
    """
    english = parts[0].words.english
    mark = (f"{DRILL}，{DRILL}。{' Exercise, exercise. ' if english else ''}",) if _drill(parts) else ()
    pieces = [piece for part in parts for piece in _pieces(part)]
    text = ("" if not english else " ").join(piece if isinstance(piece, str) else piece[1] for piece in pieces)
    heard: list[str | Recording] = [piece if isinstance(piece, str) else piece[0] for piece in pieces]
    recorded = any(not isinstance(one, str) for one in heard)
    return Content(
        "",
        "".join((*mark, text, *mark)),
        heard=(*mark, *heard, *mark) if recorded else (),
        language="en" if english else "zh",
    )


def written(parts: Sequence[Part]) -> Content:
    """The text of a short message or mail."""
    english = parts[0].words.english
    lines = [line for part in parts for line in _lines(part)]
    subject = f"{'Urgent: ' if english else '叫应：'}{headline(parts[0].words)}"
    mark = f"{DRILL} " if _drill(parts) else ""
    return Content(mark + subject, mark + "\n".join(lines) + "\n")


def _pieces(part: Part) -> Iterator[str | tuple[Recording, str]]:
    """What is said, in order; a recording with the text in whose place it is heard."""
    words, places = part.words, _places(part)
    said, recording = _said(words), words.recording
    told = (recording, said) if recording is not None and recording.called else said
    if words.english:
        yield f"Emergency call from {words.issuer}."
        yield told
        yield (
            f"Nobody has answered for {places}. Reach them now, and send somebody there."
            if part.whom == SUPERIOR
            else f"You answer for {places}. Act now."
        )
        return
    yield f"{words.issuer}叫应。"
    yield told
    yield (
        f"{places}还没有人应答，请立即设法联系，并派人上门。"
        if part.whom == SUPERIOR
        else f"请{places}负责人立即组织。"
    )


def _said(words: Words) -> str:
    own = words.variant(VOICE)
    facts = [own] if own else [headline(words), *([words.instruction] if words.instruction else [])]
    if words.english:
        return aloud(" ".join(f"{text.strip().rstrip('.')}." for text in facts), "en")
    return "。".join(text.strip("。\n ") for text in facts) + "。"


def _lines(part: Part) -> list[str]:
    superior = part.whom == SUPERIOR
    if part.words.english:
        what = (
            "nobody has answered; reach them and send somebody there"
            if superior
            else "act now, and confirm: press the button on the page, answer this message with 1, or take the call"
        )
        said = f"{_places(part)}: {what}"
    else:
        what = (
            "还没有人应答，请设法联系并派人上门"
            if superior
            else "请立即组织，并在页面按“收到”、短信回复1或接听电话确认"
        )
        said = f"{_places(part)}：{what}"
    return [headline(part.words), said, *([part.words.instruction] if part.words.instruction else [])]


def _places(part: Part) -> str:
    if len(part.places) > _LISTED:
        others = len(part.places)
        return (
            f"{part.places[0]} and {others - 1} more places" if part.words.english else f"{part.places[0]}等{others}处"
        )
    return (", " if part.words.english else "、").join(part.places)


def _drill(parts: Sequence[Part]) -> bool:
    return any(part.words.drill for part in parts)
