"""One night's duty handed over at the desk: two people, what is urgent seen, what changed since, both languages."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from alerts.numbers.model import NumberMark
from alerts.numbers.signs import follow
from command.directory.accounts import NewUser, grant_roles, register_user
from command.directory.model import Person, Unit
from command.kernel.actor import system_actor
from command.kernel.rights import Role
from tests.e2e.county import County
from tests.ui.checks import accessibility, layout, picture
from tests.ui.test_desk import take_off_the_board
from web.edge import COOKIE
from web.settings import Settings
from web.wiring import build_core

NewPage = Callable[..., Page]
LOG = {"category": "natural_disaster", "source": "phone", "division_code": "532301111"}
SECRET = "a long enough password"


@pytest.fixture
def bounced(town: County) -> Iterator[str]:
    """A second officer, and until the end of the test a number that bounced: whose it is."""
    core = build_core(Settings(data=town.data))
    with core.db.writing() as session:
        county = session.scalars(select(Unit.id).where(Unit.kind == "county")).one()
        user, _ = register_user(session, system_actor(), NewUser("officer-b", "值班员 乙（示例）", county), SECRET)
        grant_roles(session, system_actor(), user.id, [(Role.DUTY_OFFICER, county)])
        user.must_change_password = False
        follow(session, core.clock.now())
        session.flush()
        marks = select(NumberMark).where(NumberMark.kind == "phone").order_by(NumberMark.person_id.desc())
        mark = session.scalars(marks).first()
        assert mark is not None
        mark.bounced_at, mark.bounced_by, mark.reason = core.clock.now(), "voice", "no_such_number"
        key, name = (mark.person_id, mark.kind), session.get_one(Person, mark.person_id).name
    yield name
    with core.db.writing() as session:
        session.get_one(NumberMark, key).bounced_at = None
    core.engine.dispose()


def opened(page: Page, town: County, token: str) -> Page:
    """The handover's page of whoever holds the token, by its key."""
    page.context.add_cookies([{"name": COOKIE, "value": token, "url": town.url}])
    page.goto(f"{town.url}/desk")
    expect(page.get_by_test_id("link")).to_have_attribute("data-state", "live")
    page.keyboard.press("F7")
    expect(page.get_by_test_id("duty-now")).to_be_visible()
    return page


def sound(page: Page, name: str) -> None:
    assert [*accessibility(page), *layout(page, least_px=12)] == []
    picture(page, name)


def test_a_night_is_handed_over(new_page: NewPage, town: County, bounced: str) -> None:
    with town.client("duty") as duty:
        first = opened(new_page(1600, 900), town, town.token("duty"))
        first.keyboard.press("Control+Enter")
        expect(first.get_by_test_id("on-duty")).to_contain_text("值班员 甲")
        line = first.locator("[data-id^='bounced:']").first
        line.get_by_test_id("line-remark").fill("换了号码，问村委会")
        line.get_by_test_id("line-mark").click()
        expect(first.get_by_test_id("brief-numbers")).to_contain_text(bounced)
        expect(first.get_by_test_id("brief-mend")).to_have_attribute("href", "/admin#/numbers")
        expect(first.get_by_test_id("brief-evacuations")).to_contain_text("没有进行中的转移")
        first.get_by_test_id("handover-words").fill("州局来过电话，八点半要情况")
        sound(first, "handover-brief")
        first.get_by_test_id("handover-to").select_option(label="值班员 乙（示例）")
        first.get_by_test_id("handover-hand").click()
        expect(first.get_by_test_id("duty-now")).to_have_attribute("data-state", "waiting")
        sound(first, "handover-waiting")

        token = town._log_in({"username": "officer-b", "password": SECRET})
        second = opened(new_page(1366, 768), town, token)
        expect(second.get_by_test_id("duty-now")).to_contain_text("州局来过电话")
        # There was no such section when it was handed over.
        slide = duty.post("/incidents", json={**LOG, "title": "三街镇塌方"}).raise_for_status().json()
        expect(second.get_by_test_id("handover-since")).to_contain_text("三街镇塌方", timeout=20_000)
        take = second.get_by_test_id("handover-acknowledge")
        expect(take).to_be_disabled()
        for tick in second.get_by_test_id(re.compile("^seen-")).all():
            tick.check()
        expect(take).to_be_enabled()
        sound(second, "handover-taking")
        second.get_by_test_id("lang").click()
        expect(take).to_contain_text("Take over")
        expect(second.get_by_test_id("handover-since")).to_contain_text("nobody has taken note")
        sound(second, "handover-taking-en")
        take.click()
        expect(second.get_by_test_id("on-duty")).to_contain_text("值班员 乙")
        expect(first.get_by_test_id("on-duty")).to_contain_text("值班员 乙", timeout=20_000)
        second.get_by_test_id("duty-over").first.click()
        expect(second.get_by_test_id("handover-past")).to_contain_text("换了号码")
        sound(second, "handover-past-en")
        with second.expect_download() as download:
            second.get_by_test_id("handover-csv").click()
        assert "no such number" in download.value.path().read_text("utf-8-sig")
        take_off_the_board(duty, slide)


def officer(town: County, username: str, name: str) -> str:
    """One more officer of the county; returns their token."""
    core = build_core(Settings(data=town.data))
    with core.db.writing() as session:
        county = session.scalars(select(Unit.id).where(Unit.kind == "county")).one()
        user, _ = register_user(session, system_actor(), NewUser(username, name, county), SECRET)
        grant_roles(session, system_actor(), user.id, [(Role.DUTY_OFFICER, county)])
        user.must_change_password = False
    core.engine.dispose()
    return town._log_in({"username": username, "password": SECRET})


def take_over(page: Page, why: str) -> None:
    """As far as the last button."""
    for tick in page.get_by_test_id(re.compile("^seen-")).all():
        tick.check()
    page.get_by_test_id("handover-take").click()
    page.get_by_test_id("take-over-reason").fill(why)


def test_who_would_take_over_from_somebody_else_than_they_saw_is_told_so(new_page: NewPage, town: County) -> None:
    with town.client("duty") as duty:
        duty.post("/duty/begin")
    slow, quick = (
        opened(new_page(1366, 768), town, officer(town, username, name))
        for username, name in (("officer-c", "值班员 丙（示例）"), ("officer-d", "值班员 丁（示例）"))
    )
    for page in (slow, quick):
        take_over(page, "电话无人接听")
    quick.get_by_test_id("take-over-yes").click()
    expect(quick.get_by_test_id("on-duty")).to_contain_text("值班员 丁")
    expect(slow.get_by_test_id("on-duty")).to_contain_text("值班员 丁", timeout=20_000)
    slow.get_by_test_id("take-over-yes").click()
    told = slow.get_by_test_id("take-over").get_by_test_id("problem")
    expect(told).to_have_attribute("data-code", "duty.changed")
    expect(told).to_contain_text(re.compile(r"值班员 丁（示例）已在 \d\d:\d\d 接了班"))
    expect(slow.get_by_test_id("take-over-yes")).to_be_disabled()
    sound(slow, "handover-displaced")
    slow.keyboard.press("Escape")
    take_over(slow, "丁也走了")
    expect(slow.get_by_test_id("take-over")).to_contain_text("值班员 丁")
    slow.get_by_test_id("take-over-yes").click()
    expect(slow.get_by_test_id("on-duty")).to_contain_text("值班员 丙")
