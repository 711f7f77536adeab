"""A picture goes with an evacuation order: attached on the desk, seen by who signs it off, on the wall, on a phone."""

from collections.abc import Callable

import httpx
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.e2e.county import County
from tests.moves import moved
from tests.ui.checks import accessibility, layout, picture
from tests.ui.terminals import PHONE, TerminalPage, answered
from tests.ui.test_desk import log_in
from tests.ui.test_desk_alerts import open_alert, write_notice
from tests.ui.test_terminal_review import shown
from tests.ui.test_wall import open_wall

NewPage = Callable[..., Page]
HEADLINE = "西舍路镇沿河转移（附图）"


def loaded(image: Locator) -> None:
    """A browser has decoded it."""
    expect(image).to_be_visible()
    expect(image).not_to_have_js_property("naturalWidth", 0)


def issue(town: County, alert: str) -> None:
    with town.client("reviewer") as reviewer, town.client("issuer") as issuer:
        answered(moved(reviewer, f"/alerts/{alert}", "sign-off"))
        people = answered(issuer.get(f"/alerts/{alert}/preview"))["people"]
        answered(moved(issuer, f"/alerts/{alert}", "issue", {"people": people}))


def test_a_picture_goes_with_an_order(new_page: NewPage, town: County, duty: httpx.Client) -> None:
    leader = log_in(new_page(1600, 900), town, "leader")
    write_notice(leader, HEADLINE)
    leader.get_by_test_id("alert-kind-evacuation").click()
    drawn: FilePayload = {"name": "转移路线.png", "mimeType": "image/png", "buffer": leader.screenshot()}
    wrong: FilePayload = {"name": "路线.exe", "mimeType": "image/png", "buffer": b"MZ\x00\x01"}
    text: FilePayload = {"name": "名单.txt", "mimeType": "text/plain", "buffer": "先走老人".encode()}
    leader.get_by_test_id("alert-file-input").set_input_files([wrong, drawn, text])
    expect(leader.get_by_test_id("alert-file-row")).to_have_count(2)
    expect(leader.get_by_test_id("alert-files").get_by_test_id("problem")).to_have_attribute(
        "data-code", "attachment.kind"
    )
    leader.get_by_test_id("alert-file-words").first.fill("走这条路")
    leader.get_by_test_id("alert-file-add").scroll_into_view_if_needed()
    picture(leader, "desk-alert-attach")
    assert [*accessibility(leader), *layout(leader, least_px=12)] == []
    leader.get_by_test_id("alert-file-drop").last.click()
    leader.get_by_test_id("alert-submit").click()
    expect(leader.get_by_test_id("alert-status")).to_have_text("待签发")

    reviewer = open_alert(log_in(new_page(1600, 900), town, "reviewer"), HEADLINE)
    expect(reviewer.get_by_test_id("alert-file")).to_have_count(1)
    expect(reviewer.get_by_test_id("alert-file")).to_contain_text("走这条路")
    loaded(reviewer.get_by_test_id("alert-file").get_by_role("img"))
    picture(reviewer, "desk-alert-files")
    assert [*accessibility(reviewer), *layout(reviewer, least_px=12)] == []

    items = answered(duty.get("/alerts", params={"query": HEADLINE}))["items"]
    wall = new_page(1920, 1080)
    open_wall(wall, town)
    issue(town, items[0]["id"])
    loaded(wall.get_by_test_id("wall-picture").get_by_role("img"))
    picture(wall, "wall-alert-picture")
    assert layout(wall, least_px=20) == []

    phone = TerminalPage(new_page(*PHONE), town).as_device("西舍路镇")
    expect(phone.see("alert-file")).to_contain_text("走这条路")
    # A thin line carries no picture before its reader asks for it.
    expect(phone.see("alert-file").get_by_role("img")).to_have_count(0)
    shown(phone, "phone-alert-file")
    phone.press("alert-file-open")
    loaded(phone.see("alert-file").get_by_role("img"))
    shown(phone, "phone-alert-picture")
    with town.client("issuer") as issuer:
        end = {"end": "lifted", "text": "水退了"}
        answered(moved(issuer, f"/alerts/{items[0]['id']}", "cancel", end))
    expect(wall.get_by_test_id("wall-picture")).to_have_count(0)


def test_a_message_is_recorded_listened_to_and_signed_off(new_page: NewPage, town: County) -> None:
    headline = "西舍路镇沿河转移（录音）"
    leader = log_in(new_page(1600, 900), town, "leader")
    write_notice(leader, headline)
    leader.get_by_test_id("alert-kind-evacuation").click()
    leader.get_by_test_id("recording-input").set_input_files(
        {"name": "喇叭.wav", "mimeType": "audio/wav", "buffer": b"RIFF\0\0\0\0WAVEnothing"}
    )
    leader.get_by_test_id("recording-use").click()
    expect(leader.get_by_test_id("alert-recording").get_by_test_id("problem")).to_have_attribute(
        "data-code", "recording.unreadable"
    )
    leader.get_by_test_id("recording-again").click()
    expect(leader.get_by_test_id("recording-seconds")).to_contain_text("2 / 120")
    expect(leader.get_by_test_id("recording-level")).not_to_have_attribute("aria-valuenow", "0")
    picture(leader, "desk-alert-recording")
    leader.get_by_test_id("recording-stop").click()
    expect(leader.get_by_test_id("recording-trial")).to_have_js_property("readyState", 4)
    picture(leader, "desk-alert-recorded")
    assert [*accessibility(leader), *layout(leader, least_px=12)] == []
    leader.get_by_test_id("recording-use").click()
    expect(leader.get_by_test_id("recording-player")).to_be_visible()
    leader.get_by_test_id("recording-called").check()
    expect(leader.get_by_test_id("preview-mqtt").get_by_test_id("preview-recorded")).to_contain_text("放录音")
    picture(leader, "desk-alert-recording-taken")
    assert [*accessibility(leader), *layout(leader, least_px=12)] == []
    leader.get_by_test_id("alert-submit").click()
    expect(leader.get_by_test_id("alert-status")).to_have_text("待签发")

    reviewer = open_alert(log_in(new_page(1600, 900), town, "reviewer"), headline)
    expect(reviewer.get_by_test_id("alert-file-sound")).to_have_js_property("readyState", 4)
    expect(reviewer.get_by_test_id("alert-file")).to_contain_text("打电话时也放")
    picture(reviewer, "desk-alert-recording-review")
    assert [*accessibility(reviewer), *layout(reviewer, least_px=12)] == []
    # What waits for a signature stands on the phones of the tests that follow.
    with town.client("leader") as client:
        (waiting,) = answered(client.get("/alerts", params={"query": headline}))["items"]
        answered(client.post(f"/alerts/{waiting['id']}/drop"))
