"""A CAP message of our own making, as a station might send it."""

from datetime import UTC, datetime, timedelta


def cap_message() -> bytes:
    now = datetime.now(UTC).replace(microsecond=0)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>sample-1</identifier><sender>station.example</sender>
<sent>{now.isoformat()}</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Immediate</urgency>
<severity>Severe</severity><certainty>Likely</certainty><expires>{(now + timedelta(hours=3)).isoformat()}</expires>
<headline>暴雨橙色预警（示例）</headline>
<area><areaDesc>楚雄市</areaDesc><geocode><valueName>行政区划代码</valueName><value>532301000000</value></geocode></area>
</info></alert>""".encode()
