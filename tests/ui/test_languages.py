"""A warning in more than one language: who reads what, the book's text or a person's, left out, written and told."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.county import County
from tests.ui.checks import accessibility, layout, picture
from tests.ui.test_desk import log_in
from tests.ui.test_desk_alerts import open_alert

NewPage = Callable[..., Page]
HEADLINE = "西舍路镇沿河住户马上转移"
YI = ("彝文标题（示例）", "彝文内容（示例）", "彝文怎么办（示例）")
"""Stand for a county's own words: nobody here writes Yi."""
YI_END = "彝文解除（示例）"


def add_reader(town: County) -> None:
    """Somebody in the township who reads Yi first."""
    with town.client("admin") as admin:
        unit = next(one["id"] for one in admin.get("/units").json()["items"] if one["name"] == "西舍路镇")
        reader = {"unit": unit, "name": "读彝文的人（示例）", "email": "yi@example.invalid", "languages": "彝语、汉语"}
        admin.post("/people", json=reader).raise_for_status()


def write_order(desk: Page) -> None:
    """An order for the township, from the book."""
    desk.keyboard.press("F3")
    desk.keyboard.press("n")
    desk.get_by_test_id("alert-event").fill("山洪")
    desk.get_by_test_id("alert-headline").fill(HEADLINE)
    desk.get_by_test_id("alert-add-town").fill("西舍路")
    desk.get_by_test_id("alert-add-town-option").first.click()
    desk.get_by_test_id("alert-in-3").click()
    picture(desk, "desk-languages-draft")
    expect(desk.get_by_test_id("audience-row")).to_have_count(1, timeout=10000)


def write_yi(desk: Page) -> None:
    """What the book lacks is written; what is not written is said to be missing."""
    expect(desk.get_by_test_id("language-ii")).to_contain_text("1 人")
    expect(desk.get_by_test_id("audience-ii")).to_contain_text("读彝语的 1 人没有彝语文本")
    picture(desk, "desk-languages-none")
    desk.get_by_test_id("language-ii").click()
    desk.get_by_test_id("language-in").click()
    expect(desk.get_by_test_id("variant-voice")).to_have_count(0)
    expect(desk.get_by_test_id("language-missing")).to_contain_text("彝语还没有短文、中长文、长文")
    for name, words in zip(("headline", "description", "instruction"), YI, strict=True):
        desk.get_by_test_id(f"translated-{name}").fill(words)
    expect(desk.get_by_test_id("variant-text")).to_have_value(f"{YI[0]}\n{YI[2]}")
    expect(desk.get_by_test_id("preview-language-ii")).to_contain_text(YI[1])
    expect(desk.get_by_test_id("language-missing")).not_to_contain_text("还没有")
    expect(desk.get_by_test_id("audience-ii")).to_have_text("彝语：1 人")
    desk.get_by_test_id("preview-language-ii").scroll_into_view_if_needed()
    picture(desk, "desk-languages-written")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []


def take_english(desk: Page) -> None:
    """The book's English is taken over, changed, put back and left out."""
    desk.get_by_test_id("language-en").click()
    desk.get_by_test_id("language-in").click()
    desk.get_by_test_id("variant-long").click()
    text = desk.get_by_test_id("variant-text")
    expect(text).to_have_value(re.compile("Leave now for the shelter"))
    text.fill("Leave the river.")
    english = desk.get_by_test_id("preview-language-en")
    expect(english).to_contain_text("Leave the river.")
    desk.get_by_test_id("variant-restore").click()
    expect(text).to_have_value(re.compile("Leave now for the shelter"))
    picture(desk, "desk-languages-english")
    desk.get_by_test_id("language-out").click()
    expect(english).to_have_count(0)
    expect(desk.get_by_test_id("language-in")).to_be_visible()


def issue_and_lift(desk: Page) -> None:
    """Who was told in Yi is told the end in Yi, where somebody writes it."""
    people = desk.get_by_test_id("preview-people").get_attribute("data-people") or ""
    desk.get_by_test_id("alert-issue-people").fill(people)
    desk.get_by_test_id("alert-issue-word").fill("发布")
    desk.get_by_test_id("alert-issue").click()
    desk.get_by_test_id("alert-lift").click()
    desk.get_by_test_id("end-text").fill("水已退")
    desk.get_by_test_id("end-language-ii").click()
    expect(desk.get_by_test_id("end-language-missing")).to_contain_text("没有彝语的解除文本")
    dialog = desk.get_by_test_id("end-alert-dialog")
    expect(dialog.get_by_test_id("variant-voice")).to_have_count(0)
    dialog.get_by_test_id("variant-long").click()
    dialog.get_by_test_id("variant-text").fill(YI_END)
    expect(desk.get_by_test_id("end-preview").get_by_test_id("preview-email")).to_contain_text(YI_END)
    expect(desk.get_by_test_id("end-language-missing")).to_have_count(0)
    picture(desk, "desk-languages-end")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.get_by_test_id("end-alert").click()
    expect(desk.get_by_test_id("alert-status")).to_have_text("已解除")


def test_a_text_in_yi_is_written_signed_and_kept_and_english_is_of_the_book(new_page: NewPage, town: County) -> None:
    add_reader(town)
    desk = log_in(new_page(1600, 900), town, "issuer")
    write_order(desk)
    write_yi(desk)
    take_english(desk)
    desk.get_by_test_id("alert-submit").click()
    expect(desk.get_by_test_id("alert-status")).to_have_text("待签发")
    reviewer = open_alert(log_in(new_page(1600, 900), town, "reviewer"), HEADLINE)
    expect(reviewer.get_by_test_id("preview-language-ii")).to_contain_text(YI[1])
    reviewer.get_by_test_id("alert-sign-off").click()
    expect(reviewer.get_by_test_id("alert-status")).to_have_text("已签发")
    with town.client("issuer") as client:
        alert = client.get("/alerts", params={"query": HEADLINE}).json()["items"][0]
    assert set(alert["translations"]) == {"ii"}
    assert alert["translations"]["ii"]["long"] == {"text": "\n".join(YI), "worded": False}
    issue_and_lift(desk)
    with town.client("issuer") as client:
        ended = client.get(f"/alerts/{alert['id']}").json()
    assert ended["end_translations"] == {"ii": {"long": YI_END}}
