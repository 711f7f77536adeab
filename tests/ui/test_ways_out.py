"""Ways out in a real Chromium: a group robot is given its address."""

from playwright.sync_api import expect

from tests.e2e.county import County
from tests.ui.terminals import NewPage
from tests.ui.test_admin import open_admin


def test_a_group_robot_gets_its_address(new_page: NewPage, town: County) -> None:
    page = open_admin(new_page(1366, 768), town, "admin", "terminals")
    page.get_by_test_id("terminal-add").click()
    page.get_by_test_id("terminal-unit").fill("子午")
    page.get_by_test_id("terminal-unit-option").first.click()
    page.get_by_test_id("terminal-name").fill("子午镇工作群")
    page.get_by_test_id("terminal-kind").select_option("webhook")
    page.get_by_test_id("terminal-save").click()
    dialog = page.get_by_test_id("webhook-dialog")
    dialog.get_by_test_id("webhook-form").select_option("standard")
    dialog.get_by_test_id("webhook-url").fill("https://127.0.0.1/inside")
    dialog.get_by_test_id("webhook-save").click()
    expect(dialog.get_by_test_id("problem")).to_have_attribute("data-code", "webhook.host")
    dialog.get_by_test_id("webhook-url").fill("https://hooks.example/private")
    dialog.get_by_test_id("webhook-save").click()
    assert page.get_by_test_id("secret-value").inner_text().startswith("whsec_")
    page.get_by_test_id("secret-close").click()
    row = page.get_by_test_id("terminal-row").filter(has_text="子午镇工作群")
    row.get_by_test_id("terminal-webhook").click()
    expect(page.get_by_test_id("webhook-now")).to_contain_text("hooks.example")
    expect(page.get_by_test_id("webhook-url")).to_have_value("")
