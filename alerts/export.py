"""Who was told of an alert, who answered, who was called, as rows of a table in the reader's language and local time.

Whoever may not read personal data gets the same rows without names; no number stands in any.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.calls.model import CallAttempt, CallPart, Obligation
from alerts.deliveries import every_delivery
from alerts.lookup import alert_for
from alerts.model import FAILED
from alerts.texts import LOCAL
from command.directory.model import Unit
from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.clock import from_text, optional_text
from command.kernel.rights import Right
from command.kernel.values import Json

_HEADERS = {
    "zh": ("类别", "渠道", "乡镇", "单位", "姓名", "同号", "责任人", "状态", "发出时间", "回执时间", "说明"),
    "en": ("Kind", "Channel", "Township", "Unit", "Name", "Same number", "Responsible", "State", "Sent", "Receipt",
           "Detail"),
}  # fmt: skip
_WORDS: dict[str, tuple[str, str]] = {
    "told": ("告知", "told"), "called": ("叫应", "called"), "yes": ("是", "yes"),
    "websocket": ("页面", "page"), "email": ("邮件", "mail"), "mqtt": ("大喇叭", "loudspeaker"),
    "sms": ("短信", "SMS"),
    "webhook": ("群机器人", "group robot"), "webpush": ("浏览器推送", "browser push"), "voice": ("电话", "telephone"),
    "hand": ("人工电话", "call by hand"),
    "pending": ("待发", "pending"), "sent": ("已发", "sent"), "failed": ("失败", "failed"),
    "unknown": ("不明", "unknown"),
    "delivered": ("送达", "delivered"), "undelivered": ("没有送达", "not delivered"),
    "answered": ("已应答", "answered"), "confirmed": ("已确认", "confirmed"),
    "other": ("代接", "somebody else"), "unidentified": ("未说明身份", "unidentified"),
    "no_key": ("没有按键", "no key"),
    "busy": ("忙", "busy"), "no_answer": ("无人接听", "no answer"), "off": ("关机", "off"),
    "declined": ("拒接", "declined"), "drill": ("演练，未送出", "exercise, nothing was sent"),
    "not_connected": ("没有接通", "not connected"), "no_such_number": ("空号", "no such number"),
    "not_configured": ("渠道没有配置", "not configured"), "stopped": ("不再需要", "stopped"),
    "channel.not_configured": ("渠道没有配置", "the channel is not set up"),
    "channel.error": ("渠道出错", "the channel broke"),
    "channel.no_words": ("内容生成不出来", "its words could not be put together"),
    "all": ("全部", "all"), "village": ("村", "village"), "hazard_point": ("隐患点", "hazard point"),
    "leader": ("责任领导", "leader"), "unheld": ("无责任人", "nobody responsible"),
    "open": ("未应答", "silent"), "reached": ("已到达", "reached"), "acted": ("已落实", "acted"),
    "told_by_hand": ("人工告知", "told by hand"), "holder": ("责任人", "holder"), "deputy": ("B角", "deputy"),
    "superior": ("上级", "superior"), "visit": ("上门", "visit"), "report": ("报告", "report"),
}  # fmt: skip


def header(language: str) -> Sequence[str]:
    """The first row."""
    return _HEADERS["en" if language == "en" else "zh"]


def rows(session: Session, actor: Actor, alert_id: str, language: str) -> Iterator[Sequence[object]]:
    """Messages in the order in which they go out, then calls in theirs. Raises NotFound."""
    alert = alert_for(session, actor, alert_id)
    named = actor.may(Right.READ_PERSONAL, unit_of(session, alert.unit_id).path)
    units = dict(session.execute(select(Unit.id, Unit.name)).all())

    def place(unit: Json) -> str:
        return units.get(str(unit), "")

    for one in every_delivery(session, alert, named=named):
        also = one["also"] if isinstance(one["also"], list) else []
        yield (
            *(word("told", language), word(one["channel"], language), place(one["township"]), place(one["unit"])),
            *(one["name"] or "", "、".join(str(each["name"] or "…") for each in also if isinstance(each, dict))),
            *(word("yes", language) if one["responsible"] else "", word(_told(one["state"]), language)),
            *(local_time(one["sent_at"]), local_time(one["receipt_at"]), word(one["detail"], language)),
        )
    query = select(CallAttempt, Obligation).join(CallPart, CallPart.attempt_id == CallAttempt.id)
    query = query.join(Obligation, Obligation.id == CallPart.obligation_id).where(Obligation.alert_id == alert.id)
    for attempt, obligation in session.execute(query.order_by(CallAttempt.id, Obligation.name)):
        yield (
            *(word("called", language), word(attempt.channel, language)),
            *(place(obligation.township_id), obligation.name, attempt.name if named else "", ""),
            *(word("yes", language), word(attempt.outcome or "pending", language)),
            *(local_time(optional_text(attempt.started_at)), local_time(optional_text(attempt.ended_at)), ""),
        )


def _told(state: Json) -> Json:
    """A message that failed reached nobody, whether or not it ever left; a call that did is said in its own words."""
    return "undelivered" if state == FAILED else state


def word(value: Json, language: str) -> str:
    """What a value is called on paper; the value itself where nobody wrote that."""
    known = _WORDS.get(str(value))
    return known[language == "en"] if known else str(value or "")


def local_time(text: Json) -> str:
    """A time of the API as clocks here show it; empty for none."""
    return f"{from_text(text).astimezone(LOCAL):%Y-%m-%d %H:%M:%S}" if isinstance(text, str) else ""
