"""The glossary's words for the values of command's objects, Chinese and English."""

WORDS: dict[str, tuple[str, str]] = {
    "reported": ("接报", "reported"),
    "responding": ("处置", "responding"),
    "controlled": ("受控", "controlled"),
    "closed": ("结束", "closed"),
    "archived": ("归档", "archived"),
    "transferred": ("移交", "transferred"),
    "merged": ("合并", "merged"),
    "unfounded": ("不属实", "unfounded"),
    "unverified": ("未核实", "unverified"),
    "verified": ("已核实", "verified"),
    "refuted": ("已否定", "refuted"),
    "natural_disaster": ("自然灾害", "natural disaster"),
    "accident": ("事故灾难", "accident"),
    "public_health": ("公共卫生", "public health"),
    "social_security": ("社会安全", "social security"),
    "I": ("特别重大", "I"),
    "II": ("重大", "II"),
    "III": ("较大", "III"),
    "IV": ("一般", "IV"),
    "phone": ("电话", "phone"),
    "hotline": ("热线", "hotline"),
    "fax": ("传真", "fax"),
    "terminal": ("终端", "terminal"),
    "sensor": ("传感器", "sensor"),
    "cap": ("预警信息", "CAP"),
    "public": ("群众", "public"),
    "email": ("邮件", "e-mail"),
    "superior": ("上级", "superior"),
    "media": ("媒体", "media"),
    "other": ("其他", "other"),
    "exact": ("准确", "exact"),
    "approximate": ("大致", "approximate"),
    "division": ("按区划", "by division"),
    "unknown": ("不详", "unknown"),
    "ordered": ("已下达", "ordered"),
    "delivered": ("已送达", "delivered"),
    "acknowledged": ("已签收", "acknowledged"),
    "accepted": ("已接受", "accepted"),
    "en_route": ("途中", "en route"),
    "on_scene": ("到场", "on scene"),
    "done": ("完成", "done"),
    "unable": ("无法执行", "unable"),
    "available": ("可用", "available"),
    "unavailable": ("不可用", "unavailable"),
}


def word(value: str | None, language: str) -> str:
    """The word for a value; the value itself where there is none, nothing for None."""
    if value is None:
        return ""
    pair = WORDS.get(value)
    return value if pair is None else pair[1 if language == "en" else 0]
