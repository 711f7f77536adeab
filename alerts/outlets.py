"""Which channels are set up on this system, and which text short messages carry. What they cannot carry is refused."""

from dataclasses import dataclass

from alerts.carried import Carried, carried_by
from alerts.forecast import Flow
from alerts.model import Alert
from alerts.recipients import CHANNELS
from alerts.texts import SHORT, Words, texts
from alerts.wording import words_of
from command.kernel.clock import Clock
from command.kernel.errors import FieldError, Invalid


@dataclass(frozen=True, slots=True)
class Outlets:
    """`open`: the channels that are set up, `voice` among them where calls are; `sms`: the variant of short messages;
    `wires`: the protocols of their gateways, `flows` what these take. An exercise has a stand-in for every channel."""

    open: frozenset[str] = frozenset((*CHANNELS, "voice"))
    sms: str = SHORT
    wires: tuple[str, ...] = ("smpp",)
    flows: tuple[Flow, ...] = ()


EVERY = Outlets()


def check_open(alert: Alert, outlets: Outlets) -> None:
    """Invalid `alert.channel_not_set_up` naming the channels by which this alert could reach nobody."""
    if alert.drill:
        return
    missing = [one for one in channels_of(alert) if one not in outlets.open]
    if missing:
        fields = tuple(FieldError("channels", "alert.channel_not_set_up", (("channel", one),)) for one in missing)
        raise Invalid("alert.channel_not_set_up", fields=fields, channel=",".join(missing))


def fix_texts(alert: Alert, clock: Clock, outlets: Outlets) -> None:
    """Fix the variant of short messages, and refuse a text that its channel would cut.

    Raises as `check_open` and `check_length`.
    """
    check_open(alert, outlets)
    alert.sms_variant = outlets.sms
    check_length(alert, words_of(alert, clock.now()), outlets)
    for language in alert.translations or {}:
        check_length(alert, words_of(alert, clock.now(), language=language), outlets, f"translations.{language}")


def check_length(alert: Alert, words: Words, outlets: Outlets, field: str = "texts") -> None:
    """Refuse words that a channel of the alert would cut; `field` is where its own texts stand in a draft.

    Raises Invalid `alert.text_too_long`, `alert.sms_too_long`, `alert.end_too_long`.
    """
    for channel, one in carried_texts(alert, words, outlets).items():
        if one.over and one.most is not None:
            params = {"variant": one.variant or "", "characters": one.characters, "most": one.most}
            raise _invalid("alert.text_too_long", f"{field}.{one.variant}", **params)
        if one.left_out and channel == "sms":
            code, at = ("sms", "instruction") if words.end is None else ("end", "text")
            raise _invalid(f"alert.{code}_too_long", at, parts=one.parts or 0, left_out=one.left_out)


def carried_texts(alert: Alert, words: Words, outlets: Outlets) -> dict[str, Carried]:
    """What each of the alert's channels carries of these words, to the letter."""
    made = texts(words)
    return {name: carried_by(name, made[name], words, outlets.wires) for name in channels_of(alert)}


def channels_of(alert: Alert) -> list[str]:
    return [str(one) for one in alert.channels] if isinstance(alert.channels, list) else []


def _invalid(code: str, field: str, **params: object) -> Invalid:
    said = {name: str(value) for name, value in params.items()}
    return Invalid(code, fields=(FieldError(field, code, tuple(said.items())),), **said)
