"""The administration in a real Chromium: own county by table, accounts that live and are locked, the auditor."""

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree

import httpx
import pyotp
import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from command.kernel.clock import SystemClock
from tests.e2e.county import County
from tests.feed_peer import Page as FeedPage
from tests.feed_peer import feed_peer
from tests.ui.checks import accessibility, in_english, layout, picture
from tests.waiting import until
from tests.web.workbooks import workbook
from web.certificates import AUTHORITY_LIFE, ensure_authority
from web.edge import COOKIE
from web.imports.workbook import read_workbook

NewPage = Callable[..., Page]
NEW_PASSWORD = "mountains and rivers"
UNITS = "名称,类型,上级单位,行政区划代码,经度,纬度,值班电话\n"
TERMINALS = "单位,名称,类型,自动应答\n"


def open_admin(page: Page, town: County, account: str, tab: str = "") -> Page:
    """Go to a page of the administration as somebody who is in already."""
    page.context.add_cookies([{"name": COOKIE, "value": town.token(account), "url": town.url}])
    page.goto(f"{town.url}/admin{f'#/{tab}' if tab else ''}")
    expect(page.get_by_test_id("admin")).to_be_visible()
    return page


def log_in(page: Page, username: str, password: str) -> None:
    """Fill in the log-in page."""
    page.get_by_test_id("login-username").fill(username)
    page.get_by_test_id("login-password").fill(password)
    page.get_by_test_id("login-submit").click()


def choose(page: Page, text: str, encoding: str = "utf-8") -> Locator:
    """Choose a table of this text for import; the report of its trial."""
    table: FilePayload = {"name": "table.csv", "mimeType": "text/csv", "buffer": text.encode(encoding)}
    page.get_by_test_id("import-file").set_input_files([table])
    report = page.get_by_test_id("report")
    expect(report).to_be_visible()
    return report


def refused_in_both_languages(page: Page) -> None:
    """A file that is no table: its refusal follows the page's language."""
    for name, kind, beginning, refused, refused_en in (
        ("xls", "application/vnd.ms-excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "这是旧格式（.xls）",
         "This is the old format (.xls)"),
        ("pdf", "application/pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
         "这是 PDF 文件，不是表格：请选 CSV 或 Excel（.xlsx）文件", "This is a PDF, not a table"),
    ):  # fmt: skip
        chosen: FilePayload = {"name": f"units.{name}", "mimeType": kind, "buffer": beginning}
        page.get_by_test_id("import-file").set_input_files([chosen])
        expect(page.get_by_test_id("problem")).to_contain_text(refused)
        picture(page, f"admin-import-{name}")
        with in_english(page, f"admin-import-{name}-en"):
            expect(page.get_by_test_id("problem")).to_contain_text(refused_en)


def account_row(page: Page, username: str) -> Locator:
    """The row of an account."""
    return page.locator(f"[data-testid=account-row][data-username='{username}']")


def saved(page: Page, button: str, folder: Path) -> list[dict[str, str]]:
    """Press a button that downloads a table; its rows."""
    with page.expect_download() as download:
        page.get_by_test_id(button).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def names(client: httpx.Client, what: str, **wanted: object) -> set[str]:
    """The names of everything of a kind that has these values."""
    found = client.get(f"/{what}", params={"limit": 1000}).json()["items"]
    return {one["name"] for one in found if wanted.items() <= one.items()}


@pytest.fixture
def admin(town: County) -> Iterator[httpx.Client]:
    """The system administrator's HTTP client."""
    with town.client("admin") as client:
        yield client


