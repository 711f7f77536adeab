"""A text as it is read aloud: numbers and times in words, no brackets, units by their names. Pure."""

import re

_DIGITS = "零一二三四五六七八九"
_PHONE = "零幺二三四五六七八九"
_COUNTED = "小个人户公米天次条辆台名处种毫厘立方吨位间座"
"""After these beginnings of a measure two is 两."""

_UNITS = (
    (r"km/h", "公里每小时", "kilometres an hour"),
    (r"m/s", "米每秒", "metres a second"),
    (r"mm", "毫米", "millimetres"),
    (r"cm", "厘米", "centimetres"),
    (r"km", "公里", "kilometres"),
    (r"(?:℃|°C)", "摄氏度", "degrees Celsius"),
    (r"m", "米", "metres"),
    (r"h", "小时", "hours"),
)
_BRACKETS = re.compile(r"[()（）\[\]［］【】{}｛｝<>＜＞《》「」『』〔〕〈〉\"“”]+")
_NUMBER = re.compile(r"([0-9]+)(?:\.([0-9]+))?")
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def spoken(text: str, language: str) -> str:
    """The text to be read aloud, `zh` or `en`. Said again it stays as it is."""
    plain = text.translate({ord("０") + n: str(n) for n in range(10)})
    worded = _chinese(plain) if language == "zh" else _english(plain)
    return _tidied(_BRACKETS.sub("，" if language == "zh" else ", ", worded), language)


def chinese_number(value: int) -> str:
    """A number up to 9999: 十二, 一百零五, 三千."""
    if value == 0:
        return _DIGITS[0]
    said, gap = "", False
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // place % 10
        if digit:
            said += (_DIGITS[0] if gap and said else "") + _DIGITS[digit] + name
            gap = False
        else:
            gap = bool(said)
    return said.removeprefix("一") if said.startswith("一十") else said


def english_number(value: int) -> str:
    """A number up to 9999 in words."""
    if value < 20:
        return _ONES[value]
    if value < 100:
        return _TENS[value // 10] + (f"-{_ONES[value % 10]}" if value % 10 else "")
    place, name = (1000, "thousand") if value >= 1000 else (100, "hundred")
    rest = value % place
    return f"{english_number(value // place)} {name}" + (f" {english_number(rest)}" if rest else "")


def _chinese(text: str) -> str:
    text = re.sub(r"(\d{4})年", lambda m: "".join(_DIGITS[int(one)] for one in m[1]) + "年", text)
    text = re.sub(r"(?<!\d)(\d{1,2})[:：](\d{2})(?!\d)", r"\1时\2分", text)
    text = re.sub(r"时00分", "时整", text)
    text = re.sub(r"时0(\d)分", r"时零\1分", text)
    text = re.sub(r"(\d+(?:\.\d+)?)\s*[%％]", r"百分之\1", text)
    text = re.sub(r"(?<=\d)\s*[-–—~～]\s*(?=\d)", "至", text)
    text = re.sub(r"(?<![\dA-Za-z])[-−](\d+(?:\.\d+)?)\s*(?=℃|°C|度)", r"零下\1", text)
    for pattern, name, _ in _UNITS:
        text = re.sub(rf"(?<=\d)\s*{pattern}(?![A-Za-z/])", name, text)
    text = re.sub(r"(?<=\d) +(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff]) +(?=\d)", "", text)
    return re.sub(_NUMBER, _chinese_said, text)


def _chinese_said(found: re.Match[str]) -> str:
    after, before = found.string[found.end() : found.end() + 1], found.string[: found.start()]
    if found[2] is None:
        return _chinese_digits(found[1], "" if before.endswith("第") else after)
    return f"{_chinese_digits(found[1], '')}点{''.join(_DIGITS[int(one)] for one in found[2])}"


def _chinese_digits(digits: str, after: str) -> str:
    if len(digits) > 4:
        return "".join(_PHONE[int(one)] for one in digits)
    if digits == "2" and after and after in _COUNTED:
        return "两"
    return "".join(_DIGITS[int(one)] for one in digits) if digits[0] == "0" else chinese_number(int(digits))


def _english(text: str) -> str:
    text = re.sub(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)", lambda m: _clock(int(m[1]), int(m[2])), text)
    text = re.sub(r"(\d)\s*%", r"\1 per cent", text)
    text = re.sub(r"(?<=\d)\s*[-–—~]\s*(?=\d)", " to ", text)
    text = re.sub(r"(?<![\d\w])[-−](?=\d)", "minus ", text)
    for pattern, _, name in _UNITS:
        text = re.sub(rf"(?<=\d)\s*{pattern}(?![A-Za-z/])", f" {name}", text)
    return re.sub(_NUMBER, _english_said, text)


def _english_said(found: re.Match[str]) -> str:
    after = found.string[found.end() : found.end() + 1]
    rest = "" if found[2] is None else " point " + " ".join(_ONES[int(one)] for one in found[2])
    return _english_digits(found[1]) + rest + (" " if after.isalpha() else "")


def _english_digits(digits: str) -> str:
    if len(digits) > 4 or (digits[0] == "0" and len(digits) > 1):
        return " ".join(_ONES[int(one)] for one in digits)
    return english_number(int(digits))


def _clock(hours: int, minutes: int) -> str:
    if minutes == 0:
        return f"{english_number(hours)} hundred hours"
    return f"{english_number(hours)} {'oh ' if minutes < 10 else ''}{english_number(minutes)}"


def _tidied(text: str, language: str) -> str:
    """Without the marks that are left where brackets were: one pause, and none where a sentence begins or ends."""
    marks = _ENGLISH_MARKS if language == "en" else _CHINESE_MARKS
    before = None
    while before != text:  # every round takes something away, or is the last
        before = text
        for pattern, instead in marks:
            text = pattern.sub(instead, text)
    return text


_ENGLISH_MARKS = (
    (re.compile(r"\s{2,}|[\t\n]"), " "),
    (re.compile(r"\s+(?=[.,;:!?])"), ""),
    (re.compile(r",\s*(?=[.,;:!?])|(?<=[.;:!?]),+"), ""),
    (re.compile(r"^[ ,]+|[ ,]+$"), ""),
)
_CHINESE_MARKS = (
    (re.compile(r"[ \t]{2,}|\t"), " "),
    (re.compile(r" *\n\s*"), "\n"),
    (re.compile(r" +(?=[，。；：！？、,\n])|(?<=[，。；：！？、,\n]) +"), ""),
    (re.compile(r"[，,]+(?=[，。；：！？、,\n])|(?<=[。；：！？、\n])[，,]+"), ""),
    (re.compile(r"^[，, \n]+|[，, \n]+$"), ""),
)
