"""Warnings on the desk: the two-person rule, the typed number, who answered, and what came from outside."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
from playwright.sync_api import Page, Route, expect

from tests.e2e.county import County
from tests.moves import moved
from tests.ui.checks import accessibility, layout, picture
from tests.ui.test_desk import log_in

NewPage = Callable[..., Page]

CAP = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{identifier}</identifier><sender>w@cx</sender>
<sent>{sent}</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><language>zh-CN</language>
<category>Met</category><event>大风</event><urgency>Future</urgency><severity>Moderate</severity>
<certainty>Likely</certainty><expires>{expires}</expires><headline>楚雄市大风黄色预警</headline>
<description>午后有 8 级大风。</description><area><areaDesc>楚雄市</areaDesc><geocode>
<valueName>行政区划代码</valueName><value>532301</value></geocode></area></info></alert>"""


def open_alert(page: Page, headline: str) -> Page:
    """Open an alert from the list, once the desk is there to be typed at."""
    expect(page.get_by_test_id("desk")).to_be_visible()
    page.keyboard.press("F3")
    page.get_by_test_id("alert-row").filter(has_text=headline).click()
    expect(page.get_by_test_id("alert-sheet").or_(page.get_by_test_id("alert-editor"))).to_be_visible()
    return page


def write_notice(page: Page, headline: str) -> None:
    """A notice for 西舍路镇, ready to submit."""
    page.keyboard.press("F3")
    page.keyboard.press("n")
    page.get_by_test_id("alert-kind-notice").click()
    page.get_by_test_id("alert-event").fill("山洪")
    page.get_by_test_id("alert-headline").fill(headline)
    page.get_by_test_id("alert-description").fill("上游水库开闸，河道 2 小时内涨水。")
    page.get_by_test_id("alert-instruction").fill("不要下河。")
    page.get_by_test_id("alert-add-town").fill("西舍路")
    page.get_by_test_id("alert-add-town-option").first.click()
    page.get_by_test_id("alert-in-3").click()
    expect(page.get_by_test_id("audience-row")).to_have_count(1)


def test_an_issuer_is_told_what_the_numbers_wait_for(new_page: NewPage, town: County) -> None:
    desk = log_in(new_page(1600, 900), town, "issuer")
    desk.keyboard.press("F3")
    desk.keyboard.press("n")
    lacks = desk.get_by_test_id("audience").get_by_test_id("preview-lacks")
    desk.get_by_test_id("alert-kind-warning").click()
    desk.get_by_test_id("alert-event").fill("暴雨")
    desk.get_by_test_id("alert-headline").fill("暴雨预警")
    expect(lacks).to_have_text("还差级别、内容、区域，写好这里就有人数")
    desk.get_by_test_id("alert-description").fill("两小时内有暴雨。")
    desk.get_by_test_id("alert-draw").click()
    here = desk.get_by_test_id("alerts").get_by_test_id("map")
    here.get_by_test_id("map-circle").click()
    box = here.bounding_box()
    assert box is not None
    centre = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    desk.mouse.move(*centre)
    desk.mouse.down()
    desk.mouse.move(centre[0] + 60, centre[1], steps=5)
    desk.mouse.up()
    expect(lacks).to_have_text("还差级别，写好这里就有人数")
    desk.get_by_test_id("alert-colour-red").click()
    expect(desk.get_by_test_id("preview-refused")).to_contain_text("楚雄市不能发布红色预警")
    picture(desk, "desk-alert-refused")
    desk.get_by_test_id("alert-kind-notice").click()
    expect(desk.get_by_test_id("audience-row")).not_to_have_count(0)
    expect(desk.get_by_test_id("preview-refused")).to_have_count(0)


