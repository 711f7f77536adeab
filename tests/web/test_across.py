"""Sites of one meeting whose sockets are in two web processes: what each is told, and what is not believed."""

from base64 import b64encode
from typing import Any

import pytest

from media.meetings.moves import SiteState
from media.messages import MOST_BODY
from media.sfu.ladder import TRIAL_S
from tests.web.test_stills import JPEG, jpeg
from tests.web.test_thin_lines import GOOD, MEETING, Hall
from web.others import Others
from web.reports import MOST_SITES, AskReport, PassedStill, Report, SiteReport, understood
from web.rooms import SiteView
from web.signal_line import Health
from web.signal_messages import HealthReport
from web.stills import MOST_OCTETS
from web.thin_lines import TOLD_AFTER_S


class Two:
    """The socket of `a` is in one process, those of `b` and `c` in the other; each is the other's process "other"."""

    def __init__(self) -> None:
        self.one, self.other = Hall("a"), Hall("bc")
        for hall in (self.one, self.other):
            hall.others.attend(MEETING, ["other"])

    async def run(self, seconds: float) -> None:
        """Let it go on; each tells the other twice a second what it has."""
        for _ in range(round(seconds / 0.5)):
            for hall, another in ((self.one, self.other), (self.other, self.one)):
                await hall.run(0.5)
                body = hall.thin.report(hall.room).model_dump_json()
                report = understood(body)
                assert isinstance(report, Report)
                another.thin.take_report(another.room, "other", report)

    def still(self, name: str) -> None:
        """The page of `name`, in the other process, sends one, which is passed on."""
        still = self.other.still(name)
        assert still is not None
        assert self.other.others.asking(MEETING, name) == ("other",)
        self.one.thin.take_still(MEETING, "other", passed(name, still.data))


def passed(name: str, data: bytes = JPEG, age_ms: int = 400) -> PassedStill:
    return PassedStill(site=name, age_ms=age_ms, data=b64encode(data).decode())


async def test_stills_come_from_the_other_process() -> None:
    two = Two()
    await two.run(2)
    assert two.one.heard["a"] == []
    assert two.other.heard == {"b": [], "c": []}
    two.one.stands("a", "stills")
    await two.run(2)
    assert two.one.last("a", "stills")["sites"] == ["b", "c"]
    assert two.other.last("b", "stills_wanted")["every_ms"] > 0
    for _ in range(4):
        two.still("b")
        await two.run(2)
    came = two.one.stills_at("a")
    assert len(came) == 4
    assert all(one["site"] == "b" and one["age_ms"] >= 400 for one in came)
    two.one.stands("a", "720p", None)
    await two.run(2)
    assert two.one.last("a", "stills")["sites"] == []
    assert two.other.last("b", "stills_wanted")["every_ms"] == 0
    assert two.one.thin.site("b").still is None


async def test_a_thin_uplink_elsewhere_is_seen_as_stills_and_told_by_its_own_process_alone() -> None:
    two = Two()
    two.other.lines["b"].health = Health("bandwidth", 80, 0.0, camera=True)
    await two.run(TOLD_AFTER_S + 4)
    assert two.one.last("a", "stills")["sites"] == ["b"]
    assert two.one.told == []
    assert two.other.told == [("b", "up", "stills", "thin")]
    two.other.lines["b"].health = Health("none", 80, 0.0)
    await two.run(2)
    assert two.one.last("a", "stills")["sites"] == [], "its camera is off"


async def test_a_socket_that_comes_from_the_other_process_goes_on_where_it_stood() -> None:
    two = Two()
    two.other.lines["b"].health = Health("bandwidth", 80, 0.0, camera=True)
    await two.run(4)
    del two.other.lines["b"]
    two.one.sit("b")
    two.one.thin.greet(two.one.lines["b"])
    await two.run(1)
    assert two.one.last("b", "uplink")["tier"] == "stills"
    two.one.lines["b"].health = GOOD
    await two.run(TRIAL_S + 4 * 5 + TOLD_AFTER_S)
    assert two.one.last("b", "uplink")["tier"] == "720p"
    assert two.one.told[-1][:3] == ("b", "up", "720p"), "the timeline may have it as weak still"


async def test_who_is_heard_elsewhere_on_the_thinnest_line_speaks_small() -> None:
    """Where receivers stand the node tells every process."""
    two = Two()
    two.other.room.loudest = ("b",)
    for hall in (two.one, two.other):
        hall.stands("a", "one_voice", 35_000)
    await two.run(1)
    assert two.other.last("b", "voice")["small"]
    two.other.thin.forget(["a"])
    await two.run(1)
    assert not two.other.last("b", "voice")["small"]


@pytest.mark.parametrize(
    ("process", "still"),
    [
        ("other", passed("c", b"GIF89a and no JPEG")),
        ("other", passed("c", jpeg(720, 80))),
        ("other", passed("a")),
        ("other", passed("stranger")),
        ("stranger", passed("c")),
    ],
)
async def test_a_still_that_is_none_or_of_somebody_else_is_not_shown(process: str, still: PassedStill) -> None:
    two = Two()
    two.one.thin.take_still(MEETING, "other", passed("c"))
    assert two.one.thin.site("c").still is None, "nobody asked"
    two.one.stands("a", "stills")
    await two.run(2)
    two.one.thin.take_still(MEETING, process, still)
    await two.run(2)
    assert two.one.stills_at("a") == []


def test_nothing_is_believed_of_a_site_that_is_not_in_the_meeting_nor_of_an_unknown_process() -> None:
    others, report = Others(), Report(sites={"a": SiteReport(health=HealthReport.of(GOOD)), "z": SiteReport()})
    assert not others.take(MEETING, "p", report, ["a"])
    assert others.attend(MEETING, ["p"])
    assert others.take(MEETING, "p", report, ["a"])
    assert others.healths(MEETING) == {"a": GOOD}
    assert (others.holds(MEETING, "p", "a"), others.holds(MEETING, "p", "z")) == (True, False)
    assert not others.attend(MEETING, ["p"]), "nobody new"
    assert others.attend(MEETING, ["q"])
    assert others.healths(MEETING) == {}, "a process that is gone takes with it what it told"
    others.keep([])
    assert not others.anybody(MEETING)


async def test_of_more_sites_than_a_report_holds_the_others_are_told_of_so_many() -> None:
    """A process with the sockets of 300 sites: what it tells is still understood, and small enough to be passed on."""
    hall = Hall("")
    names = [f"{number:036d}" for number in range(MOST_SITES + 50)]
    hall.room.sites |= {name: SiteView(name, name, "terminal", SiteState.JOINED, False, None) for name in names}
    for name in names:
        hall.sit(name)
    told = hall.thin.report(hall.room)
    assert sorted(told.sites) == names[:MOST_SITES]
    body = told.model_dump_json()
    assert understood(body) == told
    assert len(body) < MOST_BODY


ASK: dict[str, Any] = {"every_s": 2.0, "octets": 4_000, "bps": 24_000.0}


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        '{"type": "dance"}',
        Report(sites={"a" * 36: SiteReport()}).model_dump_json().replace("a" * 36, "a" * 37),
        Report(asks={"a": AskReport(**ASK)}).model_dump_json().replace("4000", "4000000"),
        Report(asks={"a": AskReport(**ASK)}).model_dump_json().replace("2.0", "0.01"),
        passed("a").model_dump_json().replace('"data":"', '"data":"' + "A" * MOST_OCTETS * 2),
    ],
)
def test_what_is_too_big_or_too_often_is_not_understood(body: str) -> None:
    assert understood(body) is None
