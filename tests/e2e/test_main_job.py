"""The main job, end to end, as people play it: log, show, convene, warn, order, prove.

Real processes, real pages with cameras, a headless terminal, mail and loudspeakers; every child is killed on the way.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.cap_sample import cap_message
from tests.e2e.county import ROOT, County, county
from tests.e2e.people import Desk, Phone, Township, Wall, chromium
from tests.waiting import until
from web.cli import main

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.parametrize("profile", ["embedded", pytest.param("cluster", marks=pytest.mark.soak)], indirect=True),
]
SITES = ("西舍路镇", "中山镇", "大过口乡现场")
REPORT = "西舍路镇 河水上桥 冲走便桥 2 户 7 人被困"


@pytest.fixture
def served(profile: dict[str, str], tmp_path: Path) -> Iterator[County]:
    """The demo county on SQLite and files, or on PostgreSQL and RabbitMQ."""
    with county(tmp_path / "data", profile) as running:
        yield running


class Play:
    """One run through the main job; each method is a scene, in order."""

    def __init__(self, served: County, stack: ExitStack, folder: Path) -> None:
        self.county = served
        browser = stack.enter_context(chromium(folder))
        self.duty, self.wall = Desk(browser, served, "duty"), Wall(browser, served, "wall")
        self.townships = [Township(browser, served, name) for name in SITES[:2]]
        self.keeper = Phone(browser, served, "keeper")
        self.issuer, self.reviewer = Desk(browser, served, "issuer"), Desk(browser, served, "reviewer")
        self.headless = stack.enter_context(headless_terminal(served, folder))
        self.api = stack.enter_context(served.client("duty"))
        self.number = ""

    @property
    def people(self) -> list[Any]:
        return [self.duty, self.wall, *self.townships, self.keeper, self.issuer, self.reviewer]

    def everybody_comes_in(self) -> None:
        for person in self.people:
            person.open()
        expect(self.duty.see("intake-open")).to_be_visible()

    def a_report_is_logged_and_shown(self) -> None:
        self.number = self.duty.log_incident(REPORT)
        expect(self.wall.page.locator("h1")).to_contain_text("西舍路镇")
        expect(self.duty.see("new-incident")).to_be_visible()
        self.duty.press("acknowledge")
        expect(self.duty.see("new-incident")).to_be_hidden()
        self.duty.press("move-responding")
        expect(self.duty.see("incident-status")).to_have_text("处置中")
        note = self.duty.see("note")
        note.fill("两户在河东")
        note.press("Enter")
        expect(self.wall.page.get_by_text("两户在河东")).to_be_visible()
        with self.duty.context.expect_page() as opened:
            self.duty.press("incident-map")
        assert "http://" not in opened.value.content().replace("http://www.w3.org", "")
        opened.value.close()

    def the_line_is_cut_and_comes_back(self) -> None:
        self.wall.context.set_offline(True)
        expect(self.wall.page.locator(".wall")).to_have_attribute("data-link", "lost")
        expect(self.wall.page.get_by_text("连接中断")).to_be_visible()
        self.note("断线期间的一笔")
        self.wall.context.set_offline(False)
        expect(self.wall.page.locator(".wall")).to_have_attribute("data-link", "live")
        expect(self.wall.page.get_by_text("断线期间的一笔")).to_be_visible()
        after_cut = self.wall.shown()
        self.wall.page.reload()
        expect(self.wall.page.get_by_text("断线期间的一笔")).to_be_visible()
        assert self.wall.shown() == after_cut

    def the_townships_are_convened(self) -> None:
        self.duty.press("map-whole")
        self.duty.page.wait_for_timeout(600)  # the map moves for 400 ms
        self.duty.draw_circle((0.357, 0.632), (0.459, 0.632))
        self.duty.press("meeting-convene")
        for name in SITES:
            expect(self.duty.see("convene-row").filter(has_text=name).first).to_be_visible()
        self.duty.press("convene-ring")
        for township in self.townships:
            township.press("answer")
        self.duty.press("meeting-join")
        for name in SITES:
            expect(self.duty.site(name).first).to_have_attribute("data-state", "joined")
        self.wall.expect_media(videos=4)  # three sites and the desk
        for township in self.townships:
            township.expect_media(videos=2)

    def a_media_node_dies(self) -> None:
        self.county.kill("media")
        self.wall.expect_media(videos=4)
        for township in self.townships:
            township.expect_media(videos=2)

    def a_web_process_dies(self) -> None:
        logged = self.note("进程被杀之前的一笔")
        self.county.kill("web")
        for person in (self.duty, self.wall):
            expect(person.page.get_by_text("进程被杀之前的一笔").first).to_be_visible()
        until(lambda: self.noted("进程回来之后的一笔"), within_s=90)
        expect(self.wall.page.get_by_text("进程回来之后的一笔")).to_be_visible()
        assert logged
        self.wall.expect_media(videos=4)

    def the_chair_leads_and_ends(self) -> None:
        site = self.duty.site("中山镇")
        site.get_by_test_id("site-mute").click()
        expect(site).to_have_attribute("data-muted", "true")
        expect(self.townships[1].page.get_by_text("主席已静音").first).to_be_visible()
        site.get_by_test_id("site-broadcast").click()
        self.duty.site("大过口乡现场").get_by_test_id("site-remove").click()
        self.duty.press("remove-dialog-yes")
        expect(self.duty.site("大过口乡现场")).to_have_count(0)
        self.duty.press("meeting-add")
        expect(self.duty.see("convene-row")).to_have_count(1)
        self.duty.press("convene-ring")
        expect(self.duty.site("大过口乡现场")).to_have_attribute("data-state", "joined")
        self.duty.press("meeting-end")
        self.duty.see("end-dialog-word").fill("结束")
        self.duty.press("end-dialog-yes")
        expect(self.townships[0].see("meeting-end").or_(self.townships[0].see("home"))).to_be_visible()
        kinds = self.kinds()
        for kind in ("convened", "rung", "answered", "joined", "muted", "broadcast", "removed", "ended"):
            assert f"meeting.{kind}" in kinds, kind

    def a_warning_goes_out(self) -> None:
        issuer, reviewer = self.issuer, self.reviewer
        issuer.home("F3")
        issuer.press("alert-new")
        issuer.press("alert-kind-evacuation")
        issuer.see("alert-event").fill("山洪")
        issuer.see("alert-headline").fill("西舍路镇沿河转移指令")
        issuer.see("alert-description").fill("河水上桥，便桥已冲走")
        issuer.see("alert-instruction").fill("沿河住户立即转移")
        issuer.see("alert-add-town").fill("西舍路")
        issuer.page.get_by_role("option").filter(has_text="西舍路镇").first.click()
        issuer.press("alert-in-3")
        expect(issuer.see("preview-people")).to_contain_text(re.compile(r"\d"))
        issuer.press("alert-submit")
        self.open_alert(reviewer)
        reviewer.see("alert-return-reason").fill("写明去处")
        reviewer.press("alert-return")
        self.open_alert(issuer)
        expect(issuer.see("alert-returned")).to_contain_text("写明去处")
        issuer.see("alert-instruction").fill("沿河住户立即转移到中心小学")
        issuer.press("alert-submit")
        self.open_alert(reviewer, "submitted")
        expect(reviewer.see("changed-instruction")).to_contain_text("沿河住户立即转移到中心小学")
        reviewer.press("alert-seen")
        reviewer.press("alert-sign-off")
        self.open_alert(issuer, "signed_off")
        people = self.alert()["preview"]["people"]
        issuer.see("alert-issue-people").fill(str(people))
        issuer.see("alert-issue-word").fill("发布")
        issuer.press("alert-issue")
        expect(issuer.see("alert-sheet")).to_have_attribute("data-status", "issued")
        self.county.kill("worker")

    def it_reaches_people_and_loudspeakers(self) -> None:
        page = self.townships[0].page
        expect(self.townships[0].see("alert-instruction")).to_contain_text("中心小学")
        alert = self.alert()["id"]
        planned = self.alert()["preview"]["channels"]
        mails = self.county.data / "demo-mail"
        until(lambda: len(list(mails.glob("*.eml"))) >= planned["email"], within_s=40)

        def coverage() -> dict[str, Any]:
            found: dict[str, Any] = self.api.get(f"/alerts/{alert}/coverage").json()["items"][0]
            return found

        self.townships[0].press("alert-ack")
        until(lambda: coverage()["answered"] == 1, within_s=40, why=coverage)
        self.keeper.press("alert-ack")
        until(lambda: coverage()["channels"]["mqtt"]["delivered"] == planned["mqtt"], within_s=60, why=coverage)
        until(lambda: coverage()["answered"] == 2, within_s=40, why=coverage)
        total = coverage()
        assert total["first_answer"]["by"]["name"].startswith("西舍路镇")
        assert total["planned"] == sum(planned.values())
        expect(page.locator("main.t")).to_be_visible()
        self.the_villages_are_called_by_hand(alert)

    def the_villages_are_called_by_hand(self, alert: str) -> None:
        """The demo has no telephone line: the desk rings on another one and says who confirmed."""

        def silent() -> list[str]:
            known = self.api.get("/board").json()["obligations"].values()
            return [one["id"] for one in known if one["alert"] == alert and one["mark"] not in {"confirmed", "acted"}]

        assert silent()
        for village in silent():
            answer = self.api.post(f"/obligations/{village}/by-hand", json={"whom": "holder", "confirmed": True})
            assert answer.is_success, answer.text
        until(lambda: not silent(), why=silent)

    def a_message_from_outside(self) -> None:
        with self.county.client("issuer") as issuer:
            answer = issuer.post(f"{self.county.url}/cap", content=cap_message())
        assert answer.status_code == 201, answer.text
        expect(self.wall.page.get_by_text("暴雨").first).to_be_visible()
        self.issuer.home("F3")
        if not self.issuer.see("alert-list").is_visible():
            self.issuer.page.keyboard.press("Escape")
        row = self.issuer.see("alert-row").filter(has_text="暴雨橙色预警")
        row.first.click()
        self.issuer.press("alert-adopt")
        expect(self.issuer.see("alert-editor")).to_be_visible()

    def the_nearest_is_sent(self) -> None:
        self.duty.home("F1")
        self.duty.see("incidents").get_by_text(REPORT[:8]).first.click()
        row = self.duty.see("near-row").filter(has_text="民兵应急排")
        row.get_by_test_id("near-order").click()
        self.duty.see("order-title").fill("到河东桥头转移群众")
        self.duty.press("order-in-30")
        self.duty.press("order-send")
        # The warning from outside may have the keeper's screen first.
        row, warned = self.keeper.see("order-row"), self.keeper.see("alert-ack")
        expect(row.or_(warned).first).to_be_visible()
        if warned.is_visible():
            self.keeper.press("alert-ack")
        self.keeper.press("order-row")
        for move in ("acknowledged", "en_route", "on_scene", "done"):
            expect(self.keeper.see(f"order-{move}")).to_be_visible()
            self.keeper.page.wait_for_timeout(1_000)  # a finger that bounces does not press the next answer
            self.keeper.press(f"order-{move}")
            until(partial(self.task_is, move), within_s=30, why=self.task)
        statuses = {entry["body"]["resource"]["status"] for entry in self.entries() if "resource" in entry["body"]}
        assert {"ordered", "en_route", "on_scene", "available"} <= statuses

    def it_is_proven(self) -> None:
        for person in self.people:
            assert person.errors == [], person.account
        with self.county.client("auditor") as auditor:
            assert auditor.get("/timeline/verify").json()["holds"]

    def into_the_album(self, scene: str) -> None:
        """What everybody sees after a scene, in the folder named by FENGSUI_ALBUM: the pictures of docs/images."""
        folder = os.environ.get("FENGSUI_ALBUM")
        for person in self.people if folder else ():
            person.page.screenshot(path=f"{folder}/{scene}-{person.account}.png")

    def note(self, text: str) -> bool:
        incident = self.api.get("/incidents", params={"query": self.number}).json()["items"][0]["id"]
        return self.api.post(f"/incidents/{incident}/entries", json={"text": text}).status_code == 201

    def noted(self, text: str) -> bool:
        """Whether it was taken; while nobody listens it was not."""
        try:
            return self.note(text)
        except httpx.TransportError:
            return False

    def open_alert(self, desk: Desk, status: str = "") -> None:
        """Open the order from the list, unless it lies open already."""
        desk.home("F3")
        sheet = desk.see("alert-sheet").or_(desk.see("alert-editor"))
        row = desk.page.locator('[data-testid="alert-row"]').filter(has_text="转移指令")
        expect(sheet.or_(row).first).to_be_visible()
        if not sheet.is_visible():
            row.first.click()
        if status:
            expect(desk.see("alert-sheet")).to_have_attribute("data-status", status)

    def alert(self) -> dict[str, Any]:
        found = self.api.get("/alerts").json()["items"]
        alert: dict[str, Any] = next(one for one in found if one["kind"] == "evacuation")
        return {**alert, "preview": self.api.get(f"/alerts/{alert['id']}/preview").json()}

    def task(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get("/tasks").json()["items"][0]
        return found

    def task_is(self, status: str) -> bool:
        return bool(self.task()["status"] == status)

    def entries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.get("/timeline", params={"limit": 1000}).json()["entries"]
        return found

    def kinds(self) -> set[str]:
        return {entry["kind"] for entry in self.entries()}


def test_a_county_sees_hears_and_moves(served: County, tmp_path: Path) -> None:
    with ExitStack() as stack:
        play = Play(served, stack, tmp_path)
        for scene in (
            play.everybody_comes_in,
            play.a_report_is_logged_and_shown,
            play.the_line_is_cut_and_comes_back,
            play.the_townships_are_convened,
            play.a_media_node_dies,
            play.a_web_process_dies,
            play.the_chair_leads_and_ends,
            play.a_warning_goes_out,
            play.it_reaches_people_and_loudspeakers,
            play.a_message_from_outside,
            play.the_nearest_is_sent,
            play.it_is_proven,
        ):
            with pictures_of_failure(play, scene.__name__):
                scene()
                play.into_the_album(scene.__name__)
    if (served.data / "fengsui.db").exists():
        a_changed_byte_is_named(served.data, tmp_path / "changed")


def a_changed_byte_is_named(data: Path, copy: Path) -> None:
    """`fengsui verify` on a copy: it holds; with one byte of one entry changed it names that entry."""
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("run", "broker"))
    assert main(["verify", "--data", str(copy)]) == 0
    with sqlite3.connect(copy / "fengsui.db") as database:
        seq, body = database.execute("SELECT seq, body FROM timeline WHERE kind = 'incident.logged'").fetchone()
        database.execute("UPDATE timeline SET body = ? WHERE seq = ?", (body.replace("2 户", "3 户"), seq))
    done = subprocess.run(
        [sys.executable, "-m", "web.cli", "verify", "--data", str(copy)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 1
    assert done.stdout.startswith(f"entry {seq} ")


@contextmanager
def headless_terminal(served: County, folder: Path) -> Iterator[None]:
    """`fengsui terminal` with the browser's own camera and microphone files."""
    token = served.accounts["terminal"]["token"]
    files = ("--video", str(folder / "camera.y4m"), "--audio", str(folder / "microphone.wav"))
    command = [sys.executable, "-m", "web.cli", "terminal", "--server", served.url, "--token", token, "--auto-answer"]
    process = subprocess.Popen([*command, *files], cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def pictures_of_failure(play: Play, scene: str) -> Iterator[None]:
    """What everybody saw when a scene failed, in the folder named by FENGSUI_PICTURES."""
    try:
        yield
    except BaseException:
        folder = os.environ.get("FENGSUI_PICTURES")
        for person in play.people if folder else ():
            person.page.screenshot(path=f"{folder}/{scene}-{person.account}.png")
        sys.stderr.write(f"{scene}: {play.county.said()}\n")
        raise