def test_two_people_a_typed_number_and_an_end(new_page: NewPage, town: County) -> None:
    headline = "西舍路镇山洪提示"
    leader = log_in(new_page(1600, 900), town, "leader")
    write_notice(leader, headline)
    expect(leader.get_by_test_id("preview-mqtt")).to_contain_text("不要下河")
    leader.get_by_test_id("alert-submit").click()
    expect(leader.get_by_test_id("alert-why")).to_have_text("起草、改动或送复核的人不能签发")
    expect(leader.get_by_test_id("alert-sign-off")).to_be_disabled()
    assert layout(leader, least_px=12) == []

    reviewer = open_alert(log_in(new_page(1600, 900), town, "reviewer"), headline)
    reviewer.get_by_test_id("alert-return-reason").fill("写明去哪里")
    reviewer.get_by_test_id("alert-return").click()
    expect(leader.get_by_test_id("alert-returned")).to_contain_text("写明去哪里")
    leader.get_by_test_id("alert-instruction").fill("不要下河，到中心小学。")
    leader.get_by_test_id("alert-submit").click()
    expect(reviewer.get_by_test_id("changed-instruction")).to_contain_text("不要下河，到中心小学。")
    expect(reviewer.get_by_test_id("alert-sign-off")).to_be_disabled()
    picture(reviewer, "desk-alert-changed")
    assert layout(reviewer, least_px=12) == []
    reviewer.get_by_test_id("alert-seen").click()
    reviewer.get_by_test_id("alert-sign-off").click()
    expect(reviewer.get_by_test_id("alert-status")).to_have_text("已签发")

    issuer = open_alert(log_in(new_page(1600, 900), town, "issuer"), headline)
    people = issuer.get_by_test_id("preview-people").get_attribute("data-people") or ""
    issuer.get_by_test_id("alert-issue-people").fill(str(int(people) + 1))
    expect(issuer.get_by_test_id("alert-issue")).to_be_disabled()
    issuer.get_by_test_id("alert-issue-word").fill("发布")
    issuer.get_by_test_id("alert-issue").click()
    expect(issuer.get_by_test_id("problem")).to_have_attribute("data-code", "alert.people_differ")
    expect(issuer.get_by_test_id("alert-issue-word")).to_have_value("发布")
    issuer.get_by_test_id("alert-issue-people").fill(people)
    issuer.get_by_test_id("alert-issue").click()
    expect(issuer.get_by_test_id("coverage-row")).to_have_count(1)
    expect(issuer.get_by_test_id("delivery-row").first).to_be_visible()
    assert [*accessibility(issuer), *layout(issuer, least_px=12)] == []

    issuer.get_by_test_id("alert-change").click()
    expect(issuer.get_by_test_id("alert-editor")).to_be_visible()
    expect(issuer.get_by_test_id("alert-drill")).to_have_count(0)
    issuer.get_by_test_id("alert-add-town").fill("吕合")
    issuer.get_by_test_id("alert-add-town-option").first.click()
    expect(issuer.get_by_test_id("preview-area")).to_have_text("西舍路镇、吕合镇")
    picture(issuer, "desk-alert-update")
    issuer.get_by_test_id("alert-drop").click()
    issuer.get_by_test_id("drop-dialog-yes").click()
    expect(issuer.get_by_test_id("alert-row").filter(has_text=headline)).to_have_count(1)
    open_alert(issuer, headline)

    issuer.get_by_test_id("alert-lift").click()
    issuer.get_by_test_id("end-text").fill("水已退。")
    issuer.get_by_test_id("end-alert").click()
    expect(issuer.get_by_test_id("alert-status")).to_have_text("已解除")
    expect(issuer.get_by_test_id("alert-sheet")).to_contain_text("水已退。")
    look_again(issuer, headline)


def look_again(page: Page, headline: str) -> None:
    """A ledger that is slow to come is said to be on its way; one that does not come is asked for again."""
    address, held = "**/api/v1/alerts/*/ledger", list[Route]()
    page.route(address, lambda route: held.append(route))
    page.keyboard.press("Escape")
    with page.expect_request(address):
        open_alert(page, headline)
    ledger = page.get_by_test_id("ledger")
    expect(ledger.get_by_test_id("fetching")).to_have_text("正在取")
    picture(page, "desk-ledger-fetching")
    page.route(address, lambda route: route.abort())
    for one in held:
        one.abort()
    expect(ledger.get_by_test_id("problem")).to_contain_text("没有取到")
    picture(page, "desk-ledger-failed")
    assert [*accessibility(page), *layout(page, least_px=12)] == []
    page.unroute(address)
    ledger.get_by_test_id("again").click()
    expect(ledger.get_by_test_id("ledger-row").first).to_be_visible()


