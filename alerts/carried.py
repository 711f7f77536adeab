"""A text as its channel carries it: what is left of it where the channel has less room, and what it takes. Pure."""

from dataclasses import asdict, dataclass

from alerts.channels.webhook_forms import cut, form_names, form_of
from alerts.channels.webpush import LONGEST_TEXT
from alerts.cmpp.wire import carried as by_cmpp
from alerts.smpp.text import carried as by_smpp
from alerts.templates.template import MOST, units
from alerts.texts import CARRIED_BY, DRILL_MARK, Content, Words
from command.kernel.values import State

_BY = {"smpp": by_smpp, "cmpp": by_cmpp}


@dataclass(frozen=True, slots=True)
class Carried:
    """`text` to the letter; `variant` of the alert's own texts, None where it was made of its fields.

    `characters` as a short message counts them and `most` of the variant (None without one), both without what the
    channel adds; `parts` of a short message; `left_out` characters that do not fit and are not sent.
    """

    text: str
    variant: str | None
    characters: int
    most: int | None
    parts: int | None
    left_out: int

    @property
    def over(self) -> bool:
        """Whether it is longer than its variant may be."""
        return self.most is not None and self.characters > self.most

    def state(self) -> State:
        return {**asdict(self), "over": self.over}


def carried_by(channel: str, content: Content, words: Words, wires: tuple[str, ...]) -> Carried:
    """A channel's text. Of several protocols of short messages, and kinds of group, by the one that carries least."""
    name = words.sms if channel == "sms" else CARRIED_BY[channel]
    own = words.variant(name)
    text, parts = content.body, None
    if channel == "sms":
        parts, text = max((_BY[wire](text) for wire in wires or ("smpp",)), key=lambda one: (-len(one[1]), one[0]))
    elif channel in ("webhook", "webpush"):
        room = min(form_of(one).most_octets for one in form_names()) if channel == "webhook" else LONGEST_TEXT
        text = cut(text, room)
    kept = len(text) - (1 if text != content.body and text.endswith("…") else 0)
    said = own or text
    return Carried(
        text=text,
        variant=name if own else None,
        characters=units(said) + (units(DRILL_MARK) if own and words.drill else 0),
        most=MOST[name] if own else None,
        parts=parts,
        left_out=len(content.body) - kept,
    )
