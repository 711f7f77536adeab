"""The administration and the certificate page are readable, whole and usable without a mouse, in both languages."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from command.kernel.clock import SystemClock
from tests.e2e.county import County
from tests.ui.checks import accessibility, layout
from tests.ui.test_admin import open_admin
from web.certificates import ensure_authority

NewPage = Callable[..., Page]
LEAST_PX = 12
TABS = (
    "county",
    "units",
    "people",
    "people/posts",
    "groups",
    "numbers",
    "terminals",
    "accounts",
    "resources",
    "hazards",
    "imports/terminals",
    "calls",
    "authority",
    "fasttrack",
    "templates",
    "feeds",
    "trust",
    "messages",
    "settings",
)


def dressed(page: Page, lang: str, theme: str) -> Page:
    """A page in this language and theme from its first moment."""
    page.add_init_script(f"localStorage.setItem('fengsui.lang', '{lang}')")
    page.add_init_script(f"localStorage.setItem('fengsui.theme', '{theme}')")
    return page


def faults(page: Page) -> list[object]:
    """What is wrong with the page as it is now."""
    return [*accessibility(page), *layout(page, LEAST_PX)]


@pytest.mark.parametrize(("lang", "theme"), [("zh", "dark"), ("en", "light")])
def test_every_page_of_the_administration(new_page: NewPage, town: County, lang: str, theme: str) -> None:
    page = open_admin(dressed(new_page(1366, 768), lang, theme), town, "admin")
    found = {}
    for tab in TABS:
        page.goto(f"{town.url}/admin#/{tab}")
        expect(page.locator(f"nav [href='#/{tab.split('/')[0]}']")).to_have_attribute("aria-current", "page")
        page.wait_for_load_state("networkidle")
        found[tab] = faults(page)
    assert {tab: wrong for tab, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(("lang", "theme"), [("zh", "dark"), ("en", "light")])
def test_every_dialog(new_page: NewPage, town: County, lang: str, theme: str) -> None:
    page = open_admin(dressed(new_page(1366, 768), lang, theme), town, "admin")
    found = {}
    for tab, button in (
        ("people", "person-add"),
        ("terminals", "terminal-add"),
        ("terminals", "terminal-renew"),
        ("accounts", "account-add"),
        ("accounts", "account-roles"),
        ("resources", "resource-edit"),
        ("county", "remove"),
        ("units", "account-open"),
    ):
        page.goto(f"{town.url}/admin#/{tab}")
        page.get_by_test_id(button).first.click()
        expect(page.locator("dialog[open]")).to_be_visible()
        if button == "account-open":
            page.get_by_test_id("factor-begin").click()
            expect(page.get_by_test_id("factor-qr")).to_be_visible()
        found[button] = faults(page)
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
    assert {button: wrong for button, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(("lang", "theme"), [("zh", "dark"), ("en", "light")])
def test_the_audit(new_page: NewPage, town: County, lang: str, theme: str) -> None:
    page = open_admin(dressed(new_page(1366, 768), lang, theme), town, "auditor", "audit")
    page.get_by_test_id("audit-open").first.click()
    page.get_by_test_id("verify").click()
    expect(page.get_by_test_id("proof")).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize(("width", "lang", "theme"), [(360, "zh", "light"), (1366, "en", "dark")])
def test_the_certificate_page(new_page: NewPage, town: County, width: int, lang: str, theme: str) -> None:
    made = ensure_authority(town.data, SystemClock().now())
    page = dressed(new_page(width, 780), lang, theme)
    page.goto(f"{town.url}/ca")
    expect(page.get_by_test_id("fingerprint")).to_be_visible()
    shown = "".join(page.get_by_test_id("fingerprint").inner_text().split())
    assert shown.lower() == made.sha256
    for system in ("windows", "android", "ios", "linux"):
        page.get_by_test_id(f"system-{system}").click()
        assert page.get_by_test_id("how").locator("li").count() >= 4
        assert faults(page) == []
    with page.expect_download() as download:
        page.get_by_test_id("ca-download").click()
    assert download.value.suggested_filename == "fengsui-ca.crt"
