"""The lines of a brief in words, Chinese and English, times local. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from alerts.model import END
from alerts.texts import LOCAL
from alerts.words import CHANNELS, COLOURS, STATES
from command.kernel.clock import from_text
from command.words import word

Facts = Mapping[str, Any]
Said = tuple[str, str]
"""What a line is about, and what there is to say of it."""

SECTIONS: dict[str, tuple[str, str]] = {
    "answers": ("预警未应答", "Warnings not answered"),
    "evacuations": ("转移", "Evacuations"),
    "silences": ("失联区域", "Silent areas"),
    "safety": ("平安核查", "Safety checks"),
    "incidents": ("未结束的事件", "Open incidents"),
    "orders": ("未销号的指令", "Open orders"),
    "alerts": ("生效中的预警", "Warnings in force"),
    "drafts": ("未完成的预警", "Unfinished warnings"),
    "outside": ("外来电文", "Messages from outside"),
    "devices": ("离线的终端、大喇叭和网关", "Devices and gateways offline"),
    "numbers": ("要改、要核对的号码", "Numbers to mend or check"),
}
EMPTY: dict[str, tuple[str, str]] = {
    "answers": ("该应答的都已应答", "everybody who had to answer has"),
    "evacuations": ("没有进行中的转移", "none under way"),
    "silences": ("没有失联的乡镇、村", "no township or village is silent"),
    "safety": ("没有进行中的核查", "none under way"),
    "incidents": ("没有未结束的事件", "none"),
    "orders": ("没有未销号的指令", "none"),
    "alerts": ("没有生效中的预警", "none"),
    "drafts": ("没有待签发、待发布、待补签的预警", "none waits for sign-off, issue or countersignature"),
    "outside": ("没有拒收的电文，外来预警源都取得到", "nothing was refused, all feeds answer"),
    "devices": ("都在线", "all are heard"),
    "numbers": ("没有要改、要核对的号码", "none"),
}
HOW: dict[str, tuple[str, str]] = {
    "new": ("新增", "new"),
    "changed": ("有变化", "changed"),
    "gone": ("已了结", "over"),
}
_REASONS: dict[str, tuple[str, str]] = {
    "undelivered": ("没有送达", "not delivered"),
    "refused": ("对方不收", "refused"),
    "no_such_number": ("空号", "no such number"),
    "malformed": ("写法不对", "malformed"),
}
_ADDRESS: dict[str, tuple[str, str]] = {"phone": ("电话", "telephone"), "email": ("邮箱", "e-mail")}
_DEVICES: dict[str, tuple[str, str]] = {
    "browser": ("页面终端", "browser"),
    "headless": ("无人值守终端", "headless terminal"),
    "wall": ("大屏", "wall"),
    "loudspeaker": ("大喇叭", "loudspeaker"),
}
_GATEWAYS: dict[str, tuple[str, str]] = {
    "sms": ("短信网关", "SMS gateway"),
    "mqtt": ("大喇叭服务器", "loudspeakers' server"),
    "email": ("邮件服务器", "mail server"),
    "voice": ("电话网关", "telephone gateway"),
}


def said(section: str, facts: Facts, language: str) -> Said:
    """The words of a line of this section; `language` is `zh` or `en`."""
    return _SAID[section](facts, _In(language))


class _In:
    """One language: its choice of two words, its comma, local times."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.comma = ", " if language == "en" else "，"

    def __call__(self, zh: str, en: str) -> str:
        return en if self.language == "en" else zh

    def of(self, table: Mapping[str, tuple[str, str]], value: str | None) -> str:
        return self(*table[value]) if value is not None and value in table else value or ""

    def at(self, text: str | None) -> str:
        return f"{from_text(text).astimezone(LOCAL):%m-%d %H:%M}" if text else ""

    def joined(self, *parts: str) -> str:
        return self.comma.join(part for part in parts if part)

    def titled(self, facts: Facts, title: str) -> str:
        return f"{self('演练', 'EXERCISE')} {title}" if facts.get("drill") else title


def _answers(facts: Facts, t: _In) -> Said:
    silent, of = facts["silent"], facts["of"]
    names = ("、" if t.language != "en" else ", ").join(silent)
    count = t(f"{of} 处中 {len(silent)} 处未应答：{names}", f"{len(silent)} of {of} have not answered: {names}")
    return t.titled(facts, t.joined(facts["township"], facts["headline"])), count


def _evacuation(facts: Facts, t: _In) -> Said:
    left, people, of = facts["left"], facts["left_people"], facts["of"]
    moved = t(f"{of} 户都已转移", f"all {of} households are moved")
    missing = t(
        f"{of} 户中 {left} 户 {people} 人没有转移", f"{left} of {of} households, {people} people, are not moved"
    )
    returning = t("已准许返回", "may return") if facts["may_return"] else ""
    return t.titled(facts, t.joined(facts["township"], facts["title"])), t.joined(missing if left else moved, returning)


def _silence(facts: Facts, t: _In) -> Said:
    noted = facts["acknowledged"]
    return facts["name"], t.joined(
        t(f"{t.at(facts['since'])} 起失联", f"silent since {t.at(facts['since'])}"),
        t(f"{noted} 已知悉", f"noted by {noted}") if noted else t("没有人知悉", "nobody has taken note"),
    )


