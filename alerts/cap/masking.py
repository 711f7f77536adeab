"""A received message as we pass it on: without the forecaster's own name.

The bytes received stay as they came; this is for what leaves the house or stands on a screen. Which
fields carry a name is data: `data/personal.json`.
"""

import re
from dataclasses import replace

from alerts.cap.message import Info, Message
from alerts.data import table

MASK = "＊"


def masked(message: Message) -> Message:
    """`message` with personal names replaced: in senderName by the sender, elsewhere by a mark."""
    return replace(
        message,
        note=_text(message.note),
        infos=tuple(_info(info, message) for info in message.infos),
    )


def _info(info: Info, message: Message) -> Info:
    names = table("personal")["parameter_names"]
    return replace(
        info,
        sender_name=_sender_name(info, message),
        contact=None,
        headline=_text(info.headline),
        description=_text(info.description),
        instruction=_text(info.instruction),
        resources=tuple(replace(one, description=_text(one.description) or "") for one in info.resources),
        parameters=tuple(
            replace(pair, value=MASK) if pair.name.strip().casefold() in names else pair for pair in info.parameters
        ),
    )


def _sender_name(info: Info, message: Message) -> str | None:
    personal = re.fullmatch(table("personal")["sender_identifiers"], message.identifier)
    return message.sender if personal and info.sender_name else info.sender_name


def _text(text: str | None) -> str | None:
    if text is None:
        return None
    return re.sub(table("personal")["text_roles"], lambda match: f"{match.group(1)}：{MASK}", text)
