"""The servers as pytest fixtures: each is started once per test process, when the first test asks for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.originals import Where
from tests.peers.mosquitto import MosquittoServer, mosquitto
from tests.peers.postgres import PostgresServer, postgres
from tests.peers.rabbitmq import RabbitmqServer, rabbitmq
from tests.peers.redis import RedisServer, redis
from tests.peers.smtp import SmtpServer, smtp


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server whose new databases have PostGIS."""
    with postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """SQLAlchemy's address of an empty database that is this test's own."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    """For a database of this test: whoever asks runs on each of the two kinds."""
    if request.param == "sqlite":
        return tmp_path
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[RabbitmqServer]:
    """A RabbitMQ broker."""
    with rabbitmq() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis server."""
    with redis() as server:
        yield server


@pytest.fixture(scope="session")
def mosquitto_server() -> Iterator[MosquittoServer]:
    """An MQTT broker."""
    with mosquitto() as server:
        yield server


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """A mail server with an empty mailbox."""
    with smtp() as server:
        yield server
