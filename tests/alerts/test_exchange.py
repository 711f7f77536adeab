"""The exchange with the national platform: identifiers that are fixed, references it can follow, receipts both ways."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import select

from alerts import actions
from alerts.cap.read import read
from alerts.exchange.actions import Naming, export_alert, export_receipt
from alerts.exchange.model import DialectExport
from alerts.exchange.queries import export_for
from alerts.inbox.queries import Wanted, message_details, messages_of
from alerts.model import Alert, CapMessage
from alerts.preview import preview_of
from alerts.queries import alert_details, board_alerts
from command.directory.queries import sight_of
from command.kernel.errors import Conflict, FengsuiError, NotFound, Refused
from command.kernel.timeline import read_after
from tests.alerts.county import DIVISIONS, County, fields
from tests.alerts.messages import alert as cap
from tests.alerts.steps import evacuate, take_cap
from tests.alerts.test_cn_dialect import CODE, dialect

SECOND = f"{CODE}_20261120140300"
PLATFORM = "11000041600000"
WARNING = {"kind": "warning", "colour": "orange", "event": "暴雨", "headline": "暴雨橙色预警"}


def warned(county: County, supersedes: str | None = None) -> str:
    """A warning of the station, issued; a change of another one where that is given."""

    def written(session: Any, actor: Any) -> str:
        if supersedes is not None:
            return actions.update(session, county.clock, actor, supersedes, {}, DIVISIONS).id
        return actions.draft(session, county.clock, actor, fields(**WARNING), DIVISIONS).id

    found = county.do("weather", written)
    county.do("weather", lambda s, a: actions.submit(s, county.clock, a, found))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, found))
    people = county.see("weather", lambda s, a: preview_of(s, county.clock, a, found)["people"])
    county.do("weather", lambda s, a: actions.issue(s, county.clock, a, found, int(str(people))))
    return found


def exported(
    county: County, alert: str, code: str = CODE, *, numbered: bool = False, by: str = "duty"
) -> DialectExport:
    return county.do(by, lambda s, a: export_alert(s, county.clock, a, alert, Naming(code, numbered)))


def lifted(county: County, alert: str) -> None:
    county.do("weather", lambda s, a: actions.cancel(s, county.clock, a, alert, "lifted", "雨停了"))


def handed_in(county: County, data: bytes, by: str = "issuer") -> Any:
    return county.do(by, lambda s, a: take_cap(s, county.clock, a, data, DIVISIONS.boundary_of))


def receipt(refers: str, kind: str = "Ack", number: int = 0, note: str = "", status: str = "Actual") -> bytes:
    """The platform's, for an identifier of ours."""
    head = f"<note>{note}</note><references>{refers}</references>" if note else f"<references>{refers}</references>"
    data = dialect(f"{PLATFORM}_20261120140400_{number}", head=head).decode()
    data = data.replace(f"{CODE}</senderCode", f"{PLATFORM}</senderCode")
    data = data[: data.index("<info>")] + data[data.index("</info>") + len("</info>") :]
    return data.replace("<msgType>Alert", f"<msgType>{kind}").replace("<status>Actual", f"<status>{status}").encode()


def plain_receipt(refers: str, kind: str = "Ack", number: int = 0, note: str = "") -> bytes:
    """The same in CAP, which names a sender and a time beside the identifier."""
    said = f"<note>{note}</note>" if note else ""
    triple = f"<references>anybody,{refers},2026-11-20T14:03:00+08:00</references>"
    return cap(identifier=f"r-{number}", sender=PLATFORM, msg_type=kind, extra=said + triple, infos="").encode()


def entries(county: County) -> list[Any]:
    with county.db.reading() as session:
        return read_after(session, 0, 500)


def kinds(county: County, *wanted: str) -> list[str]:
    return [entry.kind for entry in entries(county) if entry.kind in wanted]


def details(county: County, alert: str) -> dict[str, Any]:
    return county.see("duty", lambda s, a: dict(alert_details(s, county.clock, a, s.get_one(Alert, alert))))


def inbox(county: County) -> list[dict[str, Any]]:
    return county.see("duty", lambda s, a: [dict(one) for one in messages_of(s, a, Wanted())[0]])