def test_loudspeakers_alone_are_issued_to_with_no_people(new_page: NewPage, town: County) -> None:
    draft = {
        "event": "山洪",
        "kind": "notice",
        "headline": "只用大喇叭的提示",
        "description": "上游来水",
        "instruction": "不要下河",
        "area": {"divisions": ["532301112"]},
        "channels": ["mqtt"],
        "expires_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
    }
    with town.client("issuer") as issuer, town.client("reviewer") as reviewer:
        path = f"/alerts/{issuer.post('/alerts', json=draft).json()['id']}"
        assert moved(issuer, path, "submit").is_success
        assert moved(reviewer, path, "sign-off").is_success
        seen = issuer.get(f"{path}/preview").json()
        assert (seen["people"], seen["channels"]["mqtt"] > 0) == (0, True)
        desk = open_alert(log_in(new_page(1600, 900), town, "issuer"), "只用大喇叭的提示")
        expect(desk.get_by_test_id("alert-issue-how")).to_contain_text(
            f"不发给个人，只发给：大喇叭 {seen['channels']['mqtt']}"
        )
        expect(desk.get_by_test_id("alert-calls")).to_have_text("只发消息，不逐级叫应")
        desk.get_by_test_id("alert-issue-word").fill("发布")
        expect(desk.get_by_test_id("alert-issue")).to_be_disabled()
        desk.get_by_test_id("alert-issue-people").fill("0")
        picture(desk, "desk-issue-loudspeakers")
        assert [*accessibility(desk), *layout(desk, least_px=12)] == []
        desk.get_by_test_id("alert-issue").click()
        expect(desk.get_by_test_id("coverage-row")).to_have_count(1)
        assert moved(issuer, path, "cancel", {"end": "lifted", "text": "水已退"}).is_success


def test_what_is_not_saved_is_kept_and_an_exercise_is_asked_for(new_page: NewPage, town: County) -> None:
    desk = log_in(new_page(1600, 900), town)
    write_notice(desk, "没存的提示")
    desk.keyboard.press("Alt+y")
    desk.get_by_test_id("drill-dialog-yes").click()
    expect(desk.get_by_test_id("alert-mode")).to_have_text("演练")
    expect(desk.get_by_test_id("preview-email")).to_contain_text("演练")
    desk.reload()
    desk.get_by_test_id("tab-alerts").click()
    desk.get_by_test_id("alert-resume").click()
    expect(desk.get_by_test_id("alert-headline")).to_have_value("没存的提示")
    expect(desk.get_by_test_id("alert-mode")).to_have_text("演练")
    desk.get_by_test_id("alert-save").click()
    expect(desk.get_by_test_id("alert-saved")).to_contain_text("草稿已存")
    desk.get_by_test_id("alerts-back").click()
    expect(desk.get_by_test_id("alert-offer")).to_have_count(0)
    desk.set_viewport_size({"width": 1366, "height": 768})
    desk.evaluate("localStorage.setItem('fengsui.lang', 'en')")
    desk.reload()
    desk.get_by_test_id("tab-alerts").click()
    desk.get_by_test_id("alert-row").filter(has_text="没存的提示").click()
    expect(desk.get_by_test_id("variant-short")).to_contain_text("/70")
    expect(desk.get_by_test_id("audience-row")).to_have_count(1)
    picture(desk, "desk-alert-narrow-en")
    assert layout(desk, least_px=12) == []


def test_only_a_warning_has_a_colour_and_a_county_may_not_issue_one(new_page: NewPage, town: County) -> None:
    desk = log_in(new_page(1600, 900), town)
    write_notice(desk, "颜色")
    expect(desk.get_by_test_id("alert-colours")).to_have_count(0)
    desk.get_by_test_id("alert-kind-warning").click()
    desk.get_by_test_id("alert-colours").focus()
    desk.keyboard.press("2")
    expect(desk.get_by_test_id("alert-colour-orange")).to_have_attribute("aria-checked", "true")
    expect(desk.get_by_test_id("problem")).to_have_attribute("data-code", "alert.no_authority")


def hand_in(town: County, message: str, identifier: str) -> None:
    """The station's issuer posts a message that runs for four hours."""
    post_cap(town, dated(message, identifier))


def dated(message: str, identifier: str) -> bytes:
    """It is sent now and runs for four hours."""
    sent = datetime.now(UTC).replace(microsecond=0)
    expires = sent + timedelta(hours=4)
    return message.format(identifier=identifier, sent=sent.isoformat(), expires=expires.isoformat()).encode()


