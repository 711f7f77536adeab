"""Alerts on the terminal page: received ones, ends that were missed, and what waits for this person's signature."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.e2e.county import County
from tests.moves import moved
from tests.ui.terminals import PHONE, NewPage, TerminalPage, answered, evacuate, in_minutes, log_flood, unit_id
from tests.ui.test_calls import HEADLINE, red_message
from tests.ui.test_terminal_review import ORDER, shown
from tests.waiting import until

MORE_THAN_A_BOARD_TELLS = 61


def hand_in(town: County, message: str) -> None:
    with town.client("issuer") as issuer:
        issuer.base_url = httpx.URL(town.url)
        answered(issuer.post("/cap", content=message.encode()))


@contextmanager
def answering_for(town: County, account: str, place: str) -> Iterator[str]:
    """The account's person holds a post of that place, whose title is given; nobody is called for it afterwards."""
    title = f"{place}带班领导"
    with town.client("admin") as admin, town.client(account) as own:
        unit, me = unit_id(own, place), answered(own.get("/me"))
        values = {"unit": unit, "name": me["actor"]["name"], "user_id": me["actor"]["id"], "phone": "000-0000-9001"}
        person = answered(admin.post("/people", json=values))
        post: dict[str, Any] = {"unit": unit, "title": title, "responsible": True, "holder_id": person["id"]}
        kept = admin.post("/posts", json=post)
        path = f"/posts/{answered(kept)['id']}"
        try:
            yield title
        finally:
            headers = {"If-Match": kept.headers["ETag"]}
            answered(admin.patch(path, json={"active": False, "holder_id": None}, headers=headers))
            headers = {"If-Match": f'"{person["version"]}"'}
            answered(admin.patch(f"/people/{person['id']}", json={"active": False}, headers=headers))


def mark_of(duty: httpx.Client, title: str) -> str:
    board = answered(duty.get("/board"))
    return next((str(one["mark"]) for one in board["obligations"].values() if one["title"] == title), "")


def test_a_received_warning_is_answered_from_the_page(new_page: NewPage, town: County, duty: httpx.Client) -> None:
    reference = "<references>w@cx,page-1,2026-11-20T14:03:11+08:00</references>"
    device = TerminalPage(new_page(*PHONE), town).as_device("西舍路镇")
    far = TerminalPage(new_page(*PHONE), town).as_device("东瓜镇")
    with answering_for(town, "township", "西舍路镇") as title:
        phone = TerminalPage(new_page(*PHONE), town).as_person("township")
        hand_in(town, red_message("page-1"))
        try:
            expect(phone.see("alert").get_by_role("heading", level=1)).to_have_text(HEADLINE)
            expect(phone.see("received")).to_have_text("收到的预警，来自 w@cx")
            until(lambda: mark_of(duty, title) == "reached", why=lambda: mark_of(duty, title))
            expect(phone.see("alert-ack")).to_have_text("收到")
            shown(phone, "phone-received")
            phone.press("alert-ack")
            until(lambda: mark_of(duty, title) == "confirmed", why=lambda: mark_of(duty, title))
            expect(phone.see("alert-row")).to_contain_text("收到的预警，来自 w@cx")
            expect(phone.see("alert-row")).to_contain_text("已应答")
            shown(phone, "phone-received-answered")
            expect(device.see("alert-ack")).to_have_text("知道了")
            expect(far.see("alert-row").filter(has_text="暴雨")).to_be_visible()
            expect(far.see("alert")).to_have_count(0)
        finally:
            hand_in(town, red_message("page-2", "Cancel", reference))
    expect(phone.see("alert")).to_have_attribute("data-ended", "true")
    expect(phone.see("alert")).to_contain_text(f"已解除：{HEADLINE}")
    phone.press("alert-end-read")
    expect(phone.see("home")).to_be_visible()


def test_an_end_is_told_however_much_happened_since(new_page: NewPage, town: County, duty: httpx.Client) -> None:
    terminal = TerminalPage(new_page(*PHONE), town).as_device("三街镇")
    alert = evacuate(town, "532301108", "三街镇沿河转移指令", drill=True)
    terminal.press("alert-ack")
    expect(terminal.see("alert-row")).to_contain_text("已应答")
    terminal.page.goto("about:blank")
    with town.client("issuer") as issuer:
        answered(moved(issuer, f"/alerts/{alert}", "cancel", {"end": "withdrawn", "text": "误发，请不要转移"}))
    incident = log_flood(duty, "三街镇山洪")["id"]
    for number in range(MORE_THAN_A_BOARD_TELLS):
        answered(duty.post(f"/incidents/{incident}/entries", json={"text": f"第 {number} 条"}))
    ended = [one for one in answered(duty.get("/board"))["recent"] if one["kind"] == "alert.withdrawn"]
    assert ended == []
    terminal.as_device("三街镇")
    expect(terminal.see("alert-end")).to_have_text("误发，请不要转移")
    terminal.press("alert-end-read")
    expect(terminal.see("home")).to_be_visible()
    terminal.page.reload()
    terminal.ready()
    expect(terminal.see("home")).to_be_visible()
    expect(terminal.see("alert-end")).to_have_count(0)


@contextmanager
def reserved(town: County, kind: str, role: str) -> Iterator[None]:
    """Only that role signs off this kind, by the county's table."""
    with town.client("admin") as admin:

        def put(content: object) -> None:
            version = answered(admin.get("/authority-table"))["version"]
            headers = {"If-Match": f'"{version}"'}
            answered(admin.put("/authority-table", json={"content": content}, headers=headers))

        table = answered(admin.get("/authority-table"))
        rows = [{**row, "approvers": [role]} if row["kind"] == kind else row for row in table["rows"]]
        put({"rows": rows, "senders": table["senders"], "vouched": table["vouched"]})
        try:
            yield
        finally:
            put(None)


def test_a_phone_lists_only_what_its_person_may_sign_off(new_page: NewPage, town: County) -> None:
    leader = TerminalPage(new_page(*PHONE), town).as_person("leader")
    reviewer = TerminalPage(new_page(*PHONE), town).as_person("reviewer")
    notice = {**ORDER, "kind": "notice", "headline": "留给签发人的提示", "expires_at": in_minutes(60)}
    order = {**ORDER, "headline": "领导也能签的指令", "expires_at": in_minutes(60)}
    with reserved(town, "notice", "alert_reviewer"), town.client("issuer") as issuer:
        made = [answered(issuer.post("/alerts", json=one))["id"] for one in (notice, order)]
        for one in made:
            answered(moved(issuer, f"/alerts/{one}", "submit"))
        expect(reviewer.page.get_by_test_id("review-row")).to_have_count(2)
        expect(leader.see("reviews")).to_contain_text("领导也能签的指令")
        expect(leader.page.get_by_test_id("review-row")).to_have_count(1)
        for one in made:
            answered(issuer.post(f"/alerts/{one}/drop"))
        expect(leader.see("reviews")).to_have_count(0)
