"""The values that an error's sentence names, in the reader's language: one table for each kind of value."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.words import CHANNELS, COLOURS, KINDS
from alerts.words import STATES as ALERT_STATES
from command.words import WORDS as COMMAND
from web.field_words import FIELDS

Table = Mapping[str, tuple[str, str]]

RIGHTS: Table = {
    "read": ("查看", "read"),
    "personal.read": ("查看个人信息", "see personal data"),
    "incident.log": ("接报", "log incidents"),
    "incident.change": ("处置事件", "change incidents"),
    "incident.note": ("记录进展", "write notes"),
    "incident.acknowledge": ("确认接报", "acknowledge incidents"),
    "task.order": ("下达任务", "give orders"),
    "task.move": ("办理任务", "carry out orders"),
    "resource.change": ("维护资源", "change resources"),
    "meeting.convene": ("召集会商", "convene meetings"),
    "meeting.join": ("参加会商", "join meetings"),
    "meeting.watch": ("观看会商", "watch meetings"),
    "alert.draft": ("起草预警", "draft alerts"),
    "alert.review": ("签发预警", "sign off alerts"),
    "alert.issue": ("发布预警", "issue alerts"),
    "alert.receive": ("转入外来预警", "hand in alerts from outside"),
    "cap_message.read": ("查看收到的电文", "read messages from outside"),
    "alert.acknowledge": ("应答预警", "answer alerts"),
    "alert.call": ("叫应", "call people"),
    "alert.visit": ("上门通知", "visit people"),
    "evacuation.open": ("启动转移", "open evacuations"),
    "evacuation.report": ("上报转移", "report on evacuations"),
    "evacuation.end": ("结束转移", "end evacuations"),
    "household.read": ("查看住户", "read households"),
    "household.keep": ("维护住户", "keep households"),
    "directory.read": ("查看通讯录", "read the directory"),
    "directory.change": ("维护通讯录", "change the directory"),
    "group.keep": ("维护群组", "keep groups"),
    "role.grant": ("授权", "grant roles"),
    "account.lock": ("锁定账号", "lock accounts"),
    "settings.change": ("更改设置", "change settings"),
    "duty.hold": ("值班、交接班", "be on duty and hand it over"),
    "audit": ("审计", "audit"),
}

GEOMETRY: Table = {
    "geometry.not_a_number": ("坐标不是数", "a coordinate is not a number"),
    "geometry.out_of_world": ("位置不在地球上，或超出地图", "a position is not on earth, or it leaves the map"),
    "geometry.type": ("不是 GeoJSON 的点、线或多边形", "it is no GeoJSON point, line or polygon"),
    "geometry.coordinates": ("坐标和图形种类不符", "the coordinates do not fit the kind of shape"),
    "geometry.empty": ("没有任何位置", "it has no positions"),
    "geometry.too_large": ("顶点太多", "it has too many positions"),
    "geometry.tangled": ("边线互相交叉太多次", "its edges cross too often"),
    "geometry.unmendable": ("围不出面积", "it encloses nothing"),
    "geometry.radius": ("半径要在 0 到 2000 公里之间", "the radius must be between 0 and 2,000 km"),
    "geometry.not_area": ("点和线不是范围", "a point or a line is no area"),
}

FILES: Table = {
    "pdf": (" PDF 文件", "a PDF"),
    "picture": ("图片", "a picture"),
    "document": ("文字文档", "a text document"),
    "slides": ("演示文稿", "a presentation"),
    "archive": ("压缩包", "an archive"),
    "binary_workbook": ("二进制工作簿（.xlsb）", "a binary workbook (.xlsb)"),
    "other": ("别种文件", "another kind of file"),
}


@dataclass(frozen=True)
class _Kind:
    """Values of one kind: their words, and what stands between several, Chinese and English."""

    words: Table
    between: tuple[str, str] = ("、", ", ")


_STATE = _Kind({**COMMAND, **ALERT_STATES})
_FIELD = _Kind(FIELDS)
# What an error's values are called; those that are not here are said as they are.
_KINDS: Mapping[str, _Kind] = {
    "state": _STATE,
    "to": _STATE,
    "possible": _STATE,
    "right": _Kind(RIGHTS),
    "what": _Kind({**COLOURS, **KINDS}, ("", " ")),
    "level": _Kind({**COLOURS, **KINDS}),
    "reason": _Kind(GEOMETRY),
    "places": _Kind({}),
    "channel": _Kind(CHANNELS),
    "looks": _Kind(FILES),
    "variant": _FIELD,
    "field": _FIELD,
    "fields": _FIELD,
}


def spoken(params: Mapping[str, str], language: str) -> dict[str, str]:
    """An error's values with those that a table knows in the reader's language."""
    place = 1 if language == "en" else 0
    return {name: _said(value, kind, place) if (kind := _KINDS.get(name)) else value for name, value in params.items()}


def _said(values: str, kind: _Kind, place: int) -> str:
    return kind.between[place].join(_word(one.strip(), kind, place) for one in values.split(","))


def _word(value: str, kind: _Kind, place: int) -> str:
    """A dotted path of fields is said step by step."""
    if value in kind.words:
        return kind.words[value][place]
    steps = value.split(".") if kind is _FIELD else [value]
    return " › ".join(kind.words.get(step, (step, step))[place] for step in steps)