def post_cap(town: County, document: bytes) -> None:
    """The station's issuer posts it."""
    with town.client("station") as station:
        headers = {"Content-Type": "application/xml", "Authorization": station.headers["Authorization"]}
        httpx.post(f"{town.url}/cap", content=document, headers=headers).raise_for_status()


def test_a_received_warning_is_shown_and_adopted_never_changed(new_page: NewPage, town: County) -> None:
    hand_in(town, CAP.replace("大风", "沙尘暴"), "test-1")
    desk = log_in(new_page(1600, 900), town)
    desk.get_by_test_id("warning").filter(has_text="沙尘暴").click()
    expect(desk.get_by_test_id("alert-sheet-headline")).to_have_text("楚雄市沙尘暴黄色预警")
    expect(desk.get_by_test_id("alert-editor")).to_have_count(0)
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.get_by_test_id("alert-adopt").click()
    expect(desk.get_by_test_id("alert-editor")).to_be_visible()
    expect(desk.get_by_test_id("alert-headline")).to_have_value("楚雄市沙尘暴黄色预警")
    expect(desk.get_by_test_id("alert-kind-notice")).to_have_attribute("aria-pressed", "true")


def test_a_near_copy_is_decided_by_a_person_and_what_is_not_acted_on_says_why(new_page: NewPage, town: County) -> None:
    hail = CAP.replace("大风", "冰雹")
    hand_in(town, hail, "hail-1")
    hand_in(town, hail.replace("w@cx", "prefecture@cx").replace("楚雄市冰雹", "州台冰雹"), "hail-2")
    hand_in(town, hail.replace("Actual", "Test").replace("楚雄市冰雹", "测试冰雹"), "hail-3")
    desk = log_in(new_page(1600, 900), town)
    desk.keyboard.press("F3")
    kept = desk.get_by_test_id("alerts-kept").get_by_test_id("alert-row").filter(has_text="测试冰雹")
    expect(kept).to_contain_text("不是实发")
    copy = desk.get_by_test_id("alerts-received").get_by_test_id("alert-row").filter(has_text="州台冰雹")
    expect(copy.get_by_test_id("alert-mark")).to_be_visible()
    copy.click()
    one = desk.get_by_test_id("alert-copy")
    expect(one).to_contain_text("楚雄市冰雹黄色预警")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.get_by_test_id("copy-same").click()
    expect(one).to_have_attribute("data-relation", "same")
    expect(desk.get_by_test_id("warnings")).not_to_contain_text("州台冰雹")
    desk.get_by_test_id("copy-undo").click()
    expect(one).to_have_attribute("data-relation", "perhaps")
    desk.get_by_test_id("copy-another").click()
    expect(one).to_have_attribute("data-relation", "another")
    desk.get_by_test_id("alerts-back").click()
    kept.click()
    expect(desk.get_by_test_id("alert-kept")).to_contain_text("不是实发")
    expect(desk.get_by_test_id("alert-adopt")).to_have_count(0)


def test_what_is_merely_kept_hides_nothing_and_what_has_ended_is_found(new_page: NewPage, town: County) -> None:
    desk = log_in(new_page(1600, 900), town)
    desk.keyboard.press("F3")
    exercise = CAP.replace("<status>Actual</status>", "<status>Exercise</status>").replace("大风黄色预警", "霜冻演练")
    for number in range(3):
        hand_in(town, exercise, f"kept-{number}")
    hand_in(town, CAP.replace("大风黄色预警", "霜冻蓝色预警").replace("大风", "霜冻"), "frost-1")
    running = desk.get_by_test_id("alerts-received").get_by_test_id("alert-row").filter(has_text="霜冻蓝色预警")
    expect(running).to_be_visible()
    desk.get_by_test_id("alerts-words").fill("霜冻 蓝色")
    desk.get_by_test_id("alerts-words").press("Enter")
    expect(desk.get_by_test_id("alert-row")).to_have_count(1)
    picture(desk, "desk-alerts-found")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.get_by_test_id("alerts-words").fill("没有这样的词")
    desk.get_by_test_id("alerts-find").click()
    expect(desk.get_by_test_id("alerts-none-such")).to_be_visible()
    desk.get_by_test_id("alerts-everything").click()
    expect(running).to_be_visible()
    kept = desk.get_by_test_id("alerts-kept").get_by_test_id("alert-row").filter(has_text="霜冻演练")
    expect(kept).to_have_count(3)
