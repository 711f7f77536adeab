"""Small CAP messages written for these tests, each showing one thing."""

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"


def alert(
    *,
    identifier: str = "example-1",
    sender: str = "station@example.org",
    sent: str = "2026-11-20T14:03:11+08:00",
    status: str = "Actual",
    msg_type: str = "Alert",
    scope: str = "<scope>Public</scope>",
    extra: str = "",
    infos: str | None = None,
    namespace: str = NAMESPACE,
    declaration: str = '<?xml version="1.0" encoding="UTF-8"?>',
) -> str:
    return (
        f'{declaration}<alert xmlns="{namespace}"><identifier>{identifier}</identifier>'
        f"<sender>{sender}</sender><sent>{sent}</sent><status>{status}</status>"
        f"<msgType>{msg_type}</msgType>{scope}{extra}{info() if infos is None else infos}</alert>"
    )


def info(
    *,
    event: str = "暴雨",
    urgency: str = "Immediate",
    severity: str = "Severe",
    certainty: str = "Likely",
    language: str = "zh-CN",
    more: str = "<headline>暴雨橙色预警</headline>",
    areas: str = "<area><areaDesc>三街镇</areaDesc><polygon>25,101 25,101.1 25.1,101.1 25,101</polygon></area>",
) -> str:
    return (
        f"<info><language>{language}</language><category>Met</category><event>{event}</event>"
        f"<urgency>{urgency}</urgency><severity>{severity}</severity><certainty>{certainty}</certainty>"
        f"{more}{areas}</info>"
    )


def area(inside: str, description: str = "三街镇") -> str:
    return f"<area><areaDesc>{description}</areaDesc>{inside}</area>"


def geocode(name: str, value: str) -> str:
    return f"<geocode><valueName>{name}</valueName><value>{value}</value></geocode>"
