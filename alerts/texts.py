"""What people read and hear, one text per channel.

An alert that has texts of its own (`variants`) is carried by them word for word: the short or medium one by short
message, the long one by mail, page, group and push, the voice one by loudspeaker and telephone. Where it has none the
texts are made here of its fields, in Chinese or, of an English alert, in English. Drill text begins with 演练 on every
output. The three ends of an alert have three different texts: lifted (the danger is over), withdrawn (it was sent by
mistake), expired (its time has passed).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from alerts.cap.hazards import event_in_english
from alerts.cap.severity import colour_name

LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
DRILL = "演练"
DRILL_MARK = f"{DRILL} "
"""Before whatever is read; twice, and after it, where it is heard."""
SHORT, MEDIUM, LONG, VOICE = "short", "medium", "long", "voice"
CARRIED_BY = {"email": LONG, "websocket": LONG, "webhook": LONG, "webpush": LONG, "mqtt": VOICE, "voice": VOICE}
"""Which variant a channel carries; short messages the one that is set."""
RECEIPT, SAFETY, NUMBER = "receipt", "safety", "number"
SAFE, NEEDS_HELP = "safe", "needs_help"
SAFETY_KEYS = {"1": SAFE, "2": NEEDS_HELP}
"""The digit of a short message and the key of a telephone."""
KINDS = {
    "warning": "预警",
    "notice": "通告",
    "evacuation": "转移指令",
    "safety_check": "平安核查",
    "number_check": "核对",
}
KINDS_EN = {"warning": "warning", "notice": "notice", "evacuation": "evacuation order"}


RECORDING_TYPE = "audio/mpeg"


class Recording(NamedTuple):
    """A recorded message: SHA-256 in hex, seconds, bytes, where it is fetched (empty where it cannot be), and whether
    calls say it too."""

    sha256: str
    seconds: float
    size: int
    uri: str
    called: bool


@dataclass(frozen=True, slots=True)
class Content:
    """One text for one channel. `subject` is empty where the channel has none; `body` is spoken by loudspeakers.

    `asks` is what a call asks after it: `receipt` (was it heard, and by whom), `safety`, or `number` (does somebody
    hear it). `heard` is said in the body's place where recordings can be played: recordings, and texts beside them.
    `language` is that of a call.
    """

    subject: str
    body: str
    asks: str = RECEIPT
    heard: tuple[str | Recording, ...] = ()
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class Words:
    """What the texts are made of. `end` is None, `changed`, `lifted`, `withdrawn` or `expired`.

    `variants` are the alert's own texts, or those of its end; `sms` is the one of them that short messages carry.
    """

    issuer: str
    kind: str
    event: str
    colour: str | None
    headline: str
    description: str
    instruction: str
    area: str
    at: datetime
    expires_at: datetime | None
    drill: bool
    end: str | None = None
    end_text: str = ""
    variants: Mapping[str, str] = field(default_factory=dict)
    sms: str = SHORT
    english: bool = False
    recording: Recording | None = None

    def variant(self, name: str) -> str:
        """The alert's own text of that name, empty where it has none."""
        return self.variants.get(name, "")


def texts(words: Words) -> dict[str, Content]:
    """The text of every channel by its name."""
    return {
        "email": email(words),
        "websocket": page(words),
        "mqtt": speech(words),
        "sms": short(words),
        "webhook": group(words),
        "webpush": page(words),
    }


def title(words: Words) -> str:
    """`暴雨橙色预警`, `山洪转移指令`; `orange rainstorm warning`."""
    if words.english:
        kind = KINDS_EN.get(words.kind, words.kind)
        return " ".join(one for one in (words.colour, event_in_english(words.event), kind) if one)
    colour = colour_name(words.colour) if words.colour else ""
    return f"{words.event}{colour}{KINDS[words.kind]}"


def headline(words: Words) -> str:
    """The one line that says it all, with what became of it."""
    if words.english and words.end is not None:
        return _english_headline(words)
    return {
        None: words.headline,
        "changed": f"{words.issuer}变更{title(words)}",
        "lifted": f"{words.issuer}解除{title(words)}",
        "withdrawn": f"更正：{words.issuer}撤回误发的{title(words)}",
        "expired": f"{title(words)}已到期",
    }[words.end]


def _english_headline(words: Words) -> str:
    said = title(words)
    return {
        "changed": f"{words.issuer} has changed the {said}",
        "lifted": f"{words.issuer} has lifted the {said}",
        "withdrawn": f"Correction: {words.issuer} withdraws the {said}, sent by mistake",
        "expired": f"The {said} has expired",
    }[words.end or ""]


def email(words: Words) -> Content:
    if own := words.variant(LONG):
        return Content(_marked(words, headline(words)), _marked(words, own) + "\n")
    lines = [headline(words), "", *_facts(words), "", *_paragraphs(words)]
    return Content(_marked(words, headline(words)), _marked(words, "\n".join(lines).strip()) + "\n")


def page(words: Words) -> Content:
    own = words.variant(LONG)
    lines = [own] if own else [headline(words), *_paragraphs(words)]
    return Content(_marked(words, headline(words)), _marked(words, "\n".join(lines)))


