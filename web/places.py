"""What the web processes tell each other without the timeline: newest sockets, moves that are over, silent nodes."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from sqlalchemy.orm import Session

from command.kernel.wake import Wake
from media.nodes.actions import sit
from media.nodes.queries import placements, seats
from web.live import Live, Refresh
from web.signal_line import REPLACED, Line

Tell = Callable[[], Awaitable[None]]
"""Wake every web process to look at places again."""


class Places:
    """The facts are in the database; the wake-up carries nothing."""

    def __init__(self, live: Live, wake: Wake, refresh: Refresh) -> None:
        self._live = live
        self._wake = wake
        self._refresh = refresh

    async def tell(self) -> None:
        """See `Tell`."""
        await asyncio.to_thread(self._wake.notify)

    async def sit(self, line: Line) -> bool:
        """Make this its participant's newest socket everywhere; whether it is."""
        seat = await self._live.store.write(partial(sit, site_id=line.site, dial=line.dial))
        if seat is None:
            line.close(REPLACED)
            return False
        line.seat = seat
        self._live.lines.add(line)
        await self.tell()
        return not line.closing

    async def follow(self, look: Callable[[], None]) -> None:
        """Compare with the database at each wake-up, until cancelled; `look` is called for the nodes' part."""
        woken = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(woken.set)

        stop = await asyncio.to_thread(self._wake.listen, wake)
        try:
            while True:
                await woken.wait()
                woken.clear()
                await self._compare()
                look()
        finally:
            await asyncio.shield(asyncio.to_thread(stop))

    async def _compare(self) -> None:
        sites = {line.site for line in self._live.lines}
        rooms = dict(self._live.rooms)

        def read(session: Session) -> tuple[dict[str, int], dict[str, int]]:
            return seats(session, sites), {name: one.number for name, one in placements(session, rooms).items()}

        newest, numbers = await self._live.store.read(read)
        self._live.lines.replaced(newest)
        changed = [name for name, room in rooms.items() if numbers.get(name) != (room.place and room.place.number)]
        if changed:
            await self._refresh(changed)
