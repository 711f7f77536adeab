"""How a conference joins a server at which a site has one connection to send by and one to receive by."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from media.bench.client import Outgoing, Site, both, outgoing
from media.bench.load import Load

FIRST_GUEST = 10_000


class OneEachWay(ABC):
    """A server whose own clients connect so."""

    async def join_all(self, load: Load) -> list[Site]:
        """All sites publish, then each asks for all others."""
        names = load.names
        sites = [
            await self.publish(name, outgoing(number, load.streams(number - 1))) for number, name in enumerate(names, 1)
        ]
        for site in sites:
            await self.subscribe(site, [name for name in names if name != site.name])
        return sites

    async def join_one(self, number: int, watched: str) -> Site:
        """One more site, that sees one of the others."""
        site = await self.publish(f"guest-{number}", both(FIRST_GUEST + number))
        await self.subscribe(site, [watched])
        return site

    @abstractmethod
    async def publish(self, name: str, streams: list[Outgoing]) -> Site:
        """A site's connection to send by."""

    @abstractmethod
    async def subscribe(self, site: Site, shown: Sequence[str]) -> None:
        """Its connection to receive by."""
