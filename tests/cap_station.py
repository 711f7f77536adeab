"""A station's messages of a flash flood: made up here, marked 示例."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

SENDER = "station.example"


def red(identifier: str, townships: Sequence[str]) -> bytes:
    """A red rainstorm warning for these division codes, running for three hours."""
    return _message(identifier, "Alert", "", townships)


def lifted(identifier: str, of: str, townships: Sequence[str]) -> bytes:
    """The Cancel of the message `of`."""
    reference = f"<references>{SENDER},{of},{_now().isoformat()}</references>"
    return _message(identifier, "Cancel", reference, townships)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _message(identifier: str, kind: str, references: str, townships: Sequence[str]) -> bytes:
    codes = "".join(
        f"<geocode><valueName>行政区划代码</valueName><value>{code}</value></geocode>" for code in townships
    )
    now = _now()
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{identifier}</identifier><sender>{SENDER}</sender>
<sent>{now.isoformat()}</sent><status>Actual</status><msgType>{kind}</msgType><scope>Public</scope>{references}
<info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Immediate</urgency>
<severity>Extreme</severity><certainty>Observed</certainty><expires>{(now + timedelta(hours=3)).isoformat()}</expires>
<headline>暴雨红色预警（示例）</headline><description>三小时降雨将达 100 毫米</description>
<instruction>沿河立即转移</instruction><area><areaDesc>三个乡镇</areaDesc>{codes}</area></info></alert>""".encode()