def group(words: Words) -> Content:
    """For many who read it among other messages: what a page shows, with who says it, when and where."""
    own = words.variant(LONG)
    lines = [own] if own else [headline(words), *_facts(words), *_paragraphs(words)]
    return Content(_marked(words, headline(words)), _marked(words, "\n".join(lines)))


def short(words: Words) -> Content:
    """One message after another on a phone: who says it, what it is, what to do; no place for more."""
    if own := words.variant(words.sms):
        return Content("", _marked(words, own))
    said = [headline(words), words.instruction] if words.end in (None, "changed") else [headline(words), words.end_text]
    if words.english:
        return Content("", _marked(words, f"{words.issuer}: {_sentences(said)}"))
    return Content("", _marked(words, f"【{words.issuer}】" + "".join(_sentence(one) for one in said if one)))


def _sentences(said: Iterable[str]) -> str:
    """In English: each with its full stop, unless it ends with a mark of its own."""
    plain = [one.strip() for one in said if one.strip()]
    return " ".join(one if one.endswith((".", "?", "!")) else f"{one}." for one in plain)


def _sentence(text: str) -> str:
    """With its full stop, unless it asks or exclaims."""
    plain = text.strip("。\n ")
    return plain if plain.endswith(("？", "！", "?", "!")) else f"{plain}。"


def speech(words: Words) -> Content:
    """Said twice. Nothing that is only read: no brackets, no identifiers.

    A recorded message goes before it, but for an exercise: what was recorded does not say that it is one.
    """
    own = words.variant(VOICE)
    if own and not own.endswith(("。", "！", "？", ".", "!", "?")):
        own += "." if words.english else "。"
    composed = _sentences(_spoken(words)) if words.english else _chinese_speech(_spoken(words))
    once = own or composed
    repeated = f"{once} I repeat. {once}" if words.english else f"{once}再播一遍。{once}"
    if words.drill:
        return Content("", f"{DRILL}，{DRILL}。{repeated}{DRILL}，{DRILL}。")
    return Content("", repeated, heard=(words.recording,) if words.recording else ())


def _chinese_speech(said: Iterable[str]) -> str:
    return "。".join(part.strip("。\n ") for part in said if part.strip()) + "。"


def english_time(instant: datetime) -> str:
    """`14:03 on 20 November`, in the county's time."""
    local = instant.astimezone(LOCAL)
    return f"{local.hour}:{local.minute:02d} on {local.day} {_MONTHS[local.month - 1]}"


def spoken_time(instant: datetime) -> str:
    """`11月20日14时03分`, in the county's time."""
    local = instant.astimezone(LOCAL)
    return f"{local.month}月{local.day}日{local.hour}时{local.minute:02d}分"


def speech_seconds(text: str) -> float:
    """How long a loudspeaker takes: four characters a second, as the demo's simulated ones do."""
    return len(text) / 4.0


def _facts(words: Words) -> list[str]:
    if words.english:
        return _english_facts(words)
    facts = [f"发布单位：{words.issuer}", f"时间：{spoken_time(words.at)}", f"范围：{words.area}"]
    if words.end is None and words.expires_at is not None:
        facts.append(f"有效至：{spoken_time(words.expires_at)}")
    return facts


def _english_facts(words: Words) -> list[str]:
    facts = [f"Issued by: {words.issuer}", f"Time: {english_time(words.at)}", f"Area: {words.area}"]
    if words.end is None and words.expires_at is not None:
        facts.append(f"Valid until: {english_time(words.expires_at)}")
    return facts


def _paragraphs(words: Words) -> list[str]:
    if words.end in (None, "changed"):
        return [text for text in (words.description, words.instruction, words.end_text) if text]
    return [_end_sentence(words), *([words.end_text] if words.end_text else [])]


def _end_sentence(words: Words) -> str:
    if words.english:
        return {
            "lifted": f"The {title(words)} was lifted at {english_time(words.at)}.",
            "withdrawn": f"The {title(words)} was sent by mistake and is withdrawn. Do not act on it.",
            "expired": f"The {title(words)} expired at {english_time(words.at)} and no longer holds.",
        }[words.end or ""]
    return {
        "lifted": f"{title(words)}于{spoken_time(words.at)}解除。",
        "withdrawn": f"此前收到的{title(words)}系误发，现予撤回，请勿据此行动。",
        "expired": f"{title(words)}于{spoken_time(words.at)}到期，不再有效。",
    }[words.end or ""]


def _spoken(words: Words) -> list[str]:
    if words.english:
        opening, area = f"{words.issuer}, {english_time(words.at)}", f"Area: {words.area}"
    else:
        opening, area = f"{words.issuer}{spoken_time(words.at)}发布", f"范围，{words.area}"
    if words.end is None:
        return [opening, headline(words), area, *_paragraphs(words)]
    return [opening, headline(words), *_paragraphs(words)]


def _marked(words: Words, text: str) -> str:
    return f"{DRILL_MARK}{text}" if words.drill else text