def test_units_and_terminals_by_table_with_a_bad_line(
    new_page: NewPage, town: County, admin: httpx.Client, tmp_path: Path
) -> None:
    page = open_admin(new_page(1366, 768), town, "admin", "imports")
    columns = [name.removesuffix("（必填）") for name in page.get_by_test_id("column").all_inner_texts()]
    with page.expect_download() as download:
        page.get_by_test_id("template-xlsx").click()
    assert [cell.text for _, cells in read_workbook(download.value.path().read_bytes()) for cell in cells] == columns
    table: FilePayload = {
        "name": "units.xlsx",
        "mimeType": "application/octet-stream",
        "buffer": workbook([columns, ["青山林场", "department", "楚雄市", "n:532301", "", "", "n:8783123456"]]),
    }
    page.get_by_test_id("import-file").set_input_files([table])
    expect(page.get_by_test_id("report-line")).to_contain_text("前面的 0 可能丢了")
    template = admin.get("/import/units/template.csv").content.decode("utf-8-sig").strip()
    assert ",".join(columns) == template

    refused_in_both_languages(page)
    good, bad = "青山林场,department,楚雄市,532301,101.41,25.01,000-0000-0000\n", "云雾坪,village,没有的镇,,,,\n"
    report = choose(page, UNITS + good + bad, "gb18030")
    expect(report).to_have_attribute("data-failed", "1")
    lines = page.get_by_test_id("report-line")
    expect(lines).to_have_count(1)  # the errors come first
    expect(lines).to_contain_text("3")
    expect(lines).to_contain_text("上级单位")
    expect(lines).to_contain_text("没有这个单位：没有的镇")
    with in_english(page, "admin-import-bad-en"):
        expect(lines).to_contain_text("There is no unit “没有的镇”")
    page.get_by_test_id("only-told").uncheck()
    expect(lines).to_have_count(2)
    rows = saved(page, "report-csv", tmp_path)
    assert [row["结果"] for row in rows] == ["新增", "有错"]
    expect(page.get_by_test_id("import-now")).to_have_count(0)
    assert "青山林场" not in names(admin, "units")

    choose(page, UNITS + good + bad.replace("没有的镇", "西舍路镇"))
    page.get_by_test_id("import-now").click()
    expect(page.get_by_test_id("report")).to_have_attribute("data-kept", "true")
    assert {"青山林场", "云雾坪"} <= names(admin, "units")

    page.get_by_test_id("import-terminals").click()
    choose(page, TERMINALS + "青山林场,林场会场,browser,是\n青山林场,林场大喇叭,loudspeaker,\n")
    page.get_by_test_id("import-now").click()
    expect(page.get_by_test_id("secret-row")).to_have_count(1)
    page.get_by_test_id("import-users").click()  # secrets that were not taken are asked for once more
    page.get_by_test_id("leave").press("Escape")
    expect(page.get_by_test_id("secret-row")).to_contain_text("林场会场")
    secret = saved(page, "secrets-csv", tmp_path)[0]
    assert secret["链接"].endswith(f"/terminal#token={secret['口令']}")
    opened = httpx.post(f"{town.url}/api/v1/session/terminal", json={"token": secret["口令"]})
    assert opened.json()["user"]["auto_answer"] is True

    page.get_by_test_id("tab-units").click()
    page.get_by_test_id("search").fill("云雾坪")
    path = page.get_by_test_id("unit-row").locator("span.el")
    expect(path).to_have_text(["楚雄市", "西舍路镇", "云雾坪"])


