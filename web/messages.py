"""Every error code's sentence, Chinese and English: those of the edge here, the packages' beside their code."""

from collections.abc import Mapping

from alerts.messages import MESSAGES as ALERTS
from command.kernel.values import State
from command.messages import MESSAGES as COMMAND
from media.sentences import MESSAGES as MEDIA
from web.words import spoken

MESSAGES: dict[str, tuple[str, str]] = {
    **ALERTS,
    **MEDIA,
    **COMMAND,
    "access.unknown": ("请先登录", "Log in first"),
    "access.forged": ("这个请求不是从本站页面发出的", "This request did not come from a page of this site"),
    "access.refused": ("当前账号没有这项权限：{right}", "This account may not do that: {right}"),
    "route.unknown": ("没有这个地址", "There is nothing at this address"),
    "route.method": ("这个地址不接受这种请求", "This address does not take that method"),
    "request.invalid": ("有内容填写不对：{fields}", "Some values are not right: {fields}"),
    "request.invalid_value": ("“{field}”的值不对", "The value of “{field}” is not right"),
    "request.unknown_field": ("有不认识的字段：{fields}", "Unknown field: {fields}"),
    "request.missing": ("缺少“{field}”", "“{field}” is missing"),
    "request.not_in_list": ("“{field}”不在可选范围内", "“{field}” is not one of the possible values"),
    "request.too_long": ("“{field}”太长", "“{field}” is too long"),
    "request.time_without_offset": ("“{field}”的时间没有时区", "The time in “{field}” has no offset"),
    "request.not_json": ("内容不是 JSON", "The body is not JSON"),
    "request.too_large": ("内容超过上限", "The body is over the limit"),
    "version.needed": ("修改要带上看到的版本（If-Match）", "A change names the version it was made from (If-Match)"),
    "version.unreadable": ("看不懂版本号：{value}", "The version is not readable: {value}"),
    "version.stale": ("别人已先改过，请看最新内容再改", "Somebody changed it first; look at it again"),
    "session.wrong": ("用户名、密码或动态码不对", "User name, password or code is wrong"),
    "session.locked": ("试错次数过多，锁定至 {until}", "Too many wrong tries; locked until {until}"),
    "session.account_locked": ("账号已被管理员锁定", "An administrator locked this account"),
    "session.too_many": ("这个地址试得太多，一分钟后再试", "Too many tries from this address; try again in a minute"),
    "area.unreadable": ("图形不能用：要 GeoJSON 多边形", "The area is not usable: a GeoJSON polygon is needed"),
    "settings.address": ("“{value}”不是 IP 地址", "“{value}” is not an IP address"),
    "settings.name": ("“{value}”不是主机名", "“{value}” is not a host name"),
    "demo.typed": ("没有删除：请输入“删除示例”", "Nothing removed: type “remove samples”"),
    "demo.meeting_live": (
        "没有删除：会商“{title}”正在进行，先结束它",
        "Nothing removed: the meeting “{title}” is live; end it first",
    ),
    "demo.alert_runs": (
        "没有删除：预警“{headline}”还在生效，先解除它",
        "Nothing removed: the warning “{headline}” is in force; lift it first",
    ),
    "demo.evacuation_open": (
        "没有删除：转移“{title}”还没有结束",
        "Nothing removed: the evacuation “{title}” is still open",
    ),
    "authority.none": ("这里没有内置证书", "There is no built-in authority here"),
    "import.kind": ("没有这种导入：{kind}", "There is no such import: {kind}"),
    "import.too_large": ("文件超过 5 MB", "The file is over 5 MB"),
    "import.too_many_rows": ("超过 {most} 行，请分几次导入", "More than {most} rows: import them in parts"),
    "import.encoding": (
        "这个文本文件不是 UTF-8 也不是 GB18030 编码：另存为 CSV（UTF-8）或 .xlsx 再导入",
        "This text file is neither UTF-8 nor GB18030: save it as CSV (UTF-8) or .xlsx first",
    ),
    "import.not_table": (
        "这是{looks}，不是表格：请选 CSV 或 Excel（.xlsx）文件",
        "This is {looks}, not a table: choose a CSV or Excel (.xlsx) file",
    ),
    "import.workbook": (
        "这个 Excel 文件读不了：坏了，或有密码",
        "This workbook cannot be read: it is broken or locked",
    ),
    "import.workbook_large": ("这个 Excel 文件展开后太大", "This workbook is too large when unpacked"),
    "import.old_excel": (
        "这是旧格式（.xls）：另存为 .xlsx 或 CSV 再导入",
        "This is the old format (.xls): save it as .xlsx or CSV first",
    ),
    "import.rounded": (
        "“{value}”被表格改成了科学记数：把这一列设为文本，重新填号码",
        "The spreadsheet has rounded “{value}”: set the column to text and type the number again",
    ),
    "import.zeros_lost": (
        "“{value}”是数字格式，前面的 0 可能丢了：把这一列设为文本再填",
        "“{value}” is a number, so a zero in front may be lost: set the column to text and type it again",
    ),
    "import.became_date": (
        "表格把这一格当成了日期（{value}）：把这一列设为文本，重新填",
        "The spreadsheet has made a date of this cell ({value}): set the column to text and type it again",
    ),
    "import.cell_fault": ("这一格是公式错误：{value}", "This cell is an error of a formula: {value}"),
    "import.heading": ("不认识这一列：{heading}", "Unknown column: {heading}"),
    "import.heading_missing": ("缺少这一列：{heading}", "A column is missing: {heading}"),
    "import.too_long": ("太长：{value}…", "Too long: {value}…"),
    "resource.kind": ("没有这种资源：{value}", "There is no such kind of resource: {value}"),
    "resource.class_code": ("分类代码是 7 位数字：{value}", "A class code has 7 digits: {value}"),
    "import.empty": ("这一格必须填", "This cell must be filled"),
    "import.number": ("“{value}”不是数", "“{value}” is not a number"),
    "import.yes_no": ("“{value}”要填 是 或 否", "“{value}” should be yes or no"),
    "import.unit_unknown": ("没有这个单位：{value}", "There is no unit “{value}”"),
    "import.unit_ambiguous": (
        "有多个单位叫“{value}”，请填区划代码",
        "Several units are called “{value}”: use the code",
    ),
    "import.person_unknown": ("这个单位没有这个人：{value}", "The unit has nobody called “{value}”"),
    "import.person_ambiguous": (
        "本单位有不止一个“{value}”，分不清是谁：填电话；确是另一个人，在“同名另一人”填 是；岗位里写“姓名 电话”",
        "The unit has more than one “{value}”: give the telephone; for one more of that name put yes under “another”;"
        " of a post write name and telephone",
    ),
    "import.hazard_point_unknown": ("这个单位没有这个隐患点：{value}", "The unit has no hazard point “{value}”"),
    "import.post_unknown": ("这个单位没有这个岗位：{value}", "The unit has no post “{value}”"),
    "import.shelter_unknown": ("没有这个安置点：{value}", "There is no shelter “{value}”"),
    "import.user_unknown": ("没有这个用户名：{value}", "There is no user “{value}”"),
}


def sentence(code: str, language: str, params: Mapping[str, str] | None = None) -> str:
    """The code's sentence with its values; the code itself where nobody wrote one (a test finds that)."""
    pair = MESSAGES.get(code)
    if pair is None:
        return code
    text = pair[1] if language == "en" else pair[0]
    return text.format_map(_Blank(spoken(params or {}, language)))


def told(code: str, language: str, params: Mapping[str, str] | None = None) -> State:
    """What an answer says of a code: `detail` in the reader's language, `sentences` in each, so that a page whose
    language is changed words anew what stands on it."""
    sentences: State = {one: sentence(code, one, params) for one in ("zh", "en")}
    return {"code": code, "detail": sentences[language], "sentences": sentences}


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"
