"""The two profiles a county runs on."""

import pytest


@pytest.fixture
def profile(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of `embedded` (SQLite and files: none) or of `cluster` (PostgreSQL and RabbitMQ)."""
    if request.param == "embedded":
        return {}
    return {
        "FENGSUI_DATABASE_URL": request.getfixturevalue("postgres_url"),
        "FENGSUI_BROKER_URL": request.getfixturevalue("rabbitmq_server").url,
    }