def test_an_account_from_its_one_time_password_to_its_lock(new_page: NewPage, town: County) -> None:
    admin = open_admin(new_page(1366, 768), town, "admin", "accounts")
    admin.get_by_test_id("account-add").click()
    admin.get_by_test_id("account-username").fill("zhao.lei")
    admin.get_by_test_id("account-name").fill("赵磊")
    admin.get_by_test_id("account-save").click()
    one_time = admin.get_by_test_id("secret-value").inner_text()
    admin.get_by_test_id("secret-close").click()
    row = account_row(admin, "zhao.lei")
    row.get_by_test_id("account-roles").click()
    expect(admin.get_by_test_id("roles-dialog")).to_contain_text("三员分立")
    expect(admin.get_by_test_id("role-add")).to_have_count(0)
    admin.get_by_test_id("roles-close").click()

    security = open_admin(new_page(1366, 768), town, "security")
    expect(security.get_by_test_id("tab-settings")).to_have_count(0)
    security.get_by_test_id("tab-accounts").click()
    account_row(security, "zhao.lei").get_by_test_id("account-roles").click()
    for role in ("auditor", "duty_officer"):
        security.get_by_test_id("role-add").click()
        security.get_by_test_id("role-name").last.select_option(role)
    security.get_by_test_id("roles-save").click()
    expect(security.get_by_test_id("problem")).to_have_attribute("data-code", "role.apart")
    security.get_by_test_id("role-remove").last.click()
    security.get_by_test_id("roles-save").click()
    expect(account_row(security, "zhao.lei")).to_contain_text("审计员")

    zhao = new_page(1366, 768)
    zhao.goto(f"{town.url}/admin")
    log_in(zhao, "zhao.lei", one_time)
    zhao.get_by_test_id("password-old").fill(one_time)
    zhao.get_by_test_id("password-new").fill(NEW_PASSWORD)
    zhao.get_by_test_id("password-repeat").fill(NEW_PASSWORD)
    zhao.get_by_test_id("password-submit").click()
    zhao.get_by_test_id("tab-audit").click()

    admin.get_by_test_id("refresh").click()
    row.get_by_test_id("account-lock").click()
    expect(admin.get_by_test_id("lock")).to_contain_text("赵磊")
    admin.get_by_test_id("lock-yes").click()
    expect(row).to_have_attribute("data-locked", "true")
    zhao.get_by_test_id("audit-find").click()
    log_in(zhao, "zhao.lei", NEW_PASSWORD)
    expect(zhao.get_by_test_id("problem")).to_have_attribute("data-code", "session.account_locked")
    row.get_by_test_id("account-unlock").click()
    expect(row).to_have_attribute("data-locked", "false")
    log_in(zhao, "zhao.lei", NEW_PASSWORD)
    expect(zhao.get_by_test_id("admin")).to_be_visible()


def test_a_phone_as_second_factor_and_its_loss(new_page: NewPage, town: County) -> None:
    known = town.accounts["leader"]
    page = new_page(1366, 768)
    page.goto(f"{town.url}/desk")
    log_in(page, known["username"], known["password"])
    page.get_by_test_id("account-open").click()
    page.get_by_test_id("factor-begin").click()
    phone = pyotp.TOTP(page.get_by_test_id("factor-secret").inner_text().replace(" ", ""))
    page.get_by_test_id("factor-password").fill(known["password"])
    page.get_by_test_id("factor-code").fill(phone.now())
    page.get_by_test_id("factor-save").click()
    expect(page.get_by_test_id("own-account")).to_have_count(0)
    page.get_by_test_id("account-open").click()
    expect(page.get_by_test_id("second-factor")).to_have_attribute("data-on", "true")
    page.get_by_test_id("account-close").click()
    page.get_by_test_id("logout").click()
    log_in(page, known["username"], known["password"])
    expect(page.get_by_test_id("problem")).to_have_attribute("data-code", "session.wrong")
    page.get_by_test_id("login-totp").fill(phone.at(datetime.now(UTC) + timedelta(seconds=phone.interval)))
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("desk")).to_be_visible()

    security = open_admin(new_page(1366, 768), town, "security", "accounts")
    row = account_row(security, known["username"])
    row.get_by_test_id("account-factor").click()
    security.get_by_test_id("factor-yes").click()
    expect(row.get_by_test_id("account-factor")).to_have_count(0)
    page.reload()
    log_in(page, known["username"], known["password"])
    expect(page.get_by_test_id("desk")).to_be_visible()


