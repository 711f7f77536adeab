"""What the web processes of one meeting tell each other, by way of its media node (docs/adr/media-nodes.md).

What has to be known everywhere for good stands in the database. This is the rest: of the moment, kept nowhere, told
again and again, and told only while another process has part in the same meeting.
"""

import asyncio
import logging
from base64 import b64encode
from collections import deque
from dataclasses import dataclass

from media.errors import BridgeError
from media.messages import Attending, Passed
from web.live import Live
from web.media_node import Link
from web.others import Others
from web.reports import PassedStill, Report, understood
from web.signal_line import Health, Line
from web.stills import Still
from web.thin_lines import ThinLines

LOG = logging.getLogger(__name__)
LOOK_S = 0.5
CHANGED_S, REPEAT_S = 1.0, 5.0
"""How soon a report that has changed follows the former one, and how soon one that has not."""
WATCHED_S = 30.0
"""A desk that asks how a meeting's lines are has part in it for so long."""
MOST_WAITING = 32


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Something to pass on; `to` None is all others that have part in the meeting."""

    meeting: str
    body: str
    to: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """The report that was told last, and when."""

    at: float
    report: Report


class Across:
    """One per web process; all of it belongs to the conference's event loop."""

    def __init__(self, live: Live, thin: ThinLines, others: Others) -> None:
        self._live = live
        self._thin = thin
        self._others = others
        self._watched: dict[str, float] = {}
        self._said: dict[str, Said] = {}
        self._waiting: deque[Outgoing] = deque(maxlen=MOST_WAITING)
        self._filled = asyncio.Event()

    def watch(self, meeting: str) -> None:
        """A desk asks for what the sites' pages say of themselves."""
        self._watched[meeting] = _now()

    def healths(self, meeting: str) -> dict[str, Health]:
        """What the pages of a meeting last said of themselves, by site, here and there."""
        return {**self._others.healths(meeting), **self._live.lines.healths(meeting)}

    def pass_still(self, line: Line, still: Still) -> None:
        """A still of a site here goes to the processes whose receivers want it."""
        to = self._others.asking(line.meeting, line.site)
        if to:
            age_ms = round(1000 * max(0.0, self._thin.age_of(still)))
            passed = PassedStill(site=line.site, age_ms=age_ms, data=b64encode(still.data).decode())
            self._put(Outgoing(line.meeting, passed.model_dump_json(), to))

    # -- what the node tells --------------------------------------------------------------------

    def on_attending(self, event: Attending) -> None:
        """These have part in a meeting too; who is new among them is told all."""
        if self._others.attend(event.room, event.clients):
            self._said.pop(event.room, None)

    def on_passed(self, event: Passed) -> None:
        """Another process tells something of a meeting."""
        room = self._live.rooms.get(event.room)
        told = understood(event.body) if room is not None else None
        match told:
            case Report() if room is not None:
                self._thin.take_report(room, event.client, told)
                self._live.note_microphones(room.id, self.healths(room.id))
            case PassedStill():
                self._thin.take_still(event.room, event.client, told)

    # -- what goes out --------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_again_and_again())
            tasks.create_task(self._send_all())

    async def _look_again_and_again(self) -> None:
        while True:
            await self._attend()
            self._report()
            await asyncio.sleep(LOOK_S)

    async def _attend(self) -> None:
        """Tell each node in which of its meetings this process has part: a socket of it, or a desk that watches."""
        now = _now()
        self._watched = {meeting: at for meeting, at in self._watched.items() if now - at < WATCHED_S}
        mine = {line.meeting for line in self._live.lines} | self._watched.keys()
        rooms = [room for room in self._live.rooms.values() if room.id in mine]
        self._others.keep(room.id for room in rooms)
        for link in self._live.links:
            wanted = {room.id for room in rooms if room.is_at(link.name)}
            if link.ready and wanted != link.attends:
                await self._attend_at(link, wanted)

    async def _attend_at(self, link: Link, wanted: set[str]) -> None:
        """A node that does not take it is asked again when it is reached anew."""
        for meeting in wanted - link.attends:
            self._said.pop(meeting, None)
        link.attends = wanted
        try:
            await link.client.attend(sorted(wanted))
        except BridgeError as error:
            LOG.info("media node %s: %s", link.name, error)

    def _report(self) -> None:
        now = _now()
        self._said = {meeting: said for meeting, said in self._said.items() if meeting in self._live.rooms}
        for meeting, room in self._live.rooms.items():
            if not self._others.anybody(meeting):
                continue
            report, said = self._thin.report(room), self._said.get(meeting)
            wait = 0.0 if said is None else CHANGED_S if report != said.report else REPEAT_S
            if said is None or now - said.at >= wait:
                self._said[meeting] = Said(now, report)
                self._put(Outgoing(meeting, report.model_dump_json()))

    def _put(self, outgoing: Outgoing) -> None:
        """Where too much waits the oldest is dropped: something newer follows."""
        self._waiting.append(outgoing)
        self._filled.set()

    async def _send_all(self) -> None:
        while True:
            self._filled.clear()
            while self._waiting:
                await self._send(self._waiting.popleft())
            await self._filled.wait()

    async def _send(self, outgoing: Outgoing) -> None:
        link = self._live.links.at(self._live.rooms.get(outgoing.meeting))
        if link is None or not link.ready or outgoing.meeting not in link.attends:
            return
        try:
            await link.client.pass_on(outgoing.meeting, outgoing.body, outgoing.to)
        except BridgeError as error:
            LOG.info("media node %s: %s", link.name, error)


def _now() -> float:
    return asyncio.get_running_loop().time()
