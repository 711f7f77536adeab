"""The composition root: the only place that builds adapters from settings."""

from dataclasses import dataclass

from sqlalchemy import Engine

from alerts.wake import BrokerConfig
from command.kernel.clock import Clock, SystemClock
from command.kernel.db import Database, make_engine
from command.kernel.sealing import Keyring
from command.kernel.wake import Wake, wake_of
from web.key_file import keyring_of
from web.settings import Settings


@dataclass(frozen=True)
class Core:
    """What every process of ours stands on. `wake` is the timeline's, `places_wake` that of sockets and media nodes."""

    settings: Settings
    clock: Clock
    engine: Engine
    wake: Wake
    places_wake: Wake
    db: Database
    keyring: Keyring


def build_core(settings: Settings, clock: Clock | None = None) -> Core:
    """The database and its wake-ups for these settings."""
    clock = clock or SystemClock()
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings.database())
    database, folder = settings.database(), settings.data / "run"
    wake, places_wake = wake_of(database, folder), wake_of(database, folder, "places")
    keyring = keyring_of(settings.secrets_key.get_secret_value(), settings.data)
    return Core(settings, clock, engine, wake, places_wake, Database(engine, clock, wake.notify), keyring)


def broker_of(settings: Settings) -> BrokerConfig:
    """Where wake-ups go: the broker set, else files in the data folder."""
    return BrokerConfig(settings.broker_url.get_secret_value(), settings.data / "broker")