def test_a_terminal_is_registered_and_its_link_opens(new_page: NewPage, town: County, admin: httpx.Client) -> None:
    page = open_admin(new_page(1366, 768), town, "admin", "terminals")
    page.get_by_test_id("terminal-add").click()
    page.get_by_test_id("terminal-unit").fill("子午")
    page.get_by_test_id("terminal-unit-option").first.click()
    page.get_by_test_id("terminal-name").fill("子午镇二号会场")
    page.get_by_test_id("terminal-save").click()
    expect(page.get_by_test_id("qr")).to_be_visible()
    link = page.get_by_test_id("secret-value").last.inner_text()
    page.get_by_test_id("secret-close").click()
    row = page.get_by_test_id("terminal-row").filter(has_text="子午镇二号会场")
    expect(row).to_have_attribute("data-online", "false")
    terminal = new_page(390, 844)
    terminal.goto(link)
    expect(terminal.locator("main.t")).to_be_visible()
    until(lambda: "子午镇二号会场" in names(admin, "terminals", online=True))
    page.get_by_test_id("refresh").click()
    expect(row).to_have_attribute("data-online", "true")
    row.get_by_test_id("terminal-stop").click()
    page.get_by_test_id("stop-yes").click()
    expect(row).to_have_count(0)
    token = link.partition("token=")[2]
    gone = httpx.get(f"{town.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert gone.status_code == 401


def test_a_unit_is_placed_on_the_map_and_taken_out_of_use(new_page: NewPage, town: County) -> None:
    page = open_admin(new_page(1600, 900), town, "admin", "units")
    page.get_by_test_id("unit-row").first.focus()
    page.keyboard.press("Enter")
    page.get_by_test_id("unit-add").click()
    page.get_by_test_id("unit-name").fill("市地震局")
    page.get_by_test_id("unit-kind").select_option("department")
    page.get_by_test_id("pick").click()
    page.locator("canvas").click(position={"x": 300, "y": 200})
    page.get_by_test_id("pick-take").click()
    assert 100 < float(page.get_by_test_id("lon").input_value()) < 103
    page.get_by_test_id("unit-save").click()
    expect(page.get_by_test_id("notice")).to_contain_text("市地震局")
    page.get_by_test_id("unit-stop").click()
    page.get_by_test_id("stop-yes").click()
    expect(page.get_by_test_id("unit-row").filter(has_text="市地震局")).to_have_count(0)
    page.get_by_test_id("show-ended").check()
    expect(page.get_by_test_id("unit-row").filter(has_text="市地震局")).to_be_visible()


def test_a_hazard_point_is_put_on_the_map_and_given_to_a_post(new_page: NewPage, town: County) -> None:
    page = open_admin(new_page(1600, 900), town, "admin", "hazards")
    rows = page.get_by_test_id("hazard-row")
    expect(rows.first.get_by_test_id("hazard-held")).to_contain_text("包保责任人")
    page.get_by_test_id("hazard-add").click()
    page.get_by_test_id("hazard-unit").fill("西舍路镇")
    page.get_by_test_id("hazard-name").fill("学校后坡")
    page.get_by_test_id("hazard-kind").fill("滑坡")
    page.get_by_test_id("lon").fill("102.7, 25.0")
    page.get_by_test_id("hazard-save").click()
    expect(page.get_by_test_id("hazard-dialog")).to_contain_text("不在本县")
    page.get_by_test_id("pick").click()
    page.locator("canvas").click(position={"x": 320, "y": 200})
    page.get_by_test_id("pick-take").click()
    picture(page, "hazard-dialog")
    page.get_by_test_id("hazard-save").click()
    mine = rows.filter(has_text="学校后坡")
    expect(mine.get_by_test_id("hazard-held")).to_contain_text("无责任人")
    picture(page, "hazards")
    mine.get_by_test_id("hazard-edit").click()
    page.get_by_test_id("hazard-post").select_option(index=1)
    page.get_by_test_id("hazard-save").click()
    expect(mine.get_by_test_id("hazard-held")).not_to_contain_text("无责任人")
    mine.get_by_test_id("hazard-stop").click()
    page.get_by_test_id("stop-yes").click()
    expect(mine).to_have_count(0)


def test_the_samples_go_only_with_the_typed_word(new_page: NewPage, town: County) -> None:
    page = open_admin(new_page(1366, 768), town, "admin", "county")
    expect(page.get_by_test_id("step-remove")).to_have_attribute("data-done", "false")
    page.get_by_test_id("remove").click()
    expect(page.get_by_test_id("remove-dialog-yes")).to_be_disabled()
    page.get_by_test_id("remove-dialog-word").fill("删除")
    expect(page.get_by_test_id("remove-dialog-yes")).to_be_disabled()
    page.get_by_test_id("remove-dialog-word").fill("删除示例")
    expect(page.get_by_test_id("remove-dialog-yes")).to_be_enabled()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("step-people")).to_contain_text("示例")


