"""Incidents as rows of a table, in the reader's language and in local time. Callers' names stay out of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from command.incidents.model import Incident
from command.incidents.numbers import LOCAL
from command.words import word

_HEADERS = {
    "zh": (
        "编号",
        "标题",
        "类别",
        "等级",
        "状态",
        "核实",
        "来源",
        "发生时间",
        "时间精度",
        "接报时间",
        "登记时间",
        "登记人",
        "单位",
        "区划代码",
        "地点",
        "经度",
        "纬度",
        "位置精度",
        "转移人数",
        "被困人数",
        "失联人数",
        "道路中断",
        "数字时间",
        "说明",
        "原因",
        "演练",
    ),
    "en": (
        "Number",
        "Title",
        "Category",
        "Grade",
        "Status",
        "Verification",
        "Source",
        "Occurred",
        "Time precision",
        "Reported",
        "Logged",
        "Logged by",
        "Unit",
        "Division code",
        "Place",
        "Longitude",
        "Latitude",
        "Position precision",
        "Evacuated",
        "Trapped",
        "Missing",
        "Roads cut",
        "Figures as of",
        "Description",
        "Reason",
        "Exercise",
    ),
}
FIGURES = ("evacuated", "trapped", "missing", "roads_cut")


def header(language: str) -> Sequence[str]:
    """The first row."""
    return _HEADERS["en" if language == "en" else "zh"]


def row(incident: Incident, units: Mapping[str, str], language: str) -> Sequence[object]:
    """One incident; `units` names its unit."""
    return (
        *_what(incident, language),
        *_when(incident, language),
        *_where(incident, units, language),
        *_more(incident),
    )


def local_text(instant: datetime | None) -> str:
    """`2026-11-20 14:03`, Asia/Shanghai; empty for an unknown time."""
    return "" if instant is None else instant.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")


def _what(incident: Incident, language: str) -> tuple[object, ...]:
    values = (incident.category, incident.grade, incident.status, incident.verification, incident.source)
    return (incident.number, incident.title, *(word(value, language) for value in values))


def _when(incident: Incident, language: str) -> tuple[object, ...]:
    by = incident.logged_by if isinstance(incident.logged_by, dict) else {}
    return (
        local_text(incident.occurred_at),
        word(incident.occurred_at_precision, language),
        local_text(incident.reported_at),
        local_text(incident.logged_at),
        by.get("name"),
    )


def _where(incident: Incident, units: Mapping[str, str], language: str) -> tuple[object, ...]:
    return (
        units.get(incident.unit_id),
        incident.division_code,
        incident.place,
        incident.lon,
        incident.lat,
        word(incident.location_precision, language),
    )


def _more(incident: Incident) -> tuple[object, ...]:
    figures = incident.figures if isinstance(incident.figures, dict) else {}
    as_of = figures.get("as_of")
    told = local_text(datetime.fromisoformat(as_of)) if isinstance(as_of, str) else ""
    numbers = tuple(figures.get(name) for name in FIGURES)
    return (*numbers, told, incident.description, incident.reason, int(incident.drill))
