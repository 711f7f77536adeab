"""The composition root: the only place that builds adapters from settings."""

from dataclasses import dataclass

from sqlalchemy import Engine

from alerts.wake import BrokerConfig
from command.kernel.clock import Clock, SystemClock
from command.kernel.db import Database, make_engine
from command.kernel.wake import FolderWake, PostgresWake, Wake
from web.settings import Settings


@dataclass(frozen=True)
class Core:
    """What every process of ours stands on."""

    settings: Settings
    clock: Clock
    engine: Engine
    wake: Wake
    db: Database


def build_core(settings: Settings, clock: Clock | None = None) -> Core:
    """The database and its wake-ups for these settings."""
    clock = clock or SystemClock()
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings.database())
    wake: Wake
    if settings.embedded():
        wake = FolderWake(settings.data / "run")
    else:
        wake = PostgresWake(settings.database().replace("postgresql+psycopg://", "postgresql://"))
    return Core(settings, clock, engine, wake, Database(engine, clock, wake.notify))


def broker_of(settings: Settings) -> BrokerConfig:
    """Where wake-ups go: the broker set, else files in the data folder."""
    return BrokerConfig(settings.broker_url.get_secret_value(), settings.data / "broker")
