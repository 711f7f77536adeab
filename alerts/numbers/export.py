"""The numbers to mend as rows of a table, in the reader's language and in local time."""

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.texts import LOCAL
from command.kernel.clock import from_text

_HEADERS = {
    "zh": ("单位", "姓名", "岗位", "类别", "号码或地址", "状态", "原因", "退回时间", "上次通达", "人工确认",
           "核对电话", "拨打时间", "拨打次数"),
    "en": ("Unit", "Name", "Posts", "Kind", "Number or address", "State", "Reason", "Bounced", "Last proven",
           "Said to be right", "Test call", "Called", "Times called"),
}  # fmt: skip
_WORDS: dict[str, tuple[str, str]] = {
    "phone": ("电话", "telephone"),
    "email": ("邮箱", "e-mail"),
    "bounced": ("退回", "bounced"),
    "unproven": ("31 天未通达", "not proven for 31 days"),
    "undelivered": ("没有送达", "not delivered"),
    "refused": ("对方不收", "refused"),
    "no_such_number": ("空号", "no such number"),
    "malformed": ("写法不对", "malformed"),
    "confirmed": ("接通并按键", "answered, key pressed"),
    "no_key": ("接通", "answered"),
    "busy": ("占线", "busy"),
    "no_answer": ("无人接听", "no answer"),
    "off": ("关机或不通", "switched off"),
    "declined": ("拒接", "declined"),
    "not_connected": ("没有接通线路", "not connected"),
    "not_configured": ("没有电话线路", "no telephone line"),
    "unknown": ("结果不明", "unknown"),
    "failed": ("没有打通", "failed"),
    "stopped": ("接通后中止", "answered, broken off"),
}


def header(language: str) -> Sequence[str]:
    """The first row."""
    return _HEADERS["en" if language == "en" else "zh"]


def row(one: Mapping[str, Any], language: str) -> Sequence[object]:
    """One row of `queries.numbers_to_mend`."""
    corrected, called = one["corrected"], one["called"] or {}
    return (
        one["unit_name"],
        one["name"],
        " ".join(one["posts"]),
        _word(one["kind"], language),
        one["address"],
        _word(one["state"], language),
        _word(one["reason"], language),
        _local(one["bounced_at"]),
        _local(one["proven_at"]),
        f"{corrected['by']['name']} {_local(corrected['at'])}" if corrected else "",
        _word(called.get("outcome"), language),
        _local(called.get("at")),
        called.get("times", ""),
    )


def _word(value: str | None, language: str) -> str:
    return _WORDS[value][language == "en"] if value in _WORDS else ""


def _local(text: str | None) -> str:
    return f"{from_text(text).astimezone(LOCAL):%Y-%m-%d %H:%M}" if text else ""
