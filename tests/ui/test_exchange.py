"""The national platform on the desk: an export, its receipt, and our receipt for an archive that came in."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.alerts.test_cn_dialect import CODE, dialect
from tests.alerts.test_exchange import PLATFORM, receipt
from tests.alerts.zips import File, zipped
from tests.e2e.county import County
from tests.moves import moved
from tests.ui.checks import in_english
from tests.ui.test_desk import log_in
from tests.ui.test_desk_alerts import open_alert
from tests.ui.test_inbox import looked_at

NewPage = Callable[..., Page]
WORDS = {"event": "大雾", "headline": "大雾黄色预警", "description": "能见度低", "instruction": "慢行"}


def posted(town: County, data: bytes) -> httpx.Response:
    with town.client("issuer") as issuer:
        return issuer.post(f"{town.url}/cap", content=data)


def issued(town: County, path: str, body: Mapping[str, object]) -> str:
    """A warning of the station, or the change of one; its address."""
    with town.client("station") as station, town.client("reviewer") as reviewer:
        url = f"/alerts/{station.post(path, json=body).raise_for_status().json()['id']}"
        moved(station, url, "submit").raise_for_status()
        moved(reviewer, url, "sign-off").raise_for_status()
        people = station.get(f"{url}/preview").json()["people"]
        moved(station, url, "issue", {"people": people}).raise_for_status()
    return url


def saved(desk: Page, button: str) -> tuple[str, bytes]:
    with desk.expect_download() as started:
        desk.get_by_test_id(button).last.click()
    return started.value.suggested_filename, started.value.path().read_bytes()


def test_what_is_issued_goes_out_and_is_answered(new_page: NewPage, town: County) -> None:
    expires = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    area = {"divisions": ["532301"]}
    warning = {**WORDS, "kind": "warning", "colour": "yellow", "area": area, "expires_at": expires}
    first = issued(town, "/alerts", warning)
    second = issued(town, f"{first}/update", {"headline": "大雾黄色预警（变更）"})
    desk = open_alert(log_in(new_page(1600, 900), town), "大雾黄色预警（变更）")
    panel = desk.get_by_test_id("dialect")
    panel.locator("summary").click()
    expect(panel).to_contain_text("未核对")
    expect(panel.get_by_test_id("dialect-write")).to_be_disabled()
    panel.get_by_test_id("dialect-code").fill(CODE)
    panel.get_by_test_id("dialect-write").click()
    expect(panel.get_by_test_id("dialect-missing")).to_contain_text("从未以平台编号导出")
    looked_at(desk, "exchange-missing", aloud=True)
    with in_english(desk, "exchange-missing-en"):
        expect(panel).to_contain_text("not checked against the platform")
        expect(panel.get_by_test_id("dialect-missing")).to_contain_text(
            "never went out under an identifier of the platform"
        )
    with town.client("duty") as duty:
        duty.post(f"{first}/cn-dialect", json={"sender_code": CODE}).raise_for_status()
    panel.get_by_test_id("dialect-code").press("Enter")
    expect(panel.get_by_test_id("dialect-missing")).to_have_count(0)
    row = panel.get_by_test_id("dialect-row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(f"变更 {CODE}_")
    name, content = saved(desk, "dialect-xml")
    assert name.startswith(f"{CODE}_")
    assert name.endswith(".unverified.xml")
    assert b"unverified" in content
    assert saved(desk, "dialect-zip")[0] == name.replace(".xml", ".zip")
    identifier = name.removesuffix(".unverified.xml")
    posted(town, receipt(identifier)).raise_for_status()
    posted(town, receipt(identifier, "Error", 1, "编码不在名录里")).raise_for_status()
    answers = desk.get_by_test_id("alert-receipt")
    expect(answers.first).to_contain_text("已接收")
    expect(answers.last).to_contain_text("拒收：编码不在名录里")
    looked_at(desk, "exchange-answered", aloud=True)
    with in_english(desk, "exchange-answered-en"):
        expect(answers.first).to_contain_text("accepted")
        expect(answers.last).to_contain_text("refused: 编码不在名录里")
    with town.client("station") as station:  # the next test's terminals shall have their screens for themselves
        moved(station, second, "cancel", {"end": "lifted", "text": "雾散了"}).raise_for_status()


@pytest.mark.parametrize("sound", [True, False])
def test_an_archive_of_the_platform_gets_our_receipt(new_page: NewPage, town: County, sound: bool) -> None:
    message = dialect(f"{PLATFORM}_2026112014020{int(sound)}")
    files = File("附件/雷达图.jpg".encode("gb18030"), b"\xff\xd8\xff" * 900), File("附件/处置建议.docx".encode(), b"PK")
    whole = zipped(File(b"x.xml", message if sound else message.replace(b"<scope>Public</scope>", b"")), *files)
    posted(town, whole)
    desk = log_in(new_page(1600, 900), town)
    desk.keyboard.press("F3")
    desk.get_by_test_id("inbox-open").click()
    desk.get_by_test_id("message").first.get_by_test_id("message-open").click()
    dialog = desk.get_by_test_id("message-dialog")
    expect(dialog.get_by_test_id("message-attachment")).to_have_count(2)
    expect(dialog.get_by_test_id("message-file")).to_have_text("下载压缩包")
    assert saved(desk, "message-file")[1] == whole
    with desk.expect_download() as started:
        dialog.get_by_role("link", name="下载 雷达图.jpg").click()
    assert (started.value.suggested_filename, started.value.path().read_bytes()) == ("雷达图.jpg", files[0].content)
    dialog.get_by_test_id("dialect-code").fill(CODE)
    dialog.get_by_test_id("dialect-write").click()
    expect(dialog.get_by_test_id("dialect-row")).to_contain_text("回执：已接收" if sound else "回执：拒收")
    looked_at(desk, f"exchange-receipt-{'ack' if sound else 'error'}", aloud=True)
    content = saved(desk, "dialect-xml")[1]
    desk.keyboard.press("Escape")
    with in_english(desk, f"exchange-receipt-{'ack' if sound else 'error'}-en"):
        desk.get_by_test_id("message").first.get_by_test_id("message-open").click()
        expect(dialog.get_by_test_id("dialect-row")).to_contain_text(f"Receipt: {'accepted' if sound else 'refused'}")
        expect(dialog.get_by_test_id("message-file")).to_have_text("Download the archive")
        looked_at(desk, f"exchange-message-{'ack' if sound else 'error'}-en")
        desk.keyboard.press("Escape")
    assert (b"<msgType>Ack" if sound else b"cap.missing scope") in content