def test_the_first_export_fixes_the_identifier(either: County) -> None:
    county = either
    first, second, third = warned(county), warned(county), warned(county)
    one = exported(county, first)
    assert (one.identifier, one.missing) == (SECOND, [])
    county.clock.advance(100)
    again = exported(county, first, numbered=True)
    assert (again.id, again.identifier, again.content) == (one.id, SECOND, one.content)
    assert [exported(county, second).identifier, exported(county, third, numbered=True).identifier] == [
        f"{SECOND}_0",
        f"{SECOND}_1",
    ], "messages of one second"
    other = exported(county, first, PLATFORM)
    assert other.identifier == SECOND.replace(CODE, PLATFORM), "another code is another identifier"
    told = [entry for entry in entries(county) if entry.kind == "alert.exported"]
    assert len(told) == 5
    assert (told[0].actor["name"], told[0].body["dialect_export"]["identifier"]) == ("duty", SECOND)
    found = details(county, first)
    assert [row["identifier"] for row in found["exports"]] == [SECOND, other.identifier]
    assert "export" in found["allowed"]


def test_references_name_what_went_out(county: County) -> None:
    first = warned(county)
    went = exported(county, first)
    county.clock.advance(60)
    second = warned(county, supersedes=first)
    update = exported(county, second)
    message = read(update.content).message
    assert (message.msg_type, [one.identifier for one in message.references]) == ("Update", [went.identifier])
    county.clock.advance(60)
    lifted(county, second)
    end = exported(county, second)
    message = read(end.content).message
    assert (message.msg_type, [one.identifier for one in message.references]) == ("Cancel", [update.identifier])
    assert [row["msg_type"] for row in details(county, second)["exports"]] == ["Update", "Cancel"]
    assert (update.missing, end.missing) == ([], [])


def test_what_never_went_out_is_listed_until_it_does(county: County) -> None:
    first = warned(county)
    with county.db.reading() as session:
        ours = session.get_one(Alert, first).identifier
    county.clock.advance(60)
    second = warned(county, supersedes=first)
    update = exported(county, second)
    assert (update.missing, read(update.content).message.references) == ([ours], ())
    went = exported(county, first)
    again = exported(county, second)
    assert (again.identifier, again.missing) == (update.identifier, [])
    assert [one.identifier for one in read(again.content).message.references] == [went.identifier]


def test_who_may_export_and_what_cannot_be(county: County) -> None:
    found = warned(county)
    for name, problem in (("north_operator", NotFound), ("reviewer", Refused), ("stranger", NotFound)):
        with pytest.raises(problem):
            exported(county, found, by=name)
    order = evacuate(county)
    for alert, code, wrong in ((found, "5323", "cn_dialect.sender_code"), (order, CODE, "cn_dialect.no_colour")):
        with pytest.raises(FengsuiError) as refused:
            exported(county, alert, code)
        assert refused.value.code == wrong
    assert "export" not in details(county, order)["allowed"]
    assert kinds(county, "alert.exported") == []
    with county.db.reading() as session:
        assert session.scalars(select(DialectExport)).all() == [], "no identifier is taken by what was refused"
    row = exported(county, found)
    assert county.see("reviewer", lambda s, a: export_for(s, a, row.id)).content == row.content
    with pytest.raises(NotFound):
        county.see("stranger", lambda s, a: export_for(s, a, row.id))


@pytest.mark.parametrize("form", ["dialect", "cap"])
def test_a_receipt_is_told_at_the_alert_and_makes_none(either: County, form: str) -> None:
    county = either
    ours = warned(county)
    identifier = exported(county, ours).identifier
    answer: Callable[..., bytes] = receipt
    if form == "cap":
        identifier, answer = details(county, ours)["identifier"], plain_receipt
    before = details(county, ours)["version"]
    found = handed_in(county, answer(identifier))
    assert isinstance(found, actions.Answered)
    assert ([one.id for one in found.alerts], found.accepted, found.new) == ([ours], True, True)
    assert not handed_in(county, answer(identifier)).new
    handed_in(county, answer(identifier, "Error", 1, "编码不对"))
    rows = details(county, ours)["receipts"]
    assert [(row["accepted"], row["note"], row["sender"]) for row in rows] == [
        (True, "", PLATFORM),
        (False, "编码不对", PLATFORM),
    ]
    assert details(county, ours)["version"] == before + 2
    assert kinds(county, "alert.received", "alert.accepted", "alert.refused") == ["alert.accepted", "alert.refused"]
    assert [one["id"] for one in county.see("duty", lambda s, a: board_alerts(s, sight_of(s, a)))] == [ours]
    listed = inbox(county)
    assert [one["outcome"] for one in listed] == ["taken", "copy", "taken"]
    assert [one["alert"] and one["alert"]["id"] for one in listed] == [ours, None, ours]


