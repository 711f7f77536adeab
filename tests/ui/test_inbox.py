"""Received messages: a listed station's that could not be read is told on the desk, found, saved, taken note of."""

import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from shutil import rmtree

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from alerts.cap.signature import sign
from command.kernel.clock import SystemClock
from tests.alerts.signing import key_and_certificate
from tests.e2e.county import County
from tests.ui.checks import accessibility, in_english, layout
from tests.ui.test_admin import open_admin
from tests.ui.test_admin_look import dressed
from tests.ui.test_desk import log_in
from tests.ui.test_desk_alerts import CAP, dated, hand_in, open_alert, post_cap

NewPage = Callable[..., Page]
STATION = {"sender": "inbox@*", "name": "州气象台（示例）", "events": [], "colours": [], "signer": ""}
FAULTY = CAP.replace("w@cx", "inbox@station.example").replace("<scope>Public</scope>", "").replace("Future", "Soon")


@pytest.fixture
def listed(town: County) -> Iterator[None]:
    """The county knows the station while the test runs."""
    with town.client("admin") as admin:
        path = "/authority-table"
        table = admin.get(path).json()
        own = {"rows": table["rows"], "senders": [STATION], "vouched": True}
        for content in (own, None):
            headers = {"If-Match": f'"{admin.get(path).json()["version"]}"'}
            admin.put(path, json={"content": content}, headers=headers).raise_for_status()
            if content is own:
                yield


def looked_at(page: Page, name: str, *, aloud: bool = False) -> None:
    """Nothing cut or small, with `aloud` nothing that a reader of screens would miss; a picture in FENGSUI_PICTURES."""
    if folder := os.environ.get("FENGSUI_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")
    assert [*(accessibility(page) if aloud else ()), *layout(page, least_px=12)] == []


def test_a_stations_message_that_could_not_be_read(new_page: NewPage, town: County, listed: None) -> None:
    hand_in(town, CAP.replace("大风", "大雪").replace("Actual", "Test"), "inbox-1")
    with pytest.raises(httpx.HTTPStatusError):
        hand_in(town, FAULTY, "inbox-2")
    desk = log_in(new_page(1600, 900), town)
    told = desk.get_by_test_id("refused-message")
    expect(told).to_contain_text("拒收 州气象台（示例） 的电文：缺少必填项")
    looked_at(desk, "desk-told")
    with in_english(desk, "desk-told-en"):
        expect(told).to_contain_text("refused")
        expect(told).to_contain_text("a required value is missing")
    desk.get_by_test_id("refused-show").click()
    dialog = desk.get_by_test_id("message-dialog")
    expect(dialog.get_by_test_id("message-fault")).to_have_count(2)
    expect(dialog.locator("[data-code='cap.value']")).to_contain_text("“Soon”")
    looked_at(desk, "desk-message", aloud=True)
    with desk.expect_download() as started:
        dialog.get_by_test_id("message-file").click()
    assert b"inbox@station.example" in started.value.path().read_bytes()
    desk.keyboard.press("Escape")
    expect(desk.get_by_test_id("message").first).to_have_attribute("data-outcome", "refused")
    looked_at(desk, "desk-inbox")
    with in_english(desk, "desk-inbox-en"):
        desk.get_by_test_id("message").first.get_by_test_id("message-open").click()
        expect(dialog.locator("[data-code='cap.value']")).to_contain_text("a value is outside its list")
        looked_at(desk, "desk-message-en")
        desk.keyboard.press("Escape")
    desk.keyboard.press("e")
    expect(told).to_have_count(0)
    desk.get_by_test_id("inbox-sender").fill("nobody@")
    desk.keyboard.press("Enter")
    expect(desk.get_by_test_id("inbox-empty")).to_have_text("没有这样的电文")
    desk.get_by_test_id("inbox-sender").fill("")
    desk.get_by_test_id("inbox-outcome").select_option("kept")
    row = desk.get_by_test_id("message").filter(has_text="大雪")
    expect(row).to_contain_text("只留存：不是实发")
    row.get_by_test_id("message-open").press("Enter")
    desk.get_by_test_id("message-alert").click()
    expect(desk.get_by_test_id("alert-kept")).to_contain_text("不是实发")
    desk.keyboard.press("Escape")
    desk.get_by_test_id("inbox-open").click()
    desk.get_by_test_id("inbox-back").click()
    expect(desk.get_by_test_id("alert-list")).to_be_visible()

    office = open_admin(dressed(new_page(1366, 768), "en", "light"), town, "auditor", "messages")
    refused = office.locator("[data-testid=message][data-outcome=refused]").filter(has_text="inbox-2")
    expect(refused).to_contain_text("Refused: a required value is missing; a value is outside its list")
    looked_at(office, "admin-inbox-en", aloud=True)
    office.route("**/api/v1/cap-messages*", lambda route: route.abort())
    office.get_by_test_id("inbox-refresh").click()
    expect(office.get_by_test_id("problem")).to_contain_text("Not fetched")
    expect(refused).to_be_visible()


