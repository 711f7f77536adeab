"""A check as rows of a table, in the reader's language and in the county's time."""

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.texts import LOCAL
from command.kernel.clock import from_text

_HEADERS = {
    "zh": ("乡镇", "单位", "姓名", "电话", "回答", "人数", "说明", "方式", "时间", "回复次数"),
    "en": ("Township", "Unit", "Name", "Telephone", "Answer", "People", "Words", "By", "Time", "Replies"),
}
WORDS: dict[str | None, tuple[str, str]] = {
    "safe": ("平安", "safe"),
    "needs_help": ("需要帮助", "needs help"),
    "unclear": ("看不懂", "unclear"),
    None: ("未回复", "silent"),
    "websocket": ("页面", "page"),
    "sms": ("短信", "short message"),
    "voice": ("电话按键", "telephone key"),
    "hand": ("代为登记", "taken down"),
}


def header(language: str) -> Sequence[str]:
    """The first row."""
    return _HEADERS["en" if language == "en" else "zh"]


def row(one: Mapping[str, Any], language: str) -> Sequence[object]:
    """One row of `queries.people_of`."""
    reply = one["reply"] or {}
    who = (one["township_name"], one["unit_name"], one["name"], one["phone"])
    said = (_word(one["answer"], language), one["people"], reply.get("words"))
    how = _word(reply["channel"], language) if reply else ""
    return (*who, *said, how, _local(reply.get("pressed_at") or reply.get("at")), one["replies"])


def _word(value: str | None, language: str) -> str:
    return WORDS[value][language == "en"]


def _local(text: str | None) -> str:
    return from_text(text).astimezone(LOCAL).strftime("%Y-%m-%d %H:%M:%S") if text else ""