def test_the_call_plan_is_the_countys_own(new_page: NewPage, town: County) -> None:
    page = open_admin(new_page(1366, 768), town, "admin", "calls")
    red = page.get_by_test_id("level-red")
    expect(page.get_by_test_id("plan-source")).to_contain_text("系统自带")
    expect(page.get_by_test_id("plan-save")).to_be_disabled()
    expect(red.get_by_test_id("plan-step")).to_have_count(4)
    red.get_by_test_id("step-wait").first.fill("x")
    expect(page.get_by_test_id("plan-wrong")).to_be_visible()
    red.get_by_test_id("step-wait").first.fill("20，40")
    red.get_by_test_id("step-add").click()
    expect(red.get_by_test_id("plan-step")).to_have_count(5)
    page.get_by_test_id("called-blue").check()
    page.get_by_test_id("plan-save").click()
    expect(page.get_by_test_id("notice")).to_contain_text("叫应预案已保存")
    with town.client("admin") as admin:
        plan = admin.get("/call-plan").json()
        assert plan["own"]
        assert [step["whom"] for step in plan["levels"]["red"]["steps"]] == [
            "holder", "deputy", "superior", "holder", "visit",
        ]  # fmt: skip
        assert plan["levels"]["red"]["steps"][0]["wait_s"] == [20, 40]
        blue = plan["levels"]["blue"]
        assert blue["obliged"] == plan["levels"]["red"]["obliged"]
        ways = [(step["tell"], step["call"]) for step in blue["steps"]][:3]
        assert ways == [(["websocket"], False), (["sms", "email"], False), ([], True)], "page, message, telephone"
        page.get_by_test_id("plan-restore").click()
        page.get_by_test_id("plan-restore-sure").click()
        expect(page.get_by_test_id("plan-source")).to_contain_text("系统自带")
        assert "blue" not in admin.get("/call-plan").json()["levels"]


def test_what_is_sent_again_by_itself_is_the_countys_own(new_page: NewPage, town: County) -> None:
    page = open_admin(new_page(1366, 768), town, "admin", "resends")
    red, blue = (page.get_by_test_id(f"resend-{level}") for level in ("red", "blue"))
    expect(page.get_by_test_id("resends-source")).to_contain_text("系统自带")
    expect(page.get_by_test_id("resends-save")).to_be_disabled()
    expect(blue).to_contain_text("由发布人决定")
    blue.get_by_test_id("resend-on").check()
    blue.get_by_test_id("resend-officials").uncheck()
    blue.get_by_test_id("resend-responsible").uncheck()
    expect(page.get_by_test_id("resends-wrong")).to_be_visible()
    blue.get_by_test_id("resend-responsible").check()
    blue.get_by_test_id("resend-after").fill("90")
    red.get_by_test_id("resend-on").uncheck()
    assert [*accessibility(page), *layout(page, least_px=12)] == []
    picture(page, "resends")
    page.get_by_test_id("resends-save").click()
    expect(page.get_by_test_id("notice")).to_contain_text("自动再送的规则已保存")
    page.get_by_test_id("lang").click()
    assert layout(page, least_px=12) == []
    picture(page, "resends-en")
    with town.client("admin") as admin:
        levels = admin.get("/resend-policy").json()["levels"]
        assert (list(levels), levels["blue"]) == (
            ["blue", "evacuation"],
            {"whom": ["responsible"], "after_s": 90, "times": 1},
        )
        page.get_by_test_id("resends-restore").click()
        page.get_by_test_id("resends-restore-sure").click()
        expect(page.get_by_test_id("resends-source")).to_contain_text("system comes with")
        assert admin.get("/resend-policy").json()["own"] is False


def test_the_monthly_check_of_numbers_is_on_until_somebody_switches_it_off(new_page: NewPage, town: County) -> None:
    page = open_admin(new_page(1366, 768), town, "admin", "numbers")
    state = page.get_by_test_id("numbers-plan-state")
    expect(state).to_contain_text("1 日起")
    expect(state).to_contain_text("系统自带")
    picture(page, "numbers-shipped")
    page.get_by_test_id("numbers-plan-set").click()
    page.get_by_test_id("numbers-plan-cancel").click()
    expect(state).to_contain_text("系统自带")
    page.get_by_test_id("numbers-plan-set").click()
    page.get_by_test_id("numbers-day").fill("5")
    assert [*accessibility(page), *layout(page, least_px=12)] == []
    picture(page, "numbers-setting")
    page.get_by_test_id("numbers-save").click()
    expect(state).to_contain_text("5 日起")
    page.get_by_test_id("lang").click()
    expect(state).to_contain_text("From day 5")
    assert layout(page, least_px=12) == []
    picture(page, "numbers-set-en")
    page.get_by_test_id("numbers-plan-off").click()
    expect(state).to_contain_text("Switched off by")
    with town.client("admin") as admin:
        assert admin.get("/numbers").json()["plan"]["pace"]["on"] is False