@pytest.fixture
def trusted(town: County) -> Iterator[Path]:
    """The folder of certificates whose signatures count, the test's own."""
    folder = town.data / "trust"
    folder.mkdir()
    yield folder
    rmtree(folder)


SIGNATURES = {
    "寒潮": ("签名有效", "signature valid", "有效", "valid"),
    "霜冻": (
        "签名者不在信任名单",
        "signed by somebody not trusted here",
        "签名者不在信任名单",
        "signer not trusted here",
    ),
    "高温": (
        "签名证书不在有效期内",
        "signed with a certificate that is not in force",
        "证书不在有效期内",
        "certificate not in force",
    ),
    "大雾": ("签名无效，内容可能被改过", "signature invalid, the text may have been changed", "无效", "invalid"),
}
"""The hazard of each test message: what the alert's sheet says of its signature, and what the list of messages says."""


def test_the_four_states_of_a_signature(new_page: NewPage, town: County, trusted: Path) -> None:
    now = SystemClock().now()
    known, stranger = (key_and_certificate(f"station-{one}", at=now) for one in ("known", "stranger"))
    old = key_and_certificate("station-old", at=now - timedelta(days=30))
    for name, pair in (("known", known), ("old", old)):
        (trusted / f"{name}.pem").write_bytes(pair[1])
    for event, (number, pair) in zip(SIGNATURES, enumerate((known, stranger, old, known)), strict=True):
        document = sign(dated(CAP.replace("大风", event), f"signed-{number}"), *pair)
        post_cap(town, document.replace("午后".encode(), "傍晚".encode()) if event == "大雾" else document)
    desk = log_in(new_page(1600, 900), town)
    for event, (zh, en, *_) in SIGNATURES.items():
        sheet = open_alert(desk, f"楚雄市{event}").get_by_test_id("alert-sheet")
        expect(sheet).to_contain_text(zh)
        looked_at(desk, f"signature-{event}")
        with in_english(desk, f"signature-{event}-en"):
            expect(sheet).to_contain_text(re.compile(en, re.IGNORECASE))
        desk.keyboard.press("Escape")
    desk.get_by_test_id("inbox-open").click()
    for event, (*_, zh, _en) in SIGNATURES.items():
        expect(warning_of(desk, event).locator("td").nth(4)).to_have_text(zh)
    looked_at(desk, "signatures-list")
    with in_english(desk, "signatures-list-en"):
        for event, (*_, en) in SIGNATURES.items():
            expect(warning_of(desk, event).locator("td").nth(4)).to_have_text(re.compile(en, re.IGNORECASE))
    for event in SIGNATURES:
        warning_of(desk, event).get_by_test_id("message-open").click()
        expect(desk.get_by_test_id("message-signature")).to_contain_text("CN=station-")
        looked_at(desk, f"signature-message-{event}", aloud=True)
        desk.keyboard.press("Escape")
    broken_in_words(desk, "无效：内容和签名时不一样")
    with in_english(desk, "signatures-list-en"):
        broken_in_words(desk, "invalid: the text is not what was signed")


def warning_of(desk: Page, event: str) -> Locator:
    """The list's row of this test's own warning; other tests' messages stand there with the same hazards."""
    return desk.get_by_test_id("message").filter(has_text=f"楚雄市{event}黄色预警")


def broken_in_words(desk: Page, words: str) -> None:
    """Why it does not hold is said in the reader's language; what the checker wrote is folded away."""
    warning_of(desk, "大雾").get_by_test_id("message-open").click()
    said = desk.get_by_test_id("message-signature")
    expect(said).to_contain_text(re.compile(words, re.IGNORECASE))
    expect(said.locator("code")).not_to_be_visible()
    said.locator("summary").click()
    expect(said.locator("code")).to_contain_text("InvalidDigest")
    looked_at(desk, f"signature-broken-{words[:7].strip()}")
    desk.keyboard.press("Escape")
