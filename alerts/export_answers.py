"""How far an alert came in each township, and who answered for each place, as rows of tables in the reader's language.

An alert that was lifted, withdrawn or has run out has both as it had them when it ran.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.calls.queries import obligations_of
from alerts.export import local_time, word
from alerts.lookup import alert_for
from alerts.queries import coverages_of
from command.directory.model import Unit
from command.kernel.actor import Actor
from command.kernel.values import Json, State

COVERAGE = {
    "zh": ("乡镇", "渠道", "应发", "已发", "送达", "没有送达", "其中没能发出", "应答", "不明", "责任人", "责任人应答",
           "最早应答", "最早应答人"),
    "en": ("Township", "Channel", "Planned", "Sent", "Delivered", "Not delivered", "Of these never sent", "Answered",
           "Unknown", "Responsible", "Responsible answered", "First answer", "First answer by"),
}  # fmt: skip
PLACES = {
    "zh": ("乡镇", "地点", "类别", "岗位", "状态", "状态时间", "应答人", "身份", "方式", "拨打次数", "上门",
           "落实", "说明"),
    "en": ("Township", "Place", "Kind", "Post", "State", "Since", "Answered by", "Who that is", "By", "Calls", "Visit",
           "Done", "Note"),
}  # fmt: skip
_COUNTS = ("planned", "sent", "delivered", "undelivered", "failed", "answered", "unknown")


def coverage_rows(session: Session, actor: Actor, alert_id: str, language: str) -> Iterator[Sequence[object]]:
    """Of each township all together, then each channel of its own; silent townships first. Raises NotFound."""
    for one in coverages_of(session, actor, alert_id):
        first, held = _part(one, "first_answer"), _part(one, "responsible")
        by = first.get("by")
        name = by.get("name") if isinstance(by, dict) else by
        whom = (held.get("planned", 0), held.get("answered", 0), local_time(first.get("at")), name or "")
        yield one["name"], word("all", language), *_counts(one), *whom
        for channel, counts in _part(one, "channels").items():
            told = counts if isinstance(counts, dict) else {}
            yield one["name"], word(channel, language), *_counts(told), "", "", "", ""


def _counts(told: Mapping[str, Json]) -> Iterable[int]:
    """What could not be sent was not delivered either."""
    counts = {name: int(str(told.get(name, 0))) for name in _COUNTS}
    counts["undelivered"] += counts["failed"]
    return counts.values()


def place_rows(session: Session, actor: Actor, alert_id: str, language: str) -> Iterator[Sequence[object]]:
    """Places that somebody answers for, silent ones first, then those that nobody does. Raises NotFound."""
    alert = alert_for(session, actor, alert_id)
    units = dict(session.execute(select(Unit.id, Unit.name)).all())
    for one in obligations_of(session, actor, alert.id):
        answered, visit, acted = _part(one, "answered"), _part(one, "visit"), _part(one, "acted")
        yield (
            *(units.get(str(one["township"]), ""), one["name"], word(one["subject"], language), one["title"]),
            *(word(one["mark"], language), local_time(one["mark_at"])),
            *(_part(answered, "by").get("name", ""), word(answered.get("whom", ""), language)),
            *(word(answered.get("channel", ""), language), one["calls"]),
            *(local_time(visit.get("done_at") or visit.get("ordered_at")), local_time(acted.get("at"))),
            "；".join(str(note) for part in (visit, acted) if (note := part.get("note"))),
        )
    for place in alert.unheld if isinstance(alert.unheld, list) else ():
        if isinstance(place, dict):
            yield _unheld(place, units, language)


def _unheld(place: State, units: Mapping[str, str], language: str) -> Sequence[object]:
    told = _part(place, "told")
    return (
        *(units.get(str(place["township"]), ""), place["name"], word(place["subject"], language)),
        *(word("unheld", language), word("told_by_hand" if told else "open", language), local_time(told.get("at"))),
        *(told.get("whom", ""), "", "", 0, "", "", told.get("note", "")),
    )


def _part(row: Mapping[str, Json], name: str) -> State:
    found = row.get(name)
    return found if isinstance(found, dict) else {}
