"""Received messages over HTTP: what became of each, found again, taken away, and by whom."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, update

from alerts.inbox.model import CapRefusal
from alerts.messages import MESSAGES
from alerts.model import Alert, CapMessage
from tests.alerts.zips import File, zipped
from tests.cap_sample import cap_message
from tests.web.obliged import API, Clients
from tests.web.world import TERMINALS, USERS, World
from web.wiring import Core

URL = f"{API}/cap-messages"
FAULTS = Path(__file__).parents[2] / "web" / "ui" / "src" / "office" / "inbox" / "faults.ts"
SCOPE = b"<scope>Public</scope>"
READERS = {"duty", "leader", "commander", "issuer", "station_issuer", "reviewer", "auditor", "admin"}


def post(as_: Clients, data: bytes, by: str = "station_issuer") -> dict[str, Any]:
    answer: dict[str, Any] = as_(by).post("/cap", content=data).json()
    return answer


def found(as_: Clients, name: str = "duty", **query: Any) -> list[dict[str, Any]]:
    answer = as_(name).get(URL, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_what_became_of_each(as_: Clients, world: World) -> None:
    sent = cap_message()
    alert = post(as_, sent)["alert_id"]
    assert post(as_, sent, "issuer")["alert_id"] == alert
    test = sent.replace(b"Actual", b"Test").replace(b"sample-1", b"sample-2")
    post(as_, test)
    post(as_, sent.replace(b"Alert<", b"Cancel<").replace(b"sample-1", b"sample-3"))
    refused = sent.replace(SCOPE, b"").replace(b"<category>Met</category>", b"")
    assert post(as_, refused)["code"] == "cap.missing"
    items = found(as_)
    assert [one["outcome"] for one in items] == ["refused", "taken", "kept", "copy", "shown"]
    first, copy = items[-1], items[-2]
    assert first["alert"] == copy["alert"] == {"id": alert, "headline": "暴雨橙色预警（示例）"}
    assert (first["by"]["kind"], first["by"]["name"], copy["by"]["name"]) == ("user", "station_issuer", "issuer")
    assert (first["sender"], first["identifier"], first["msg_type"]) == ("station.example", "sample-1", "Alert")
    assert (first["status"], first["signature"], first["size"]) == ("Actual", "none", len(sent))
    assert (items[2]["status"], items[2]["reasons"]) == ("Test", ["received.not_actual"])
    last = items[0]
    assert (last["sender"], last["codes"], last["alert"]) == ("station.example", ["cap.missing"], None)
    faults = as_("auditor").get(f"{URL}/{last['id']}").json()["faults"]
    assert [(one["field"], one["code"]) for one in faults] == [
        ("scope", "cap.missing"),
        ("info[1].category", "cap.missing"),
    ]
    copied = as_("duty").get(f"{API}/alerts/{alert}").json()
    assert copied["origin"] == "received"


def test_the_bytes_are_taken_away_and_never_shown(as_: Clients) -> None:
    hostile = b"<html><script>alert(1)</script></html>"
    post(as_, hostile)
    (one,) = found(as_)
    answer = as_("duty").get(f"{URL}/{one['id']}.xml")
    assert answer.content == hostile
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == f'attachment; filename="cap-{one["id"]}.xml"'
    assert answer.headers["cache-control"] == "no-store"


def test_an_archive_is_kept_whole_and_its_attachments_are_saved(as_: Clients) -> None:
    """Whoever may read the message has them, under the names the sender gave, and no browser shows them."""
    page = b"<html><script>alert(1)</script></html>"
    data = zipped(File(b"x/m.xml", cap_message()), File("图/说明.html".encode("gb18030"), page))
    answer = as_("station_issuer").post("/cap", content=data, headers={"Content-Type": "application/zip"})
    assert (answer.status_code, answer.json()["new"]) == (201, True)
    assert not post(as_, cap_message())["new"], "the same message without the archive"
    one = found(as_)[-1]
    assert (one["outcome"], one["identifier"], one["size"]) == ("shown", "sample-1", len(data))
    url = f"{URL}/{one['id']}"
    full = as_("auditor").get(url).json()
    attachment = {"number": 1, "name": "说明.html", "size": len(page), "description": None}
    assert (full["archive"], full["attachments"]) == (True, [attachment])
    whole = as_("duty").get(f"{url}.xml")
    assert (whole.content, whole.headers["content-disposition"][-5:]) == (data, '.zip"')
    file = as_("duty").get(f"{url}/attachments/1")
    assert (file.content, file.headers["content-type"]) == (page, "application/octet-stream")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''%E8%AF%B4%E6%98%8E.html"
    for name, number, code in (("duty", 2, "cap_message.no_attachment"), ("stranger_duty", 1, "cap_message.unknown")):
        assert as_(name).get(f"{url}/attachments/{number}").json()["code"] == code
    assert as_("wall").get(f"{url}/attachments/1").status_code == 403


def test_an_archive_that_is_refused_is_kept_with_the_reason(as_: Clients) -> None:
    for data, code in (
        (zipped(File(b"a", b"b")), "zip.no_message"),
        (zipped(File(b"m", cap_message(), size=40_000_000)), "zip.unpacked"),
        (zipped(File(b"m", cap_message().replace(SCOPE, b"")), File(b"a", b"b")), "cap.missing"),
    ):
        answer = as_("station_issuer").post("/cap", content=data)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        one = found(as_)[0]
        assert (one["outcome"], one["codes"]) == ("refused", [code])
        assert as_("duty").get(f"{URL}/{one['id']}.xml").content == data
    full = as_("duty").get(f"{URL}/{found(as_)[0]['id']}").json()
    assert (full["sender"], [one["name"] for one in full["attachments"]]) == ("station.example", ["a"])


@pytest.mark.parametrize(("head", "size", "code"), [(b"PK\x03\x04", 10, "zip.too_large"), (b"<a>", 5, "xml.too_large")])
def test_of_what_is_too_large_is_kept_what_shows_it(as_: Clients, head: bytes, size: int, code: str) -> None:
    data = head + bytes(size << 20) + bytes(100_000)
    answer = as_("station_issuer").post("/cap", content=data)
    (one,) = found(as_)
    assert (answer.status_code, answer.json()["code"]) == (413, code)
    assert (one["outcome"], one["codes"]) == ("refused", [code])
    assert as_("duty").get(f"{URL}/{one['id']}.xml").content == data[: (size << 20) + 1]


def test_they_are_filtered_and_come_page_by_page(as_: Clients) -> None:
    station, duty = as_("station_issuer"), as_("duty")

    def as_once(name: str) -> TestClient:
        return station if name == "station_issuer" else duty

    began = datetime.now(UTC)
    for number in range(3):
        post(as_once, f"<sender>s{number}_%@x</sender>".encode())
    post(as_once, cap_message())
    whole = found(as_once)
    pages = duty.get(URL, params={"limit": 3}).json()
    rest = duty.get(URL, params={"limit": 3, "after": pages["next"]}).json()
    assert ([*pages["items"], *rest["items"]], rest["next"]) == (whole, None)
    assert found(as_once, outcome="refused") == whole[1:]
    assert found(as_once, outcome="kept") == []
    assert [one["sender"] for one in found(as_once, sender="S1_%")] == ["s1_%@x"]
    assert found(as_once, sender="s1__") == [], "no sign stands for another"
    assert found(as_once, since=(began + timedelta(hours=1)).isoformat()) == []
    assert found(as_once, until=began.isoformat()) == []
    assert found(as_once, since=began.isoformat(), until=(began + timedelta(hours=1)).isoformat()) == whole
    for wrong in ({"limit": 201}, {"outcome": "lost"}, {"since": "yesterday"}):
        assert duty.get(URL, params=wrong).status_code == 422


def test_who_reads_them(as_: Clients, world: World) -> None:
    """Every role: those who hand in, draft, review or watch over warnings, and the auditor."""
    post(as_, b"<sender>x</sender>")
    one = f"{URL}/{found(as_)[0]['id']}"
    routes = (URL, one, f"{one}.xml")
    for name in [row[0] for row in (*USERS, *TERMINALS)]:
        client = as_(name)
        codes = [client.get(route).status_code for route in routes]
        wanted = [200, 404, 404] if name == "stranger_duty" else [200] * 3 if name in READERS else [403] * 3
        assert (name, codes) == (name, wanted)
    assert found(as_, "stranger_duty") == []
    for unknown in (f"{URL}/nothing", f"{URL}/nothing.xml", f"{URL}/{world.units['county']}"):
        assert as_("duty").get(unknown).json()["code"] == "cap_message.unknown"


def test_every_fault_has_a_word_of_its_own_on_the_pages() -> None:
    words = FAULTS.read_text("utf-8")
    codes = [code for code in MESSAGES if code.startswith(("xml.", "cap.", "zip."))]
    assert [code for code in codes if f"'{code}':" not in words] == []
    assert len(codes) > 10


def test_a_copy_a_person_decided_on_leads_to_the_other(as_: Clients, core: Core) -> None:
    one = post(as_, cap_message())["alert_id"]
    other = post(as_, cap_message().replace(b"station.example", b"prefecture.example"))["alert_id"]
    with core.db.writing() as session:
        session.execute(update(Alert).where(Alert.id == other).values(duplicate_of=one))
    copy, first = found(as_)
    assert (copy["outcome"], copy["alert"]["id"], first["outcome"]) == ("copy", one, "shown")


@pytest.mark.parametrize("refused", ["cap.missing", None])
def test_messages_kept_before_faults_were(as_: Clients, core: Core, refused: str | None) -> None:
    post(as_, cap_message().replace(SCOPE, b"") if refused else cap_message())
    with core.db.writing() as session:
        session.execute(delete(CapRefusal))
        old = {"faults": None, "msg_type": None, "status": None, "by": {"id": "x", "name": "台"}}
        session.execute(update(CapMessage).values(**old))
    (one,) = found(as_)
    assert (one["msg_type"], one["by"]) == (None, {"id": "x", "name": "台"})
    assert (one["outcome"], one["codes"]) == (("refused", ["cap.missing"]) if refused else ("shown", []))
