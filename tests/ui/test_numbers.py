"""Numbers to mend: counted at the desk, listed for the handover, checked and stopped, in both languages."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import select

from alerts.calls.model import DONE
from alerts.calls.planning import new_attempt
from alerts.numbers.model import NumberCheck, NumberMark
from alerts.numbers.signs import follow
from alerts.texts import NUMBER
from command.directory.model import Person
from tests.e2e.county import County
from tests.ui.checks import accessibility, layout, picture
from tests.ui.test_desk import log_in
from web.settings import Settings
from web.wiring import build_core

NewPage = Callable[..., Page]


def test_numbers_that_bounced_are_handed_over(new_page: NewPage, town: County) -> None:
    core = build_core(Settings(data=town.data))
    with core.db.writing() as session:
        follow(session, core.clock.now())
        session.flush()
        mark = session.scalars(
            select(NumberMark).where(NumberMark.kind == "phone").order_by(NumberMark.person_id)
        ).first()
        assert mark is not None
        mark.bounced_at, mark.bounced_by, mark.reason = core.clock.now(), "voice", "no_such_number"
        name = session.get_one(Person, mark.person_id).name
        others = session.scalars(select(NumberMark).where(NumberMark.kind == "phone", NumberMark.bounced_at.is_(None)))
        fixed, mobile = list(others)[:2]
        fixed.address = session.get_one(Person, fixed.person_id).phone = "0878-3121234"
        rung = session.get_one(Person, mobile.person_id)
        called = new_attempt(rung.id, rung.name, mobile.address, "voice", False, core.clock.now())
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
    expect(desk.get_by_test_id("numbers-why")).to_contain_text("给 1 个固定电话打测试电话")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    picture(desk, "numbers-asking")
    desk.get_by_test_id("numbers-check-sure").click()
    expect(desk.get_by_test_id("numbers-stop")).to_be_visible()
    # There is no telephone line here; at night, or while a warning runs, not even that is known.
    expect(desk.get_by_test_id("numbers-progress")).to_contain_text(
        re.compile("没有电话线路|晚上不打|有预警"), timeout=30_000
    )
    with core.db.writing() as session:
        called.check_id, called.asks = session.scalars(select(NumberCheck.id)).one(), NUMBER
        called.state, called.outcome, called.ended_at = DONE, "no_answer", core.clock.now()
        session.add(called)
    expect(desk.get_by_test_id("number-called").filter(has_text="无人接听")).to_have_count(1, timeout=30_000)
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    picture(desk, "numbers-under-way")
    desk.get_by_test_id("numbers-stop").click()
    expect(desk.get_by_test_id("numbers-last")).to_contain_text("停止")
    desk.get_by_test_id("lang").click()
    expect(desk.get_by_test_id("numbers-last")).to_contain_text("Last checked")
    expect(desk.get_by_test_id("numbers-progress")).to_contain_text("in vain")
    assert layout(desk, least_px=12) == []
    picture(desk, "numbers-stopped")
    core.engine.dispose()
