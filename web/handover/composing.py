"""The lines of a brief, made of what is known. Pure: public states and a time in, lines by section out.

Urgent is what is red on the desk, and what is late; a drill never is.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alerts.calls.progress import ACTED, CONFIRMED
from alerts.model import DRAFT, GRAVE, ISSUED, RECEIVED, RETURNED, SIGNED_OFF, SUBMITTED
from alerts.numbers.standing import BOUNCED
from command.duty.brief import Line
from command.evacuation.standing import SAFE
from command.incidents.moves import CONTROLLED, REPORTED, RESPONDING
from command.kernel.clock import from_text
from command.tasks.moves import DONE, LIVE, UNABLE

_OPEN = (REPORTED, RESPONDING, CONTROLLED)
_SETTLED = (CONFIRMED, ACTED)
_DRAFTS = (DRAFT, RETURNED, SUBMITTED, SIGNED_OFF)

States = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Known:
    """Public states as the board has them; `units` id → name, `towns` id → id of the township around it, `devices` with
    `seen_at`, `numbers` as the page of numbers has them."""

    units: Mapping[str, str]
    towns: Mapping[str, str] = field(default_factory=dict)
    alerts: States = ()
    obligations: States = ()
    countersigns: States = ()
    incidents: States = ()
    tasks: States = ()
    evacuations: States = ()
    points: States = ()
    silences: States = ()
    checks: States = ()
    refusals: States = ()
    feeds: States = ()
    gateways: States = ()
    faults: States = ()
    devices: States = ()
    numbers: States = ()


def composed(known: Known, now: datetime) -> dict[str, list[Line]]:
    """All sections, in the order in which they are read, also the empty ones."""
    running = [one for one in known.alerts if _runs(one, now)]
    return {
        "answers": list(_answers(known, running)),
        "evacuations": list(_evacuations(known)),
        "silences": [_silence(one) for one in known.silences],
        "safety": [_check(one) for one in known.checks],
        "incidents": [_incident(one) for one in known.incidents if one["status"] in _OPEN],
        "orders": list(_orders(known, now)),
        "alerts": [*map(_fault, known.faults), *(_alert(one, known) for one in running)],
        "drafts": list(_drafts(known, now)),
        "outside": list(_outside(known)),
        "devices": [*map(_gateway, known.gateways), *(_device(one, known) for one in known.devices)],
        "numbers": list(_numbers(known)),
    }


def _runs(alert: Mapping[str, Any], now: datetime) -> bool:
    ends = alert["expires_at"]
    return alert["status"] in (ISSUED, RECEIVED) and (ends is None or from_text(ends) > now)


def _is_drill(alert: Mapping[str, Any]) -> bool:
    return bool(alert["drill"]) or alert["scope_status"] == "Exercise"


def _obliged(alert: Mapping[str, Any], known: Known) -> Iterator[tuple[str, str, bool]]:
    """Township, name and whether somebody has answered, of each place that an alert asks; nobody may be there to."""
    for one in known.obligations:
        if one["alert"] == alert["id"]:
            yield one["township"], one["name"], one["mark"] in _SETTLED
    for place in alert.get("unheld") or ():
        yield place["township"], place["name"], bool(place.get("told"))


def _answers(known: Known, running: States) -> Iterator[Line]:
    for alert in running:
        towns: defaultdict[str, list[tuple[str, bool]]] = defaultdict(list)
        for township, name, answered in _obliged(alert, known):
            towns[township].append((name, answered))
        for township, places in sorted(towns.items(), key=lambda town: known.units.get(town[0], "")):
            silent = sorted(name for name, answered in places if not answered)
            if silent:
                yield Line(
                    id=f"answers:{alert['id']}:{township}",
                    about=alert["id"],
                    urgent=not _is_drill(alert) and (alert["colour"] in GRAVE or alert["kind"] in GRAVE),
                    facts={
                        "headline": alert["headline"],
                        "drill": _is_drill(alert),
                        "township": known.units.get(township, ""),
                        "of": len(places),
                        "silent": silent,
                    },
                )


def _alert(one: Mapping[str, Any], known: Known) -> Line:
    answered = [done for _, _, done in _obliged(one, known)]
    return Line(
        id=f"alert:{one['id']}",
        about=one["id"],
        facts={
            "headline": one["headline"],
            "colour": one["colour"],
            "kind": one["kind"],
            "source": one["source"],
            "drill": _is_drill(one),
            "expires_at": one["expires_at"],
            "of": len(answered),
            "answered": sum(answered),
        },
    )


def _fault(one: Mapping[str, Any]) -> Line:
    """Noted or not: it stands until it holds again, also when its alert has ended."""
    names = ("headline", "drill", "act", "channel", "counts", "since")
    facts = {"what": "ledger", **{name: one[name] for name in names}}
    return Line(id=f"ledger:{one['id']}", about=one["alert"], urgent=not one["drill"], facts=facts)


def _drafts(known: Known, now: datetime) -> Iterator[Line]:
    for one in known.countersigns:
        late = from_text(one["due_at"]) <= now
        facts = {"what": "countersign", "headline": one["headline"], "by": _name(one["issued_by"]), "late": late}
        yield Line(
            id=f"countersign:{one['id']}",
            about=one["alert"],
            urgent=late,
            facts={**facts, "due_at": one["due_at"]},
        )
    for one in known.alerts:
        if one["status"] in _DRAFTS:
            facts = {"what": one["status"], "headline": one["headline"], "by": _name(one["drafted_by"])}
            yield Line(id=f"draft:{one['id']}", about=one["id"], facts=facts)


def _incident(one: Mapping[str, Any]) -> Line:
    noted = one["acknowledged"] is not None
    names = ("number", "title", "status", "status_at", "verification", "grade", "place", "drill")
    return Line(
        id=f"incident:{one['id']}",
        about=one["id"],
        urgent=not noted and not one["drill"],
        facts={**{name: one[name] for name in names}, "acknowledged": noted},
    )


def _orders(known: Known, now: datetime) -> Iterator[Line]:
    drills = {one["id"] for one in known.incidents if one["drill"]}
    for one in known.tasks:
        due = one["deadline_at"]
        late = one["status"] in LIVE and due is not None and from_text(due) <= now
        to = one["to_unit_name"] or _name(one["assignee"])
        names = ("number", "title", "status", "reason", "deadline_at")
        yield Line(
            id=f"order:{one['id']}",
            about=one["incident"],
            urgent=(late or one["status"] == UNABLE) and one["incident"] not in drills,
            facts={**{name: one[name] for name in names}, "to": to, "late": late, "done": one["status"] == DONE},
        )


def _evacuations(known: Known) -> Iterator[Line]:
    titles = {one["id"]: one for one in known.evacuations}
    towns: defaultdict[tuple[str, str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for point in known.points:
        if point["evacuation"] in titles:
            key = (point["evacuation"], point["township"], point["township_name"])
            towns[key] += point["households"]
    for (evacuation, township, name), households in sorted(towns.items(), key=lambda town: town[0]):
        left = [one for one in households if one["status"] not in SAFE]
        whole = titles[evacuation]
        yield Line(
            id=f"evacuation:{evacuation}:{township}",
            about=evacuation,
            urgent=bool(left) and not whole["drill"],
            facts={
                "title": whole["title"],
                "drill": whole["drill"],
                "township": name,
                "of": len(households),
                "left": len(left),
                "left_people": sum(one["people"] for one in left),
                "may_return": whole["return_permitted_at"] is not None,
            },
        )


def _silence(one: Mapping[str, Any]) -> Line:
    facts = {"name": one["name"], "since": one["since"], "acknowledged": _name((one["acknowledged"] or {}).get("by"))}
    return Line(id=f"silence:{one['id']}", about=one["unit"], urgent=True, facts=facts)


def _check(one: Mapping[str, Any]) -> Line:
    names = ("asked", "safe", "needs_help", "unclear", "silent", "people")
    counts = {name: sum(town[name] for town in one["townships"]) for name in names}
    return Line(
        id=f"safety:{one['id']}",
        about=one["id"],
        urgent=counts["needs_help"] + counts["unclear"] > 0 and not one["drill"],
        facts={"place": one["place"], "drill": one["drill"], "closes_at": one["closes_at"], **counts},
    )


def _outside(known: Known) -> Iterator[Line]:
    for one in known.refusals:
        facts = {"what": "refusal", "name": one["name"], "at": one["at"]}
        yield Line(id=f"refusal:{one['id']}", about=one["message"], urgent=True, facts=facts)
    for one in known.feeds:
        yield Line(id=f"feed:{one['id']}", facts={"what": "feed", "name": one["name"], "at": one["heard_at"]})


def _gateway(one: Mapping[str, Any]) -> Line:
    facts = {"what": "gateway", "name": one["name"], "channel": one["channel"], "away_since": one["away_since"]}
    return Line(id=f"gateway:{one['id']}", urgent=True, facts=facts)


def _device(one: Mapping[str, Any], known: Known) -> Line:
    unit = known.units.get(one["unit"], "")
    return Line(
        id=f"device:{one['id']}",
        facts={"name": one["name"], "kind": one["kind"], "unit": unit, "seen_at": one["seen_at"]},
    )


def _numbers(known: Known) -> Iterator[Line]:
    """Each that bounced by itself; who is only unproven township by township: there may be hundreds. No addresses: they
    stand on the page where they are mended, for as long as the person has them."""
    unproven: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for one in known.numbers:
        posts = list(dict.fromkeys(one["posts"]))
        if one["state"] == BOUNCED:
            facts = {"name": one["name"], "posts": posts, "kind": one["kind"], "unit": one["unit_name"]}
            facts = {**facts, "reason": one["reason"], "at": one["bounced_at"]}
            yield Line(id=f"bounced:{one['person']}:{one['kind']}", about=one["person"], urgent=True, facts=facts)
        else:
            town = unproven[known.towns.get(one["unit"], one["unit"])]
            person = town.setdefault(one["person"], {"name": one["name"], "posts": posts, "kinds": []})
            person["kinds"].append(one["kind"])
    for town_id in sorted(unproven, key=lambda one: known.units.get(one, "")):
        facts = {"unit": known.units.get(town_id, ""), "people": list(unproven[town_id].values())}
        yield Line(id=f"unproven:{town_id}", facts=facts)


def _name(by: Mapping[str, Any] | None) -> str:
    return str(by["name"]) if by else ""