def test_the_table_of_authority_is_the_countys_own(new_page: NewPage, town: County) -> None:
    page = open_admin(new_page(1366, 768), town, "admin", "authority")
    expect(page.get_by_test_id("authority-source")).to_contain_text("系统自带")
    expect(page.get_by_test_id("authority-save")).to_be_disabled()
    page.get_by_test_id("sender-add").click()
    expect(page.get_by_test_id("authority-wrong")).to_be_visible()
    page.get_by_test_id("sender-name").fill("州气象台（示例）")
    page.get_by_test_id("sender-sender").fill("weather.example")
    page.get_by_test_id("sender-events").fill("暴雨，大风")
    page.get_by_test_id("authority-add").click()
    added = page.get_by_test_id("authority-row").last
    added.get_by_test_id("row-names").fill("水务局")
    added.get_by_test_id("row-commander").uncheck()
    assert [*accessibility(page), *layout(page, least_px=12)] == []
    page.get_by_test_id("authority-save").click()
    expect(page.get_by_test_id("notice")).to_contain_text("发布权限已保存")
    with town.client("admin") as admin:
        table = admin.get("/authority-table").json()
        assert table["own"]
        assert table["senders"][0]["events"] == ["暴雨", "大风"]
        assert (table["rows"][-1]["unit_names"], table["rows"][-1]["approvers"]) == (
            ["水务局"],
            ["alert_reviewer", "leader"],
        )
        page.get_by_test_id("authority-restore").click()
        page.get_by_test_id("authority-restore-sure").click()
        expect(page.get_by_test_id("authority-source")).to_contain_text("系统自带")
        assert admin.get("/authority-table").json()["senders"] == []


def test_a_feed_is_asked_and_shows_what_became_of_it(new_page: NewPage, town: County) -> None:
    page = open_admin(new_page(1366, 768), town, "admin", "feeds")
    expect(page.get_by_test_id("feeds-empty")).to_contain_text("州气象台的 CAP 订阅")
    expect(page.locator("nav a").last).to_be_in_viewport(ratio=1)
    picture(page, "admin-feeds-empty")
    with feed_peer() as peer:
        peer.pages = {"/feed": FeedPage(b"<html/>")}
        page.get_by_test_id("feed-add").click()
        page.get_by_test_id("feed-name").fill("州气象台（示例）")
        page.get_by_test_id("feed-url").fill("elsewhere")
        expect(page.get_by_test_id("feed-save")).to_be_disabled()
        page.get_by_test_id("feed-url").fill(f"{peer.url}/feed")
        page.get_by_test_id("feed-save").click()
        row = page.get_by_test_id("feed").filter(has_text="州气象台")
        until(lambda: peer.asked["/feed 200"] == 1, within_s=60)
        with town.client("admin") as admin:
            until(lambda: admin.get("/cap-feeds").json()["items"][0]["failures"] == 1)
        page.get_by_test_id("feeds-refresh").click()
        expect(row).to_have_attribute("data-state", "failing")
        expect(row).to_contain_text("feed.root")
        assert [*accessibility(page), *layout(page, least_px=12)] == []
        row.get_by_test_id("feed-turn").click()
        expect(row).to_have_attribute("data-state", "stopped")


@pytest.fixture
def trust(town: County) -> Iterator[Path]:
    """The folder of certificates whose signatures count, the test's own."""
    folder = town.data / "trust"
    folder.mkdir()
    yield folder
    rmtree(folder)


