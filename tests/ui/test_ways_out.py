"""Ways out in a real Chromium: a group robot is given its address; push is offered, and shown by the service worker."""

import json

from playwright.sync_api import expect

from tests.e2e.county import County
from tests.ui.pushed import deliver, shows
from tests.ui.terminals import NewPage
from tests.ui.test_admin import log_in, open_admin

PUSHED = {"title": "山洪红色预警", "body": "立即转移到高处", "tag": "alert-1"}


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


def test_push_is_offered_and_what_comes_is_shown(new_page: NewPage, town: County) -> None:
    page, known = new_page(1366, 768), town.accounts["duty"]
    page.context.grant_permissions(["notifications"], origin=town.url)
    page.goto(f"{town.url}/desk")
    log_in(page, known["username"], known["password"])
    page.get_by_test_id("account-open").click()
    part = page.get_by_test_id("push")
    expect(part).to_have_attribute("data-state", "off")
    part.get_by_test_id("push-on").click()
    # No push service can be reached from here: the browser says so, and the page with it.
    expect(part.get_by_role("alert")).to_be_visible()
    expect(part).to_have_attribute("data-state", "off")
    deliver(page, town.url, json.dumps(PUSHED))
    shows(page, {**PUSHED, "page": "/desk"})
