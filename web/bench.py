"""The board bench: how long from an entry's commit until open pages have it, and how many changes a second hold."""

import asyncio
import json
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import uvicorn
from websockets.asyncio.client import connect

from command.directory.model import Terminal, Unit
from command.directory.secrets import hash_token
from command.kernel.actor import system_actor
from command.kernel.db import Database
from command.kernel.ids import new_id
from command.kernel.timeline import record
from command.kernel.values import State
from web.app import create_app
from web.migrate import upgrade
from web.settings import Settings
from web.wiring import Core, build_core

TOKEN = "a-token-of-the-bench-and-of-nothing-else"  # noqa: S105 (lives in a temporary database)


@dataclass(frozen=True)
class BoardBench:
    """`followers` open pages, `entries` changes at `per_second`, then as many as fit into `flat_out_s`."""

    followers: int = 40
    entries: int = 300
    per_second: float = 50.0
    flat_out_s: float = 5.0


def run(config: BoardBench | None = None) -> dict[str, Any]:
    """Measure on the embedded profile in a temporary folder; about fifteen seconds."""
    chosen = config or BoardBench()
    with tempfile.TemporaryDirectory() as folder:
        core = build_core(Settings(data=Path(folder)))
        upgrade(core)
        unit = _county(core.db)
        found = asyncio.run(_measure(core, unit, chosen))
        core.engine.dispose()
    return {"bench": "board", "followers": chosen.followers, **found}


def _county(db: Database) -> str:
    unit = new_id()
    with db.writing() as session:
        session.add(Unit(id=unit, path=f"{unit}/", name="示例县", kind="county"))
        session.flush()
        session.add(Terminal(unit_id=unit, name="wall", kind="wall", token_hash=hash_token(TOKEN)))
    return unit


async def _measure(core: Core, unit: str, config: BoardBench) -> dict[str, Any]:
    server = uvicorn.Server(uvicorn.Config(create_app(core), port=0, log_level="error", ws="websockets-sansio"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (the server offers nothing to wait on)
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    delays: list[float] = []
    ready = asyncio.Semaphore(0)
    followers = [
        asyncio.create_task(_follow(f"ws://127.0.0.1:{port}/api/v1/stream?after=0", config.entries, delays, ready))
        for _ in range(config.followers)
    ]
    for _ in followers:
        await ready.acquire()
    await asyncio.to_thread(_write_paced, core.db, unit, config)
    await asyncio.gather(*followers)
    written = await asyncio.to_thread(_write_flat_out, core.db, unit, config.flat_out_s)
    server.should_exit = True
    await serving
    return {**_percentiles(delays), "received": len(delays), "offered": config.entries * config.followers, **written}


async def _follow(url: str, entries: int, delays: list[float], ready: asyncio.Semaphore) -> None:
    async with connect(url, additional_headers={"Authorization": f"Bearer {TOKEN}"}, proxy=None) as socket:
        ready.release()
        for _ in range(entries):
            message = json.loads(await socket.recv())
            delays.append(time.time() - message["body"]["note"]["told"])


def _write_paced(db: Database, unit: str, config: BoardBench) -> None:
    pause = threading.Event()
    for _ in range(config.entries):
        _write(db, unit)
        pause.wait(1 / config.per_second)


def _write_flat_out(db: Database, unit: str, seconds: float) -> dict[str, float]:
    start, count = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        _write(db, unit)
        count += 1
    return {"writes_per_second": round(count / (time.monotonic() - start), 1)}


def _write(db: Database, unit: str) -> None:
    with db.writing() as session:
        note: State = {"id": new_id(), "told": time.time()}
        record(session, system_actor(unit), "incident.noted", unit=unit, body={"note": note})


def _percentiles(delays: list[float]) -> dict[str, float]:
    cuts = quantiles(delays, n=100)
    return {f"entry_to_client_p{at}_ms": round(cuts[at - 1] * 1000, 2) for at in (50, 95, 99)}