def test_whose_signatures_count_is_read_out_by_telephone(
    new_page: NewPage, town: County, trust: Path, tmp_path: Path
) -> None:
    page = open_admin(new_page(1366, 768), town, "security", "trust")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.get_by_test_id("trust-empty")).to_contain_text(str(trust))
    picture(page, "admin-trust-empty")
    now = SystemClock().now()
    made = {}
    for name, days in (("station", 12), ("old", 0)):
        (tmp_path / name).mkdir()
        made[name] = ensure_authority(tmp_path / name, now - AUTHORITY_LIFE + timedelta(days=days), f"州气象台 {name}")
        (trust / f"{name}.pem").write_bytes(made[name].certificate.read_bytes())
    (trust / "notes.txt").write_text("call the station")
    page.get_by_test_id("trust-refresh").click()
    row = page.locator("[data-file='trust/station.pem']")
    expect(row.get_by_test_id("trusted-state")).to_have_text("11 天内到期")
    expect(page.locator("[data-file='trust/old.pem']").get_by_test_id("trusted-state")).to_have_text("已到期")
    expect(page.locator("[data-file='trust/notes.txt']")).to_contain_text("文件名不以 .pem 结尾")
    expect(page.get_by_test_id("trust-empty")).to_have_count(0)
    row.get_by_test_id("trusted-copy").click()
    expect(page.get_by_test_id("notice")).to_contain_text("已复制指纹")
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert "".join(copied.split()).lower() == made["station"].sha256
    assert [len(group) for group in copied.split()] == [4] * 16
    for lang in ("zh", "en"):
        picture(page, f"admin-trust-{lang}")
        assert [*accessibility(page), *layout(page, least_px=12)] == []
        page.get_by_test_id("lang").click()


def test_settings_are_for_the_next_start(new_page: NewPage, town: County) -> None:
    page = open_admin(new_page(1366, 768), town, "admin", "settings")
    page.get_by_test_id("set-addresses").fill("192.0.2.10 here")
    page.get_by_test_id("settings-save").click()
    expect(page.get_by_test_id("problem")).to_have_attribute("data-code", "settings.address")
    page.get_by_test_id("set-addresses").fill("192.0.2.10")
    page.get_by_test_id("settings-save").click()
    expect(page.get_by_test_id("setting-addresses")).to_have_attribute("data-differs", "true")
    expect(page.get_by_test_id("settings")).to_contain_text(f"fengsui serve --data {town.data}")


def test_the_auditor_finds_refusals_and_proves_the_chain(new_page: NewPage, town: County, tmp_path: Path) -> None:
    with town.client("duty") as duty:
        assert duty.get("/settings").status_code == 403
    page = open_admin(new_page(1366, 768), town, "auditor", "audit")
    page.get_by_test_id("audit-kind").select_option("refusals")
    expect(page.locator("[data-testid=audit-row][data-kind='access.refused']").first).to_contain_text(
        "/api/v1/settings"
    )
    expect(
        page.locator("[data-testid=audit-row]:not([data-kind^='access.'], [data-kind='session.refused'])")
    ).to_have_count(0)
    page.get_by_test_id("audit-actor").fill("值班员 甲")
    page.get_by_test_id("audit-find").click()
    expect(page.get_by_test_id("audit-row").first).to_contain_text("值班员 甲")
    rows = saved(page, "audit-csv", tmp_path)
    kinds = {row["种类"] for row in rows}
    assert "access.refused" in kinds
    assert all(kind.startswith("access.") or kind == "session.refused" for kind in kinds)
    page.get_by_test_id("verify").click()
    expect(page.get_by_test_id("proof")).to_have_attribute("data-holds", "true")
    for tab in ("units", "people", "terminals", "accounts", "resources"):
        page.get_by_test_id(f"tab-{tab}").click()
        expect(page.get_by_text("只能查看").first).to_be_visible()
        expect(page.locator("main .btn.pri")).to_have_count(0)


def test_who_administers_nothing_is_told_so(new_page: NewPage, town: County) -> None:
    page = open_admin(new_page(1366, 768), town, "reviewer")
    expect(page.get_by_test_id("no-rights")).to_be_visible()
    expect(page.locator("nav a[data-testid]")).to_have_count(0)
