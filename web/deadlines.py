"""What the conference does by the clock: rings end, connections that did not come back are lost."""

import asyncio
from functools import partial

from media.meetings.actions import presence
from web.live import Live, Refresh
from web.rooms import next_ring_end
from web.thin_lines import ThinLines

TICK_S = 0.5


class Deadlines:
    """Waits for the next of them; a clock can be set, so it is looked at in short steps."""

    def __init__(self, live: Live, thin: ThinLines, refresh: Refresh) -> None:
        self._live = live
        self._thin = thin
        self._clock = live.store.clock
        self._refresh = refresh

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._live.absences.changed.clear()
            await self._end_rings()
            await self._tell_losses()
            await self._until_due()

    async def _end_rings(self) -> None:
        end = next_ring_end(self._live.rooms.values())
        if end is not None and end <= self._clock.now():
            await self._live.store.write(partial(presence.time_out_rings, clock=self._clock))
            await self._refresh(None)

    async def _tell_losses(self) -> None:
        for site, reason in self._live.absences.take_due(self._clock.now()).items():
            self._thin.forget([site])
            await self._live.store.write(partial(presence.lost, clock=self._clock, site_id=site, reason=reason))

    async def _until_due(self) -> None:
        """Until something falls due or may have."""
        found = (self._live.absences.next(), next_ring_end(self._live.rooms.values()))
        dues = [due for due in found if due is not None]
        left_s = (min(dues) - self._clock.now()).total_seconds() if dues else None
        try:
            async with asyncio.timeout(None if left_s is None else min(TICK_S, max(0.0, left_s))):
                await self._live.absences.changed.wait()
        except TimeoutError:
            return
