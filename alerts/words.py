"""The glossary's words for the values of alerts, Chinese and English, as errors say them."""

STATES: dict[str, tuple[str, str]] = {
    "draft": ("在拟", "a draft"),
    "submitted": ("待签发", "waiting for sign-off"),
    "returned": ("已退回", "returned"),
    "signed_off": ("已签发，待发布", "signed off"),
    "issued": ("已发布", "issued"),
    "changed": ("已变更", "changed"),
    "lifted": ("已解除", "lifted"),
    "withdrawn": ("已更正", "withdrawn"),
    "expired": ("已到期", "expired"),
    "received": ("收到的", "received"),
    "dropped": ("已作废", "dropped"),
}

KINDS: dict[str, tuple[str, str]] = {
    "warning": ("预警", "warnings"),
    "notice": ("通知", "notices"),
    "evacuation": ("转移指令", "evacuation orders"),
}

CHANNELS: dict[str, tuple[str, str]] = {
    "websocket": ("页面", "pages"),
    "email": ("邮件", "e-mail"),
    "mqtt": ("大喇叭", "loudspeakers"),
    "sms": ("短信", "short messages"),
    "webhook": ("群机器人", "group robots"),
    "webpush": ("浏览器推送", "browser pushes"),
}

COLOURS: dict[str, tuple[str, str]] = {
    "red": ("红色", "red"),
    "orange": ("橙色", "orange"),
    "yellow": ("黄色", "yellow"),
    "blue": ("蓝色", "blue"),
}
