"""The ledger as rows of a table, in the reader's language and in local time."""

from collections.abc import Mapping, Sequence
from typing import Any

from command.incidents.export import local_text
from command.kernel.clock import from_text

_HEADERS = {
    "zh": ("乡镇", "隐患点", "类型", "户号", "户主", "人数", "特殊需求", "电话", "状态", "原因", "安置点", "报告人",
           "按下时间", "收到时间", "方式"),
    "en": ("Township", "Hazard point", "Hazard", "Number", "Head", "People", "Needs", "Telephone", "Status", "Reason",
           "Shelter", "Reported by", "Pressed", "Received", "How"),
}  # fmt: skip
WORDS: dict[str, tuple[str, str]] = {
    "to_move": ("待转移", "to move"),
    "moved": ("已转移", "moved"),
    "not_moved": ("未转移", "not moved"),
    "absent": ("不在家", "not at home"),
    "return_permitted": ("准许返回", "may return"),
    "refuses": ("不愿转移", "refuses"),
    "cannot_walk": ("行动不便", "cannot walk"),
    "road_cut": ("道路中断", "road cut"),
    "no_vehicle": ("没有车辆", "no vehicle"),
    "other": ("其他", "other"),
    "on_scene": ("现场", "on scene"),
    "telephone": ("电话", "telephone"),
    "relayed": ("转报", "relayed"),
    "command": ("指挥中心", "command"),
}


def header(language: str) -> Sequence[str]:
    """The first row."""
    return _HEADERS["en" if language == "en" else "zh"]


def row(one: Mapping[str, Any], language: str) -> Sequence[object]:
    """One row of `queries.ledger`."""
    who = (one["township_name"], one["point_name"], one["hazard"], one["number"], one["head"], one["people"])
    stands = (_word(one["status"], language), _word(one["reason"], language), _name(one["shelter"]), _name(one["by"]))
    times = (_local(one["pressed_at"]), _local(one["at"]) if one["step"] else "")
    return (*who, one["needs"], one["phone"], *stands, *times, _word(one["how"], language))


def _word(value: str | None, language: str) -> str:
    return WORDS[value][language == "en"] if value in WORDS else value or ""


def _name(value: Mapping[str, Any] | None) -> str:
    return str(value["name"]) if value else ""


def _local(text: str | None) -> str:
    return local_text(from_text(text)) if text else ""
