"""Sealed days: a timeline whose tail was cut away, chain and head mended, is still found out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from command.kernel.actor import system_actor
from command.kernel.clock import ManualClock
from command.kernel.timeline import record
from command.kernel.values import State
from tests.web.world import build_world
from web.cli import main
from web.migrate import upgrade
from web.seals import read_seals
from web.settings import Settings
from web.strangers import Strangers
from web.upkeep import Upkeep
from web.wiring import build_core


def test_a_cut_tail_is_found_by_the_seal(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 11, 20, 6, 0, tzinfo=UTC))
    core = build_core(Settings(data=tmp_path), clock)
    upgrade(core)
    world = build_world(core.db)
    for number in range(5):
        with core.db.writing() as session:
            body: State = {"note": {"id": f"n{number}"}}
            record(session, system_actor(), "incident.noted", unit=world.units["county"], body=body)
    strangers = Strangers(clock)
    strangers.count("192.0.2.7")
    clock.advance(timedelta(days=1).total_seconds())
    upkeep = Upkeep(core, strangers)
    upkeep.once()
    upkeep.once()
    assert [(seal.date, seal.seq) for seal in read_seals(tmp_path)] == [("2026-11-20", 5)]
    assert main(["verify", "--data", str(tmp_path)]) == 0
    with core.engine.begin() as connection:
        connection.execute(text("DELETE FROM timeline WHERE seq > 3"))
        connection.execute(text("UPDATE timeline_head SET seq = 3, hash = (SELECT hash FROM timeline WHERE seq = 3)"))
    assert main(["verify", "--data", str(tmp_path)]) == 1