def _check(facts: Facts, t: _In) -> Said:
    counts = [
        t(f"{facts['people']} 人要帮助", f"{facts['people']} need help") if facts["needs_help"] else "",
        t(f"{facts['unclear']} 条看不懂", f"{facts['unclear']} unclear") if facts["unclear"] else "",
        t(f"{facts['silent']} 人未回复", f"{facts['silent']} silent") if facts["silent"] else "",
        t(f"{facts['safe']}/{facts['asked']} 人平安", f"{facts['safe']} of {facts['asked']} safe"),
        t(f"{t.at(facts['closes_at'])} 自动结束", f"closes by itself {t.at(facts['closes_at'])}"),
    ]
    return t.titled(facts, facts["place"]), t.joined(*counts)


def _incident(facts: Facts, t: _In) -> Said:
    status = t(f"{t.at(facts['status_at'])} 起", f"since {t.at(facts['status_at'])}")
    return t.titled(facts, f"{facts['number']} {facts['title']}"), t.joined(
        f"{word(facts['status'], t.language)} {status}",
        word(facts["verification"], t.language),
        t(f"{word(facts['grade'], t.language)}事件", f"grade {facts['grade']}") if facts["grade"] else "",
        facts["place"] or "",
        "" if facts["acknowledged"] else t("没有人知悉", "nobody has taken note"),
    )


def _order(facts: Facts, t: _In) -> Said:
    due = t.at(facts["deadline_at"])
    late = t(f"时限 {due}，已超时", f"was due {due}, late") if facts["late"] else ""
    open_until = t(f"时限 {due}", f"due {due}") if due and not facts["done"] and not late else ""
    return f"{facts['number']} {facts['title']}", t.joined(
        facts["to"],
        word(facts["status"], t.language),
        facts["reason"] or "",
        late or open_until,
        t("等销号", "to be closed") if facts["done"] else "",
    )


def _alert(facts: Facts, t: _In) -> Said:
    if facts.get("what") == "ledger":
        return t.titled(facts, facts["headline"]), _fault(facts, t)
    until = t.at(facts["expires_at"])
    return t.titled(facts, facts["headline"]), t.joined(
        t.of(COLOURS, facts["colour"]),
        facts["source"] or "",
        t(f"到 {until}", f"until {until}") if until else "",
        t(f"应答 {facts['answered']}/{facts['of']}", f"{facts['answered']} of {facts['of']} answered")
        if facts["of"]
        else "",
    )


def _fault(facts: Facts, t: _In) -> str:
    """短信台账不相符，11-20 14:03 起：应发 100，待发、已发、失败、不明合计 99"""
    counts, since, channel = facts["counts"], t.at(facts["since"]), t.of(CHANNELS, facts["channel"])
    end = t("（结束消息）", " (of its end)") if facts["act"] == END else ""
    found = sum(counts[name] for name in ("pending", "sent", "failed", "unknown"))
    return t(
        f"{channel}台账{end}不相符，{since} 起：应发 {counts['planned']}，待发、已发、失败、不明合计 {found}",
        f"ledger of {channel}{end} does not agree since {since}: {counts['planned']} planned, {found} in all pending, "
        "sent, failed or unknown",
    )


def _draft(facts: Facts, t: _In) -> Said:
    if facts["what"] != "countersign":
        return facts["headline"], t.joined(t.of(STATES, facts["what"]), facts["by"])
    due = t.at(facts["due_at"])
    late = t("，已超时", ", late") if facts["late"] else ""
    waits = t(
        f"{facts['by']} 一人发布，{due} 前补签",
        f"issued by {facts['by']} alone, to be countersigned by {due}",
    )
    return facts["headline"], f"{waits}{late}"


def _outside(facts: Facts, t: _In) -> Said:
    at = t.at(facts["at"])
    if facts["what"] == "feed":
        return facts["name"], t(f"{at} 起取不到预警", f"no warnings could be fetched since {at}")
    return facts["name"], t(f"{at} 的电文读不了，已拒收", f"its message of {at} could not be read and was refused")


def _device(facts: Facts, t: _In) -> Said:
    if facts.get("what") == "gateway":
        since = t.at(facts["away_since"])
        kind = t.of(_GATEWAYS, facts["channel"])
        return f"{kind} {facts['name']}", t(f"{since} 起连不上", f"not connected since {since}")
    heard = t.at(facts["seen_at"])
    kind = t.of(_DEVICES, facts["kind"])
    return facts["name"], t.joined(facts["unit"], kind, t(f"{heard} 后没有消息", f"last heard {heard}"))


def _number(facts: Facts, t: _In) -> Said:
    if "people" not in facts:
        posts = " ".join(facts["posts"])
        bounced = t(f"{t.at(facts['at'])} 退回", f"bounced {t.at(facts['at'])}")
        said_of = (t.of(_ADDRESS, facts["kind"]), bounced, t.of(_REASONS, facts["reason"]))
        return t.joined(facts["unit"], f"{facts['name']} {posts}".strip()), t.joined(*said_of)
    people = facts["people"]
    named = [t(f"{one['name']}（{_whose(one, t)}）", f"{one['name']} ({_whose(one, t)})") for one in people]
    count = t(f"{len(people)} 人 31 天未通达：", f"{len(people)} not proven for 31 days: ")
    return facts["unit"], count + ("、" if t.language != "en" else ", ").join(named)


def _whose(one: Mapping[str, Any], t: _In) -> str:
    kinds = (t.of(_ADDRESS, kind) for kind in one["kinds"])
    return t.joined(*one["posts"], *kinds)


_SAID: dict[str, Callable[[Facts, _In], Said]] = {
    "answers": _answers,
    "evacuations": _evacuation,
    "silences": _silence,
    "safety": _check,
    "incidents": _incident,
    "orders": _order,
    "alerts": _alert,
    "drafts": _draft,
    "outside": _outside,
    "devices": _device,
    "numbers": _number,
}
