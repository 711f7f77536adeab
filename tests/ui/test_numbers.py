"""Numbers to mend: counted at the desk, listed for the handover, checked and stopped, in both languages."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import select

from alerts.numbers.model import NumberMark
from alerts.numbers.signs import follow
from command.directory.model import Person
from tests.e2e.county import County
from tests.ui.checks import accessibility, layout
from tests.ui.test_desk import log_in
from web.settings import Settings
from web.wiring import build_core

NewPage = Callable[..., Page]


def test_numbers_that_bounced_are_handed_over(new_page: NewPage, town: County) -> None:
    core = build_core(Settings(data=town.data))
    with core.db.writing() as session:
        follow(session)
        session.flush()
        mark = session.scalars(
            select(NumberMark).where(NumberMark.kind == "phone").order_by(NumberMark.person_id)
        ).first()
        assert mark is not None
        mark.bounced_at, mark.bounced_by, mark.reason = core.clock.now(), "voice", "no_such_number"
        name = session.get_one(Person, mark.person_id).name
    core.engine.dispose()
    desk = log_in(new_page(1600, 900), town)
    expect(desk.get_by_test_id("numbers-bounced")).to_have_text("1 个号码要改")
    desk.get_by_test_id("numbers-bounced").click()
    row = desk.locator("[data-testid=number-row][data-state=bounced]")
    expect(row).to_contain_text(name)
    expect(row).to_contain_text("空号")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    with desk.expect_download() as download:
        desk.get_by_test_id("numbers-export").click()
    assert "空号" in download.value.path().read_text("utf-8-sig")
    row.get_by_test_id("number-correct").click()
    expect(row).to_have_count(0)
    desk.get_by_test_id("numbers-check").click()
    desk.get_by_test_id("numbers-check-sure").click()
    expect(desk.get_by_test_id("numbers-stop")).to_be_visible()
    desk.get_by_test_id("numbers-stop").click()
    expect(desk.get_by_test_id("numbers-last")).to_contain_text("停止")
    desk.get_by_test_id("lang").click()
    expect(desk.get_by_test_id("numbers-last")).to_contain_text("Last checked")
    assert layout(desk, least_px=12) == []
