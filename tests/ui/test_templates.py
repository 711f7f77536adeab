"""A warning from a template: the county's text in the office, each channel's on the desk, issued as it was signed."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.county import County
from tests.ui.checks import accessibility, layout, picture
from tests.ui.test_admin import open_admin
from tests.ui.test_desk import log_in
from tests.ui.test_desk_alerts import open_alert

NewPage = Callable[..., Page]
ROW = "[data-testid=template-row][data-key=order-flood]"
HEADLINE = "西舍路镇山洪转移指令"


def write_template(office: Page) -> None:
    """The county's own short text, with a placeholder put in by its button."""
    office.locator(ROW).click()
    short = office.get_by_test_id("template-short")
    short.fill("【{issuer}】{place}快转移。{who}。")
    expect(office.get_by_test_id("problem")).to_have_attribute("data-code", "template.placeholder")
    expect(office.get_by_test_id("template-save")).to_be_disabled()
    short.fill("【{issuer}】{place}快转移。。")
    short.press("ArrowLeft")
    office.get_by_test_id("placeholder-instruction").click()
    expect(short).to_have_value("【{issuer}】{place}快转移。{instruction}。")
    expect(office.get_by_test_id("filled-short")).to_contain_text("西舍路镇快转移。沿河住户立即转移")
    expect(office.get_by_test_id("text-short").get_by_test_id("template-count")).to_contain_text("短信 1 条")
    picture(office, "admin-template")
    assert [*accessibility(office), *layout(office, least_px=12)] == []
    office.get_by_test_id("template-save").click()
    expect(office.locator(ROW)).to_contain_text("本县")


def choose_hazard(desk: Page) -> None:
    """A new draft that takes the template of its hazard."""
    desk.keyboard.press("F3")
    desk.keyboard.press("n")
    desk.get_by_test_id("alert-add-town").fill("西舍路")
    desk.get_by_test_id("alert-add-town-option").first.click()
    desk.get_by_test_id("alert-event").fill("山洪")
    expect(desk.get_by_test_id("alert-template")).to_have_attribute("data-key", "order-flood")
    expect(desk.get_by_test_id("alert-instruction")).to_have_value("沿河住户立即转移到高处安置点，不回头取东西")
    desk.get_by_test_id("alert-in-3").click()
    expect(desk.get_by_test_id("alert-channel-sms")).to_be_disabled()
    expect(desk.get_by_test_id("alert-channel-sms")).to_contain_text("未接通")
    expect(desk.get_by_test_id("alert-description")).to_have_value("西舍路镇沿河和低洼处有山洪危险")
    expect(desk.get_by_test_id("variant-text")).to_have_value(
        "【楚雄市】西舍路镇快转移。沿河住户立即转移到高处安置点，不回头取东西。"
    )


def write_texts(desk: Page) -> None:
    """A voice text of its own, and a long one that is too long until the template's is back."""
    desk.get_by_test_id("variant-voice").click()
    desk.get_by_test_id("variant-text").fill("乡亲们，河水 2 小时内上涨（很快），马上往高处走。")
    horn = desk.get_by_test_id("preview-mqtt")
    expect(horn).to_contain_text("河水两小时内上涨，很快，马上往高处走。再播一遍")
    desk.get_by_test_id("variant-long").click()
    expect(desk.get_by_test_id("preview-email")).to_contain_text("楚雄市发布西舍路镇山洪转移指令")
    desk.get_by_test_id("variant-text").fill("往高处走。" * 101)
    expect(desk.get_by_test_id("variant-over")).to_contain_text("超出 5 字")
    expect(desk.get_by_test_id("preview-websocket").get_by_test_id("preview-fault")).to_be_visible()
    picture(desk, "desk-template-too-long")
    desk.get_by_test_id("variant-restore").click()
    expect(desk.get_by_test_id("variant-over")).to_have_count(0)
    expect(desk.get_by_test_id("preview-email")).to_contain_text("楚雄市发布西舍路镇山洪转移指令")
    picture(desk, "desk-template")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []


def lift(desk: Page) -> None:
    """End it after a look at what each channel will carry."""
    desk.get_by_test_id("alert-lift").click()
    desk.get_by_test_id("end-text").fill("水已退")
    expect(desk.get_by_test_id("end-preview")).to_contain_text("未经允许不要返回住处，等村里通知。")
    expect(desk.get_by_test_id("end-preview").get_by_test_id("preview-mqtt")).to_contain_text("水已退")
    dialog = desk.get_by_test_id("end-alert-dialog")
    dialog.get_by_test_id("variant-long").click()
    dialog.get_by_test_id("variant-text").fill("水已退。" * 126)
    expect(desk.get_by_test_id("end-preview").get_by_test_id("preview-fault").first).to_be_visible()
    expect(desk.get_by_test_id("end-alert")).to_be_disabled()
    picture(desk, "desk-template-end-long")
    dialog.get_by_test_id("variant-restore").click()
    dialog.get_by_test_id("variant-voice").click()
    dialog.get_by_test_id("variant-text").fill("水位退到 2 米以下")
    expect(desk.get_by_test_id("end-preview").get_by_test_id("preview-mqtt")).to_contain_text("水位退到两米以下")
    picture(desk, "desk-template-end")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.get_by_test_id("end-alert").click()
    expect(desk.get_by_test_id("alert-status")).to_have_text("已解除")


def test_the_county_writes_a_template_and_an_alert_is_drafted_from_it_and_issued(
    new_page: NewPage, town: County
) -> None:
    office = open_admin(new_page(1440, 900), town, "admin", "templates")
    write_template(office)
    desk = log_in(new_page(1600, 900), town, "issuer")
    choose_hazard(desk)
    write_texts(desk)
    desk.get_by_test_id("alert-submit").click()
    expect(desk.get_by_test_id("alert-status")).to_have_text("待签发")

    reviewer = open_alert(log_in(new_page(1600, 900), town, "reviewer"), HEADLINE)
    expect(reviewer.get_by_test_id("preview-mqtt")).to_contain_text("河水两小时内上涨")
    reviewer.get_by_test_id("alert-sign-off").click()
    people = desk.get_by_test_id("preview-people").get_attribute("data-people") or ""
    desk.get_by_test_id("alert-issue-people").fill(people)
    desk.get_by_test_id("alert-issue-word").fill("发布")
    desk.get_by_test_id("alert-issue").click()
    expect(desk.get_by_test_id("coverage-row")).to_have_count(1)
    lift(desk)
    with town.client("issuer") as client:
        alert = next(one for one in client.get("/alerts?status=lifted").json()["items"] if one["headline"] == HEADLINE)
    assert alert["texts"]["voice"] == {"text": "乡亲们，河水两小时内上涨，很快，马上往高处走。", "worded": True}
    assert alert["texts"]["short"]["text"].startswith("【楚雄市】西舍路镇快转移。")
    assert set(alert["end_texts"]) == {"short", "medium", "long", "voice"}
    assert alert["end_texts"]["voice"] == "水位退到两米以下"

    office.get_by_test_id("template-restore").click()
    office.get_by_test_id("template-restore-sure").click()
    expect(office.locator(ROW)).to_contain_text("自带")
    office.get_by_test_id("tab-settings").click()
    expect(office.get_by_test_id("channel-sms")).to_have_attribute("data-open", "false")
    picture(office, "admin-channels")
    assert [*accessibility(office), *layout(office, least_px=12)] == []