def test_a_receipt_that_does_not_count_is_only_kept(county: County) -> None:
    """A stranger's by a feed, a test's for what was meant in earnest; neither hides the real one."""
    ours = warned(county)
    identifier = exported(county, ours).identifier
    strange = receipt(identifier)

    def fed(session: Any, actor: Any) -> Any:
        feed = replace(actor, kind="feed")
        return take_cap(session, county.clock, feed, strange, DIVISIONS.boundary_of)

    assert county.do("issuer", fed).alerts == ()
    assert handed_in(county, receipt(identifier, number=1, status="Test")).alerts == ()
    assert handed_in(county, receipt(f"{CODE}_20200101000000", number=2)).alerts == ()
    assert details(county, ours)["receipts"] == []
    assert [(one["outcome"], one["reasons"]) for one in inbox(county)] == [
        ("taken", []),
        ("kept", ["received.not_actual"]),
        ("kept", ["received.sender_unknown"]),
    ]
    kept = county.see("duty", lambda s, a: messages_of(s, a, Wanted(outcome="kept"))[0])
    assert len(kept) == 2
    assert [one.id for one in handed_in(county, strange).alerts] == [ours]


def test_another_countys_alert_is_not_answered(county: County) -> None:
    ours = warned(county)
    identifier = exported(county, ours).identifier
    with county.db.writing() as session:
        kept = session.scalars(select(CapMessage).where(CapMessage.direction == "out")).one()
        kept.unit_id = county.units["elsewhere"]
    assert handed_in(county, receipt(identifier)).alerts == ()


def message_id(county: County) -> str:
    return str(inbox(county)[0]["id"])


def test_our_receipt_says_what_became_of_theirs(either: County) -> None:
    county = either
    theirs = f"{PLATFORM}_20261120140200"
    handed_in(county, dialect(theirs))
    accepted = message_id(county)
    missing = dialect(f"{theirs}_1").replace(b"<scope>Public</scope>", b"").replace(b"Likely", b"Sure")
    handed_in(county, missing)
    refused = message_id(county)
    county.clock.advance(30)

    def written(one: str) -> DialectExport:
        return county.do("duty", lambda s, a: export_receipt(s, county.clock, a, one, Naming(CODE)))

    ack, error = written(accepted), written(refused)
    assert (ack.identifier, error.identifier) == (SECOND, f"{SECOND}_0")
    assert written(accepted).identifier == ack.identifier
    said = [read(one.content).message for one in (ack, error)]
    assert [(one.msg_type, one.references[0].identifier, one.status) for one in said] == [
        ("Ack", theirs, "Actual"),
        ("Error", f"{theirs}_1", "Actual"),
    ]
    assert [one.note for one in said] == [None, "cap.missing scope; cap.value info[1].certainty"]
    assert {one.scope for one in said} == {"Private"}
    assert etree.fromstring(ack.content).findtext("addresses") == PLATFORM
    told = [entry for entry in entries(county) if entry.kind == "cap_message.receipted"]
    assert [entry.body["dialect_export"]["answers"] for entry in told] == [theirs, f"{theirs}_1", theirs]
    full: dict[str, Any] = county.see("duty", lambda s, a: dict(message_details(s, a, accepted)))
    assert (full["may_receipt"], [one["identifier"] for one in full["exports"]]) == (True, [SECOND])
    assert not county.see("reviewer", lambda s, a: message_details(s, a, accepted))["may_receipt"]
    assert county.see("reviewer", lambda s, a: export_for(s, a, ack.id)).id == ack.id
    with pytest.raises(NotFound):
        county.see("stranger", lambda s, a: export_for(s, a, ack.id))
    with pytest.raises(Refused):
        county.do("reviewer", lambda s, a: export_receipt(s, county.clock, a, accepted, Naming(CODE)))
    with pytest.raises(NotFound):
        county.do("stranger", lambda s, a: export_receipt(s, county.clock, a, accepted, Naming(CODE)))


def test_no_receipt_for_receipts_and_others(county: County) -> None:
    for data in (cap().encode(), receipt(SECOND), b"nothing"):
        handed_in(county, data)
        with pytest.raises(Conflict, match=r"cn_dialect\.no_receipt"):
            county.do("duty", lambda s, a: export_receipt(s, county.clock, a, message_id(county), Naming(CODE)))
