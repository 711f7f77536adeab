"""The bare limit: the same packets through a server that only hands them on. What delays them there is the machine."""

import asyncio
import ctypes
import multiprocessing
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from media.bench import engine
from media.bench.client import Agreed, Outgoing, outgoing
from media.bench.load import Load
from media.compiled.gate import socket_address
from media.ice import Address
from media.outlet import Outlet, PortCounters


@dataclass(slots=True)
class BareSite:
    """A site's socket, without ICE, DTLS or feedback."""

    outlet: Outlet
    server: Address
    outgoing: list[Outgoing]
    agreed: Agreed

    @property
    def socket(self) -> int:
        return self.outlet.socket.fileno()

    @property
    def contexts(self) -> tuple[int, int]:
        """None is needed."""
        return 0, 0

    def hand_over(self) -> None:
        """Nobody reads it but the engine."""

    def take_back(self) -> None:
        """Nobody else."""


@asynccontextmanager
async def started(address: str, core: int, load: Load, library: ctypes.CDLL) -> AsyncIterator[engine.Generator]:
    """All sites of `load` around such a server on this core, played by what is given."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(address, core, there), daemon=True)
    process.start()
    there.close()  # so that `recv` ends when the process does
    outlets = [Outlet(address, 0, PortCounters()) for _ in load.names]
    try:
        server = address, await asyncio.to_thread(here.recv)
        here.send([outlet.port for outlet in outlets])
        sites = [
            BareSite(outlet, server, outgoing(number, load.streams(number - 1)), Agreed())
            for number, outlet in enumerate(outlets, 1)
        ]
        generator = engine.CEngine(library, sites, engine.bare_functions(library))
        yield generator
        generator.close()
    finally:
        process.kill()
        await asyncio.to_thread(process.join)
        for outlet in outlets:
            outlet.socket.close()


def _serve(address: str, core: int, pipe: Connection) -> None:
    """The server's process, until killed."""
    os.sched_setaffinity(0, {core})
    library, outlet = engine.build(), Outlet(address, 0, PortCounters())
    outlet.socket.setblocking(True)
    pipe.send(outlet.port)
    ports = pipe.recv()
    sites = b"".join(socket_address(socket.AF_INET, (address, port)) for port in ports)
    if library is not None:
        library.bare_serve(outlet.socket.fileno(), sites, len(ports))
