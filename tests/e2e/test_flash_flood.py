"""A flash flood at three in the morning: a station's red message, thirty villages called, and one that stays silent.

The real processes; a real exchange (SIPp), broker (Mosquitto), mail server and message centre (SMPP 3.4); a desk, a
wall, a leader's phone and those of three townships in Chromium, and another desk that follows it all in English.
"""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Locator, expect

from alerts.demo_peers import DemoPeersConfig, SimulatedLoudspeakers
from command.kernel.clock import SystemClock
from tests import cap_station
from tests.alerts.smsc import MessageCentre
from tests.e2e.county import County, county
from tests.e2e.people import Desk, Person, Phone, Township, Wall, chromium
from tests.moves import moved
from tests.peers.mosquitto import mosquitto
from tests.peers.sipp import SippServer, can_send_keys, sipp
from tests.peers.smtp import SmtpServer, smtp
from tests.ui.wire import wire_to
from tests.waiting import until

pytestmark = [
    pytest.mark.timeout(600),
    # The main job is played on the other of the two profiles in each whole run; `make soak` plays the other two.
    pytest.mark.parametrize("profile", [pytest.param("embedded", marks=pytest.mark.soak), "cluster"], indirect=True),
    pytest.mark.skipif(not can_send_keys(), reason="SIPp sends keys by a raw socket, which takes root's rights"),
]
TOWNSHIPS = {"532301112": "西舍路镇", "532301110": "中山镇", "532301108": "三街镇"}
CUT_OFF = "西舍路镇"
"""Its phone has no line while it reports; what it reports waits there."""
LEFT: dict[str, list[str]] = {
    "西舍路镇": ["report-absent"],
    "中山镇": ["report-not-moved", "why-refuses"],
    "三街镇": [],
}
"""The last household of each township is not moved: nobody is home, they refuse, nobody has been there yet."""
CONFIRMS, OFF, SILENT, BUSY, MAILBOX = "1391", "1392", "1393", "1394", "1395"
"""What the exchange makes of a number's first four digits: a mailbox speaks for a while and hangs up."""
CALLS_BEGIN = timedelta(seconds=5 if "PYTEST_XDIST_WORKER" in os.environ else 1)
"""What a night may take until it calls: a second, where it has the machine for itself as in a county; in `make test`
three other groups of tests share the two cores."""
SPECIAL = dict(zip(range(25, 30), (OFF, OFF, MAILBOX, SILENT, BUSY), strict=True))
HOLDER = ("voice", "holder")
QUICK = {"tell": ["websocket", "sms", "email"], "call": True, "tries": 2, "wait_s": [2]}
LEVEL = {
    "obliged": ["village", "leader"],
    "steps": [
        *({"whom": whom, **QUICK} for whom in ("holder", "deputy", "superior")),
        {"whom": "visit", "tell": [], "call": False, "tries": 1, "wait_s": [60]},
    ],
    "again_s": 600,
}


def number(manner: str, place: int, deputy: bool = False) -> str:
    """A telephone number that the exchange answers in this manner."""
    return f"{manner}{place:06d}{int(deputy)}"


class Peers:
    """Everything outside the county's machine."""

    def __init__(self, stack: ExitStack) -> None:
        self.exchange: SippServer = stack.enter_context(sipp("exchange"))
        self.broker = stack.enter_context(mosquitto())
        self.mail: SmtpServer = stack.enter_context(smtp())
        self.centre = MessageCentre(receipts=True)
        stack.callback(self.centre.stop)

    def environment(self) -> dict[str, str]:
        """As an administrator sets them."""
        return {
            "FENGSUI_SIP_URL": self.exchange.url,
            "FENGSUI_SIP_LINES": "40",
            "FENGSUI_SIP_REPEATS": "1",
            "FENGSUI_SIP_PATIENCE_S": "6",
            "FENGSUI_MQTT_URL": self.broker.url,
            "FENGSUI_SMTP_URL": self.mail.url,
            "FENGSUI_SMS_URLS": f'["{self.centre.url()}"]',
        }


