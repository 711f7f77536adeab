"""The terminal page in a real Chromium: who works with it, the check at the start of a shift, orders, alerts, notes."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.county import County
from tests.moves import moved
from tests.ui.checks import accessibility, layout
from tests.ui.terminals import (
    PHONE,
    NewPage,
    TerminalPage,
    answered,
    evacuate,
    in_minutes,
    log_flood,
    unit_id,
)
from tests.ui.wire import Wire, wire_to
from tests.waiting import until

# The least type of a terminal is its name plates' 14 px.
LEAST_PX = 14
ANSWERS = ("acknowledged", "en_route", "on_scene", "done")


@pytest.fixture
def wire(town: County) -> Iterator[Wire]:
    """A wire to the server that can be cut."""
    port = urlsplit(town.url).port
    assert port is not None
    with wire_to(port) as whole:
        yield whole


def readable(terminal: TerminalPage) -> None:
    """Nothing small, cut or pushed out; nothing that axe finds wrong."""
    assert layout(terminal.page, LEAST_PX) == []
    assert accessibility(terminal.page) == []


def order_to(duty: httpx.Client, township: str, title: str, **more: object) -> dict[str, Any]:
    """An order to a township about a fresh incident."""
    incident = log_flood(duty, f"{township}山洪")
    body = {"title": title, "to_unit": unit_id(duty, township), "deadline_at": in_minutes(40), **more}
    made: dict[str, Any] = answered(duty.post(f"/incidents/{incident['id']}/tasks", json=body))
    return made


def task_of(duty: httpx.Client, task: str) -> dict[str, Any]:
    """The order as the duty officer sees it."""
    tasks = answered(duty.get("/tasks", params={"limit": 200}))["items"]
    found: dict[str, Any] = next(one for one in tasks if one["id"] == task)
    return found


def has_status(duty: httpx.Client, task: str, status: str) -> bool:
    """Whether the order has come so far."""
    return bool(task_of(duty, task)["status"] == status)


def test_a_person_logs_in_and_out(new_page: NewPage, town: County) -> None:
    terminal = TerminalPage(new_page(*PHONE), town)
    terminal.page.goto(terminal.address)
    terminal.see("login-username").fill(town.accounts["keeper"]["username"])
    terminal.see("login-password").fill("wrong wrong wrong")
    terminal.press("login-submit")
    expect(terminal.see("problem")).to_contain_text("没有登录")
    readable(terminal)
    terminal.as_person("keeper")
    expect(terminal.see("who")).to_contain_text("资源管理员")
    readable(terminal)
    terminal.press("logout")
    expect(terminal.see("login")).to_be_visible()


def test_the_token_leaves_the_address_at_once(new_page: NewPage, town: County) -> None:
    terminal = TerminalPage(new_page(*PHONE), town).as_device("吕合镇")
    assert terminal.page.url == terminal.address
    assert terminal.page.evaluate("history.length") <= 2
    terminal.page.reload()
    expect(terminal.see("who")).to_contain_text("吕合镇")


def test_a_renewed_token_is_said_plainly(new_page: NewPage, town: County) -> None:
    terminal = TerminalPage(new_page(*PHONE), town)
    terminal.page.goto(f"{terminal.address}#token=nobody-knows-this-token-any-more")
    expect(terminal.page.get_by_role("status")).to_contain_text("服务器不认这台终端的口令")


def test_the_check_at_the_start_of_the_shift(new_page: NewPage, town: County, duty: httpx.Client) -> None:
    terminal = TerminalPage(new_page(390, 844), town).as_device("紫溪镇")
    terminal.press("next")
    expect(terminal.see("check-camera").locator("video")).to_be_visible()
    expect(terminal.see("check-voice")).to_have_attribute("data-heard", "true")
    expect(terminal.see("check-finish")).to_be_disabled()
    terminal.press("check-tone")
    terminal.press("check-not-heard")
    expect(terminal.page.get_by_text("把音量调大")).to_be_visible()
    readable(terminal)
    terminal.press("check-heard")
    terminal.press("check-finish")
    expect(terminal.see("home")).to_be_visible()
    known = answered(duty.get("/terminals"))["items"]
    check = next(one["check"] for one in known if "紫溪镇" in one["name"] and one["kind"] == "browser")
    assert (check["camera"], check["microphone"], check["loudspeaker"]) == ("ok", "ok", "ok")


def test_without_permission_the_page_says_what_to_do(new_page: NewPage, town: County) -> None:
    page = new_page(390, 844)
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    )
    terminal = TerminalPage(page, town).as_device("紫溪镇")
    terminal.press("check")
    expect(page.get_by_text("浏览器没有允许").first).to_be_visible()
    expect(page.get_by_text("点地址栏左边的图标").first).to_be_visible()


def test_an_order_is_answered_without_a_connection(
    new_page: NewPage, town: County, wire: Wire, duty: httpx.Client
) -> None:
    terminal = TerminalPage(new_page(*PHONE), town, wire.near).as_device("东华镇")
    task = order_to(duty, "东华镇", "转移礼社江边 3 个村民小组")["id"]
    row = terminal.page.locator(f'[data-order="{task}"]')
    expect(row).to_be_visible()
    until(lambda: task_of(duty, task)["status"] == "delivered")
    row.click()
    expect(terminal.see("sketch")).to_be_visible()
    readable(terminal)
    wire.cut()
    terminal.press("order-acknowledged")
    expect(terminal.see("given")).to_contain_text("待送出")
    terminal.page.wait_for_timeout(800)  # a second press within 700 ms counts as one
    terminal.press("order-en_route")
    expect(terminal.see("link")).to_contain_text("2 条待送出")
    expect(terminal.see("queued")).to_contain_text("已记在本机")
    readable(terminal)
    wire.mend()
    expect(terminal.see("given")).to_contain_text("已送出")
    until(lambda: task_of(duty, task)["status"] == "en_route")
    moves = [move for move in task_of(duty, task)["moves"] if move["pressed_at"] is not None]
    assert [move["to"] for move in moves] == ["delivered", "acknowledged", "en_route"]
    assert all(move["pressed_at"] < move["at"] for move in moves[1:])


def test_presses_outlive_the_page(new_page: NewPage, town: County, wire: Wire, duty: httpx.Client) -> None:
    page = new_page(*PHONE)
    terminal = TerminalPage(page, town, wire.near).as_device("苍岭镇")
    task = order_to(duty, "苍岭镇", "巡查水库")["id"]
    page.locator(f'[data-order="{task}"]').click()
    expect(terminal.see("order-acknowledged")).to_be_visible()
    until(lambda: task_of(duty, task)["status"] == "delivered")
    wire.cut()
    terminal.press("order-acknowledged")
    expect(terminal.see("given")).to_contain_text("待送出")
    wire.mend()
    page.reload()
    terminal.ready()
    until(lambda: task_of(duty, task)["status"] == "acknowledged")


def test_a_keeper_brings_a_resource_to_its_place(new_page: NewPage, town: County, duty: httpx.Client) -> None:
    terminal = TerminalPage(new_page(*PHONE), town).as_person("keeper")
    incident = log_flood(duty, "西舍路镇便桥冲走")
    near = answered(duty.get("/resources", params={"near": "101.02,24.63", "limit": 20}))["items"]
    mine = next(one for one in near if one["keeper"]["name"].startswith("资源管理员") and one["status"] == "available")
    body = {"title": "到河东桥头", "resource": mine["id"]}
    task = answered(duty.post(f"/incidents/{incident['id']}/tasks", json=body))["id"]
    terminal.page.locator(f'[data-order="{task}"]').click()
    for move in ANSWERS:
        terminal.press(f"order-{move}")
        until(partial(has_status, duty, task, move))
        terminal.page.wait_for_timeout(800)  # a second press within 700 ms counts as one
    expect(terminal.see("order")).to_have_attribute("data-status", "done")


def test_what_cannot_be_done_is_said_with_its_reason(new_page: NewPage, town: County, duty: httpx.Client) -> None:
    terminal = TerminalPage(new_page(*PHONE), town).as_device("子午镇")
    task = order_to(duty, "子午镇", "抢通乡道")["id"]
    terminal.page.locator(f'[data-order="{task}"]').click()
    terminal.press("order-unable")
    expect(terminal.see("unable-send")).to_be_disabled()
    readable(terminal)
    terminal.press("unable-why")
    terminal.press("unable-send")
    until(lambda: task_of(duty, task)["status"] == "unable")
    assert task_of(duty, task)["reason"] == "道路不通"


def test_an_alert_takes_the_screen_until_it_is_answered(new_page: NewPage, town: County, duty: httpx.Client) -> None:
    terminal = TerminalPage(new_page(*PHONE), town).as_device("新村镇")
    alert = evacuate(town, "532301111", "新村镇沿河转移指令", drill=True)

    def coverage() -> dict[str, Any]:
        found: dict[str, Any] = answered(duty.get(f"/alerts/{alert}/coverage"))["items"][0]
        return found

    expect(terminal.see("alert-instruction")).to_have_text("沿河住户立即转移到中心小学")
    expect(terminal.see("drill")).to_be_visible()
    readable(terminal)
    until(lambda: coverage()["channels"]["websocket"]["delivered"] >= 1, within_s=30, why=coverage)
    assert coverage()["first_answer"] is None
    terminal.press("alert-ack")
    until(lambda: coverage()["first_answer"] is not None, within_s=30, why=coverage)
    assert "新村镇" in coverage()["first_answer"]["by"]["name"]
    expect(terminal.see("alert-row")).to_contain_text("已应答")
    terminal.page.reload()
    terminal.ready()
    expect(terminal.see("alert-row")).to_contain_text("已应答")
    with town.client("issuer") as issuer:
        answered(moved(issuer, f"/alerts/{alert}", "cancel", {"end": "lifted", "text": "水位已回落"}))
    expect(terminal.see("alert-end")).to_have_text("水位已回落")
    terminal.press("alert-end-read")
    expect(terminal.see("home")).to_be_visible()


def test_a_note_with_a_photo(new_page: NewPage, town: County, duty: httpx.Client, tmp_path: Path) -> None:
    terminal = TerminalPage(new_page(*PHONE), town).as_person("township")
    incident = order_to(duty, "西舍路镇", "查看便桥")["incident"]
    expect(terminal.see("order-row")).to_be_visible()
    terminal.press("note")
    terminal.see("note-incident").select_option(incident)
    terminal.see("note-text").fill("水位比路面高 40 厘米")
    photo = tmp_path / "bridge.png"
    terminal.page.screenshot(path=photo)
    terminal.see("note-photo").set_input_files(photo)
    expect(terminal.page.get_by_text(re.compile("^照片 "))).to_be_visible()
    readable(terminal)
    terminal.press("note-send")
    expect(terminal.see("home")).to_be_visible()
    entries = answered(duty.get(f"/incidents/{incident}/entries"))["items"]
    assert entries[-1]["text"] == "水位比路面高 40 厘米"
    assert len(entries[-1]["attachments"]) == 1


@pytest.mark.parametrize("size", [PHONE, (390, 844), (844, 390), (1280, 720)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_is_readable_in_both_languages_by_day_and_night(
    new_page: NewPage, town: County, duty: httpx.Client, size: tuple[int, int]
) -> None:
    terminal = TerminalPage(new_page(*size), town).as_device("大地基乡")
    task = order_to(duty, "大地基乡", "转移礼社江边 3 个村民小组，先转移行动不便的人", detail="46 户 171 人")["id"]
    for language in ("zh", "en"):
        terminal.speak(language)
        readable(terminal)
        terminal.press("theme")
        terminal.page.locator(f'[data-order="{task}"]').click()
        expect(terminal.see("order-acknowledged")).to_be_visible()
        readable(terminal)
