"""A leader signs off an evacuation order on a phone: reads it, gives it back, then signs."""

import os
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.county import County
from tests.moves import moved
from tests.ui.checks import accessibility, layout
from tests.ui.terminals import PHONE, NewPage, TerminalPage, answered, in_minutes

ORDER = {
    "event": "山洪",
    "kind": "evacuation",
    "headline": "子午镇沿河转移指令",
    "description": "上游两小时降雨 92 毫米，便桥已冲走",
    "instruction": "沿河住户立即转移到中心小学",
    "area": {"divisions": ["532301106"]},
    "channels": ["websocket", "mqtt"],
}


def shown(terminal: TerminalPage, name: str) -> None:
    """Nothing small, cut or wrong; a picture of it in the folder named by FENGSUI_PICTURES."""
    folder = os.environ.get("FENGSUI_PICTURES")
    if folder:
        terminal.page.screenshot(path=Path(folder) / f"{name}.png")
    assert layout(terminal.page, 14) == []
    assert accessibility(terminal.page) == []


def test_an_order_is_signed_off_on_a_phone(new_page: NewPage, town: County) -> None:
    leader = TerminalPage(new_page(*PHONE), town).as_person("leader")
    expect(leader.see("reviews")).to_have_count(0)
    with town.client("issuer") as issuer:
        draft = answered(issuer.post("/alerts", json={**ORDER, "expires_at": in_minutes(120)}))
        path = f"/alerts/{draft['id']}"
        answered(moved(issuer, path, "submit"))
        expect(leader.see("reviews")).to_contain_text("子午镇沿河转移指令")
        shown(leader, "phone-reviews")
        leader.press("review-row")
        expect(leader.see("review-instruction")).to_have_text("沿河住户立即转移到中心小学")
        seen = answered(issuer.get(f"{path}/preview"))
        assert seen["people"] == 0, "the sample has no people there"
        devices = sum(seen["channels"].values())
        expect(leader.see("review-people")).to_contain_text(f"不发给个人，只发给终端、大喇叭等 {devices} 处")
        expect(leader.see("review-measured")).to_contain_text("子午镇")
        shown(leader, "phone-review")
        leader.press("review-why")
        expect(leader.see("review-return")).to_be_disabled()
        leader.see("review-reason").fill("写明哪几户先走")
        leader.press("review-return")
        expect(leader.see("home")).to_be_visible()
        back = answered(issuer.get(path))
        assert (back["status"], back["returned"]["reason"]) == ("returned", "写明哪几户先走")

        answered(moved(issuer, path, "submit"))
        leader.press("review-row")
        leader.press("review-sign-off")
        shown(leader, "phone-review-sure")
        assert answered(issuer.get(path))["status"] == "submitted", "one touch does not sign"
        leader.press("review-sure")
        expect(leader.see("home")).to_be_visible()
        assert answered(issuer.get(path))["signed_off_by"]["name"].startswith("带班领导")
        expect(leader.see("reviews")).to_have_count(0)
        answered(issuer.post(f"{path}/drop"))


def test_who_wrote_it_is_not_asked_and_somebody_elses_signature_is_seen(new_page: NewPage, town: County) -> None:
    phone = TerminalPage(new_page(*PHONE), town).as_person("leader")
    phone.speak("en")
    with town.client("issuer") as issuer, town.client("leader") as leader, town.client("reviewer") as reviewer:
        mine = answered(leader.post("/alerts", json={**ORDER, "headline": "自己写的", "expires_at": in_minutes(60)}))
        answered(moved(leader, f"/alerts/{mine['id']}", "submit"))
        other = answered(issuer.post("/alerts", json={**ORDER, "headline": "别人写的", "expires_at": in_minutes(60)}))
        answered(moved(issuer, f"/alerts/{other['id']}", "submit"))
        expect(phone.see("reviews")).to_contain_text("别人写的")
        expect(phone.see("reviews")).not_to_contain_text("自己写的")
        phone.see("review-row").filter(has_text="别人写的").click()
        expect(phone.see("review-instruction")).to_have_text("沿河住户立即转移到中心小学")
        shown(phone, "phone-review-en")
        answered(moved(reviewer, f"/alerts/{other['id']}", "sign-off"))
        expect(phone.see("review-settled")).to_be_visible()
        for one in (mine, other):
            answered(issuer.post(f"/alerts/{one['id']}/drop"))