class Night:
    """The play; each method is a scene, in order."""

    def __init__(self, served: County, peers: Peers, stack: ExitStack, folder: Path) -> None:
        self.county, self.peers = served, peers
        browser = stack.enter_context(chromium(folder))
        self.desk, self.wall = Desk(browser, served, "duty"), Wall(browser, served, "wall")
        self.english = Desk(browser, served, "issuer", lang="en")
        self.leader = Phone(browser, served, "leader")
        self.phones = {name: Township(browser, served, name) for name in TOWNSHIPS.values()}
        self.api = {
            name: stack.enter_context(served.client(name))
            for name in ("admin", "duty", "station", "issuer", "leader", "auditor", "township")
        }
        self.last = self.mailbox = self.horn = ""
        self.stack = stack
        self.alert = self.order = ""
        self.posted = datetime.now(UTC)
        self.figures: dict[str, float] = {}

    @property
    def people(self) -> list[Person]:
        return [self.desk, self.wall, self.english, self.leader, *self.phones.values()]

    def the_county_is_ready(self) -> None:
        """Thirty villages of three townships; one person answers for two of them."""
        units = self._all("admin", "/units")
        codes = {unit["division_code"]: unit for unit in units if unit["division_code"]}
        held = {post["unit"] for post in self._all("admin", "/posts") if post["responsible"] and post["active"]}
        # Those with a responsible post already are among the thirty, so that there is no thirty-first.
        order = sorted(units, key=lambda unit: (unit["id"] not in held, unit["division_code"] or ""))
        villages = [
            [unit for unit in order if unit["kind"] == "village" and unit["parent"] == codes[code]["id"]][:10]
            for code in TOWNSHIPS
        ]
        chosen = [unit for some in villages for unit in some]
        assert len(chosen) == 30
        self._responsible(chosen)
        for place, code in enumerate(TOWNSHIPS, start=90):
            self._leader(codes[code]["id"], place)
        plan = self._put("admin", "/call-plan", {"levels": {"red": LEVEL, "evacuation": LEVEL}}, version=0)
        assert plan["own"]
        self.last, self.mailbox = chosen[29]["name"], chosen[27]["name"]
        self._loudspeaker(chosen[29]["id"])
        for person in (self.desk, self.wall, self.english, self.leader, self.phones["三街镇"]):
            person.open()
        expect(self.desk.see("intake-open")).to_be_visible()

    def _responsible(self, villages: list[dict[str, Any]]) -> None:
        known = {post["unit"]: post for post in self._all("admin", "/posts") if post["responsible"] and post["active"]}
        first = ""
        for place, village in enumerate(villages):
            manners = (SPECIAL.get(place, CONFIRMS), OFF if place == 29 else CONFIRMS)
            holder, deputy = (
                self._person(village["id"], f"{village['name']}{'B角' if is_deputy else '责任人'}（示例）",
                             number(manner, place, deputy=bool(is_deputy)))
                for is_deputy, manner in enumerate(manners)
            )  # fmt: skip
            first = first or holder
            post = {"holder_id": first if place == 1 else holder, "deputy_id": deputy}
            if village["id"] in known:
                old = known[village["id"]]
                self._patch("admin", f"/posts/{old['id']}", post, old["version"])
            else:
                new = {"unit": village["id"], "title": "包保责任人（示例）", "responsible": True, **post}
                self._post("admin", "/posts", new)

    def _leader(self, township: str, place: int) -> None:
        head = self._person(township, f"乡镇长 {place}（示例）", number(CONFIRMS, place))
        known = (post for post in self._all("admin", "/posts") if post["unit"] == township and post["responsible"])
        old = next((post for post in known if post["active"]), None)
        if old is not None:
            self._patch("admin", f"/posts/{old['id']}", {"holder_id": head, "deputy_id": None}, old["version"])
        else:
            new = {"unit": township, "title": "乡镇长（示例）", "responsible": True, "holder_id": head}
            self._post("admin", "/posts", new)

    def _loudspeaker(self, village: str) -> None:
        """One in the last village. It plays what it gets, as those of the demo do."""
        new = {"unit": village, "name": f"{self.last}大喇叭（示例）", "kind": "loudspeaker"}
        self.horn = str(self._post("admin", "/terminals", new)["terminal"]["id"])
        key, url = (self.county.data / "loudspeaker.key").read_bytes().strip(), self.peers.broker.url
        config = DemoPeersConfig("", 0, self.county.data, url, key, (self.horn,), speed=5, name="last-loudspeaker")
        playing = SimulatedLoudspeakers(config, SystemClock())
        playing.start()
        self.stack.callback(playing.stop)

    def _person(self, unit: str, name: str, phone: str) -> str:
        person = {"unit": unit, "name": name, "phone": phone, "email": f"{phone}@example.invalid"}
        return str(self._post("admin", "/people", person)["id"])

    def a_red_message_comes(self) -> None:
        """Calls begin at once; nothing goes to the public by itself; its copy by another route changes nothing."""
        message = cap_station.red("flood-1", list(TOWNSHIPS))
        self.posted = datetime.now(UTC)
        first = self._cap("station", message)
        self.alert = first["alert_id"]
        assert all(area["geometry"] is not None for area in first["areas"])
        expect(self.wall.page.locator(".wall")).to_have_attribute("data-screen", "alert")
        expect(self.wall.page.get_by_role("heading", level=1)).to_contain_text("暴雨红色预警")
        until(lambda: any(one["doing"] for one in self.obligations()))
        begun = min(datetime.fromisoformat(one["doing"]["at"]) for one in self.obligations() if one["doing"])
        assert begun - self.posted <= CALLS_BEGIN, begun - self.posted
        assert len(self.villages()) == 30
        warning = self.english.page.locator(f"[data-testid=warning][data-id='{self.alert}']")
        expect(warning).to_contain_text(re.compile(r"暴雨.*until (tomorrow )?\d\d:\d\d"))
        self.english.show_alert(self.alert)
        expect(self.english.see("alert-status")).to_have_text("Received")
        again = self._cap("issuer", message)
        assert (again["alert_id"], again["new"]) == (self.alert, False)
        assert len(self.villages()) == 30
        assert self._get("duty", f"/alerts/{self.alert}/coverage")["items"] == []
        assert self._get("duty", f"/alerts/{self.alert}/deliveries")["items"] == []

    def twenty_five_and_then_the_deputies_confirm(self) -> None:
        until(lambda: self.settled() == 29, within_s=240, why=lambda: Counter(o["mark"] for o in self.villages()))
        rung = self.peers.exchange.first_asked("INVITE")
        assert rung is not None
        self.figures["first_call_s"] = rung - self.posted.timestamp()
        # What the exchange says, not what was planned: the text has been spoken by then, on a machine that is busy.
        assert self.figures["first_call_s"] <= 10, self.figures
        self.figures["29_confirmed_s"] = (datetime.now(UTC) - self.posted).total_seconds()
        whom = Counter(one["answered"]["whom"] for one in self.villages() if one["answered"])
        assert whom == {"holder": 25, "deputy": 4}
        confirmed = self.english.page.locator("[data-testid=calls-place][data-mark=confirmed]")
        expect(confirmed.filter(has_text=re.compile("Village.*Holder"))).to_have_count(25)
        expect(confirmed.filter(has_text=re.compile("Village.*Deputy"))).to_have_count(4)
        assert all(o["subject"] != "leader" or o["mark"] == "confirmed" for o in self.obligations())
        (mailbox,) = (one for one in self.villages() if one["name"] == self.mailbox)
        picked_up = [one for one in self.details(mailbox["id"])["tries"] if (one["channel"], one["whom"]) == HOLDER]
        assert {(one["heard"], one["outcome"]) for one in picked_up} == {("reached", "no_key")}, "a voice is no answer"
        calls = [self.rung(one) for one in self.villages()]
        shared = [one for one in calls if sum(1 for other in calls if one & other) > 1]
        assert len(shared) == 2, "one person with two villages"
        assert shared[0] == shared[1], "is called for both at once"

    def rung(self, village: dict[str, Any]) -> set[str]:
        """The calls to its holder. A township's leader may hear of a silent village with what is the leader's own."""
        tries = self.details(village["id"])["tries"]
        return {one["id"] for one in tries if (one["channel"], one["whom"]) == HOLDER}

    def the_last_one_stays_red(self) -> None:
        """Its township's leader is rung and knows; a visit stands."""
        until(lambda: self.of_last()["visit"] is not None, within_s=60, why=self.of_last)
        tries = self.details(self.of_last()["id"])["tries"]
        assert {one["whom"] for one in tries if one["channel"] == "voice"} == {"holder", "deputy", "superior"}
        assert self.of_last()["mark"] in {"open", "reached"}
        card = self.wall.page.get_by_test_id("wall-calls").locator(f"[data-name='{self.last}']")
        expect(card).to_be_visible()
        # Three villages of the sample have nobody responsible: they count as silent.
        expect(self.wall.page.locator(".sum")).to_contain_text("4 个未应答·3 个无责任人")
        self.desk.show_alert(self.alert)
        places = len(self.obligations()) + 3
        expect(self.desk.see("calls-count")).to_contain_text(f"/ {places}")
        expect(self.english.see("calls-count")).to_have_text(f"{places - 4} of {places} places")
        for desk, visit in ((self.desk, "派人上门"), (self.english, "Visit ordered")):
            place = desk.page.locator(f"[data-testid=calls-place][data-name='{self.last}']")
            expect(place).to_have_attribute("data-mark", re.compile("open|reached"))
            expect(place).to_contain_text(visit)

    def its_loudspeaker_plays_the_red_message(self) -> None:
        """The county takes the station's message over for the loudspeakers: it played there, and nobody answered."""
        self.desk.press("alert-adopt")
        expect(self.desk.see("alert-headline")).to_have_value("暴雨红色预警（示例）")
        (draft,) = [one for one in self._get("duty", "/alerts")["items"] if one["adopted_from"] == self.alert]
        url = f"/alerts/{draft['id']}"
        self._patch("duty", url, {"channels": ["mqtt"]}, int(draft["version"]))
        _ok(moved(self.api["duty"], url, "submit"))
        _ok(moved(self.api["leader"], url, "sign-off"))
        preview = self._get("issuer", f"{url}/preview")
        assert "暴雨红色预警" in preview["texts"]["mqtt"]
        _ok(moved(self.api["issuer"], url, "issue", {"people": preview["people"]}))
        until(lambda: self._played(url) == "delivered", within_s=120, why=lambda: self._played(url))
        assert self.of_last()["mark"] in {"open", "reached"}, "its loudspeaker played, and nobody answered"
        expect(self.wall.page.get_by_test_id("wall-calls").locator(f"[data-name='{self.last}']")).to_be_visible()

    def _played(self, url: str) -> str:
        """What is known of the last village's loudspeaker."""
        rows = self._all("duty", f"{url}/deliveries")
        return next(str(one["state"]) for one in rows if one["recipient"] == f"terminal:{self.horn}")

    def the_county_cannot_change_the_stations_alert(self) -> None:
        """The desk offers nothing of the kind and says so; whoever asks for it all the same is refused."""
        self.desk.show_alert(self.alert)
        expect(self.english.see("alert-sheet")).to_contain_text("A received warning is never changed")
        expect(self.desk.see("alert-sheet")).to_contain_text("收到的预警不能改，只能转发、叫应、下令")
        for key in ("alert-change", "alert-withdraw", "alert-lift", "alert-headline"):
            expect(self.desk.see(key)).to_have_count(0)
        for path, body in (("cancel", {"end": "lifted", "text": "x"}), ("issue", {"people": 0}), ("submit", {})):
            answer = moved(self.api["issuer"], f"/alerts/{self.alert}", path, body)
            assert (answer.status_code, answer.json()["code"]) == (409, "alert.received_immutable"), (path, answer.text)
        url, changes = f"/alerts/{self.alert}", {"headline": "暴雨蓝色预警"}
        seen = {"If-Match": self.api["issuer"].get(url).headers["ETag"]}
        for answer in (
            self.api["issuer"].patch(url, json=changes, headers=seen),
            self.api["issuer"].post(f"{url}/update", json=changes),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "alert.received_immutable"), answer.text
        assert self._get("duty", url)["headline"] == "暴雨红色预警（示例）"
        assert self._get("duty", f"/alerts/{self.alert}")["status"] == "received"

    def an_evacuation_is_signed_off_on_the_leaders_phone(self) -> None:
        draft = {
            "event": "山洪",
            "kind": "evacuation",
            "headline": "三个乡镇沿河转移指令（示例）",
            "description": "三小时降雨将达 100 毫米",
            "instruction": "沿河住户立即转移到安置点",
            "area": {"divisions": list(TOWNSHIPS)},
            "expires_at": (datetime.now(UTC) + timedelta(hours=6)).isoformat(),
            "channels": ["websocket", "email", "mqtt", "sms"],
        }
        self.order = self._post("issuer", "/alerts", draft)["id"]
        _ok(moved(self.api["issuer"], f"/alerts/{self.order}", "submit"))
        self._answered_until(self.leader, self.leader.see("review-row"))
        self.leader.press("review-row")
        expect(self.leader.see("review-instruction")).to_have_text("沿河住户立即转移到安置点")
        self.leader.press("review-sign-off")
        self.leader.press("review-sure")
        expect(self.leader.see("home")).to_be_visible()
        self._issued_in_english()
        horns = self._get("issuer", f"/alerts/{self.order}/preview")["channels"]["mqtt"]
        assert horns > 0
        until(lambda: self.delivered("mqtt") == horns, within_s=120, why=self.coverage)
        assert self.of_last(self.order)["mark"] in {"open", "reached"}, "its loudspeaker played, and nobody answered"

    def _issued_in_english(self) -> None:
        """Who issues types the number of people and the word."""
        desk = self.english
        desk.show_alert(self.order)
        expect(desk.see("alert-status")).to_have_text("Signed off")
        expect(desk.see("preview-people")).not_to_have_attribute("data-people", "0")
        desk.see("alert-issue-people").fill(desk.see("preview-people").get_attribute("data-people") or "")
        desk.see("alert-issue-word").fill("issue")
        desk.press("alert-issue")
        expect(desk.see("alert-status")).to_have_text("Issued")

    def thirty_eight_of_forty_one_households_are_moved(self) -> None:
        until(lambda: self._get("duty", "/evacuations")["items"], within_s=20)
        (evacuation,) = self._get("duty", "/evacuations")["items"]
        rows = self._get("duty", f"/evacuations/{evacuation['id']}/ledger")["items"]
        assert len(rows) == 41
        self._reported_on_the_phones(Counter(row["township_name"] for row in rows))
        until(lambda: self._get("duty", f"/evacuations/{evacuation['id']}")["totals"]["moved_households"] == 38)
        rows = self._get("duty", f"/evacuations/{evacuation['id']}/ledger")["items"]
        left = [one for one in rows if one["status"] != "moved"]
        assert {one["township_name"]: one["status"] for one in left} == {
            "西舍路镇": "absent", "中山镇": "not_moved", "三街镇": "to_move",
        }  # fmt: skip
        self._three_are_named(left)

    def _reported_on_the_phones(self, homes: Counter[str]) -> None:
        """Each township's officer by one thumb, household by household; what was pressed without a line comes later."""
        with wire_to(urlsplit(self.county.url).port or 0) as wire:
            for name, phone in self.phones.items():
                if name != "三街镇":  # which has been there all night
                    phone.enter(f"http://127.0.0.1:{wire.near}" if name == CUT_OFF else "")
                self._answered_until(phone, phone.see("evacuation-row"))
                if name == "三街镇":
                    expect(phone.page.locator(f"[data-testid=visit][data-name='{self.last}']").first).to_be_visible()
                phone.press("evacuation-row")
                expect(phone.households()).to_have_count(homes[name])
            wire.cut()
            for round_ in range(max(homes.values()) - 1):
                for name, phone in self.phones.items():
                    if round_ < homes[name] - 1:
                        phone.report("report-moved")
            for name, keys in LEFT.items():
                if keys:
                    self.phones[name].report(*keys)
            expect(self.phones[CUT_OFF].page.locator("[data-waiting=true]")).to_have_count(homes[CUT_OFF])
            wire.mend()
            expect(self.phones[CUT_OFF].page.locator("[data-waiting=true]")).to_have_count(0)

    def _three_are_named(self, left: list[dict[str, Any]]) -> None:
        """On the desk by their names; on the wall, which everybody in the hall reads, by where they live."""
        for desk, said in ((self.desk, "已转移 38 / 41 户"), (self.english, "38 of 41 households moved")):
            desk.home("F9")
            expect(desk.see("ledger-sum")).to_contain_text(said)
            named = desk.see("ledger-missing").locator("b")
            expect(named).to_have_count(3)
            for one in left:
                expect(named.filter(has_text=one["head"])).to_have_count(1)
        expect(self.english.see("ledger-missing")).to_contain_text("They refuse")
        expect(self.wall.see("wall-evacuation")).to_have_attribute("data-missing", "3")
        for town, number in ((one["township_name"], one["number"]) for one in left):
            card = self.wall.see("wall-missing").and_(self.wall.page.locator(f"[data-town='{town}']"))
            expect(card).to_contain_text(f"{town} {number} 号户")
        for one in left:
            expect(self.wall.page.locator("body")).not_to_contain_text(one["head"])

    @staticmethod
    def _answered_until(phone: Person, wanted: Locator) -> None:
        """The order and the station's warning have the screen, one after the other, until they are answered."""
        while True:
            expect(wanted.or_(phone.see("alert-ack")).first).to_be_visible()
            if wanted.is_visible():
                return
            phone.press("alert-ack")

    def the_station_lifts_its_warning(self) -> None:
        """That ends its calls, and neither the order's nor the evacuation."""
        self._cap("station", cap_station.lifted("flood-2", "flood-1", list(TOWNSHIPS)))
        until(lambda: all(one["ended_at"] or self.is_settled(one) for one in self.obligations()), within_s=20)
        assert self.of_last()["visit"]["done_at"] is None, "somebody still goes there"
        assert any(one["ended_at"] is None for one in self.obligations(self.order))
        (evacuation,) = self._get("duty", "/evacuations")["items"]
        assert evacuation["status"] != "closed"
        self.english.show_alert(self.alert)
        expect(self.english.see("alert-status")).to_have_text("Lifted")
        self.english.home("F9")
        expect(self.english.see("evacuation-item")).to_contain_text("3 to move")
        self.wall.speak("en")
        expect(self.wall.see("wall-evacuation")).to_contain_text("Out 38/41")
        expect(self.wall.see("wall-missing")).to_have_count(3)
        expect(self.wall.see("wall-missing").first).to_contain_text(re.compile(r"no\. \d"))

    def it_is_proven(self) -> None:
        until(lambda: all(one["pending"] == 0 for one in self.accounts()), within_s=90, why=self.accounts)
        for one in self.accounts():
            assert one["planned"] == one["pending"] + one["sent"] + one["failed"] + one["unknown"] > 0, one
        assert self._get("auditor", "/timeline/verify")["holds"]
        tries = [one for place in self.villages() for one in self.details(place["id"])["tries"]]
        assert {one["outcome"] for one in tries if one["channel"] == "sms"} == {"sent"}
        until(lambda: len(self.peers.centre.got) >= 60, within_s=60, why=lambda: len(self.peers.centre.got))
        mails = self.peers.mail.mails
        until(lambda: len(mails) >= 60, why=lambda: (len(mails), self.accounts(), self.told_by_mail()))
        for person in self.people:
            assert person.errors == [], person.account

    # -- what is asked ----------------------------------------------------------------------------

    def obligations(self, alert: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get("duty", f"/alerts/{alert or self.alert}/obligations")["items"]
        return found

    def villages(self) -> list[dict[str, Any]]:
        return [one for one in self.obligations() if one["subject"] == "village"]

    def details(self, obligation: str) -> dict[str, Any]:
        return self._get("duty", f"/obligations/{obligation}")

    def is_settled(self, one: dict[str, Any]) -> bool:
        return one["mark"] in {"confirmed", "acted"}

    def settled(self) -> int:
        return sum(1 for one in self.villages() if self.is_settled(one))

    def of_last(self, alert: str = "") -> dict[str, Any]:
        return next(one for one in self.obligations(alert) if one["name"] == self.last and one["subject"] == "village")

    def coverage(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get("duty", f"/alerts/{self.order}/coverage")["items"]
        return found

    def accounts(self) -> list[dict[str, Any]]:
        """The order's ledger: one account for each channel."""
        found: list[dict[str, Any]] = self._get("duty", f"/alerts/{self.order}/ledger")["items"]
        assert {one["channel"] for one in found} == {"websocket", "email", "mqtt", "sms"}, found
        return found

    def told_by_mail(self) -> Counter[tuple[str, str]]:
        """What became of the order's mails, and why."""
        every = self._all("duty", f"/alerts/{self.order}/deliveries")
        return Counter((one["state"], one["detail"]) for one in every if one["channel"] == "email")

    def delivered(self, channel: str) -> int:
        return sum(int(row["channels"].get(channel, {}).get("delivered", 0)) for row in self.coverage())

    # -- how it is asked --------------------------------------------------------------------------

    def _all(self, who: str, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = ""
        while after is not None:
            page = self._get(who, path, limit=500, after=after)
            found += page["items"]
            after = page["next"]
        return found

    def _get(self, who: str, path: str, **query: Any) -> dict[str, Any]:
        return _ok(self.api[who].get(path, params=query))

    def _post(self, who: str, path: str, body: object) -> dict[str, Any]:
        return _ok(self.api[who].post(path, json=body))

    def _put(self, who: str, path: str, body: object, version: int) -> dict[str, Any]:
        return _ok(self.api[who].put(path, json=body, headers={"If-Match": f'"{version}"'}))

    def _patch(self, who: str, path: str, body: object, version: int) -> dict[str, Any]:
        return _ok(self.api[who].patch(path, json=body, headers={"If-Match": f'"{version}"'}))

    def _cap(self, who: str, message: bytes) -> dict[str, Any]:
        return _ok(self.api[who].post(f"{self.county.url}/cap", content=message))


def _ok(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def peers() -> Iterator[Peers]:
    with ExitStack() as stack:
        yield Peers(stack)


@contextmanager
def pictures(night: Night, scene: str) -> Iterator[None]:
    """What everybody saw after a scene or when it failed, in the folder named by FENGSUI_PICTURES."""
    try:
        yield
    except BaseException:
        sys.stderr.write(f"{scene}: {night.county.said()}\n")
        raise
    finally:
        folder = os.environ.get("FENGSUI_PICTURES")
        for person in night.people if folder else ():
            person.page.screenshot(path=f"{folder}/flood-{scene}-{person.account}.png")


def test_a_flash_flood_at_three_in_the_morning(profile: dict[str, str], peers: Peers, tmp_path: Path) -> None:
    with ExitStack() as stack:
        served = stack.enter_context(county(tmp_path / "data", {**peers.environment(), **profile}))
        night = Night(served, peers, stack, tmp_path)
        for scene in (
            night.the_county_is_ready,
            night.a_red_message_comes,
            night.twenty_five_and_then_the_deputies_confirm,
            night.the_last_one_stays_red,
            night.its_loudspeaker_plays_the_red_message,
            night.the_county_cannot_change_the_stations_alert,
            night.an_evacuation_is_signed_off_on_the_leaders_phone,
            night.thirty_eight_of_forty_one_households_are_moved,
            night.the_station_lifts_its_warning,
            night.it_is_proven,
        ):
            with pictures(night, scene.__name__):
                scene()
        if folder := os.environ.get("FENGSUI_PICTURES"):
            (Path(folder) / "flood.json").write_text(json.dumps(night.figures))
