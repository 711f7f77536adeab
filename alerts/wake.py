"""Celery carries wake-ups and nothing else: the chunk's id, to whichever worker is there."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

from alerts.folder_broker import folder_url

TASK = "alerts.wake"
QUEUE = "alerts"
EXPIRES_S = 60
MAX_WAKES = 64
"""One wake-up makes a worker look for all that waits; more than the workers there are serve nothing."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BrokerConfig:
    """`amqp://…` or `redis://…`; empty for files in `folder`, the embedded profile's broker."""

    url: str = ""
    folder: Path | None = None


def make_celery(config: BrokerConfig) -> Celery:
    """The Celery application of this broker, without tasks of its own."""
    app = Celery("fengsui", broker=config.url or folder_url(), set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_default_queue=QUEUE,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2,
    )
    if not config.url:
        app.conf.broker_transport_options = _folder_options(config.folder or Path("data/broker"))
    return app


class Waker:
    """Tells workers, after the commit, that chunks wait. A lost wake-up costs one sweep, never a delivery."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def __call__(self, chunks: Iterable[str]) -> None:
        try:
            for chunk in list(chunks)[:MAX_WAKES]:
                self._app.send_task(TASK, args=[chunk], expires=EXPIRES_S, retry=False)
        except (OperationalError, OSError) as error:
            log.warning("no wake-up went out: %s", error)


def register(app: Celery, woken: Callable[[], None]) -> None:
    """Let the task `alerts.wake` call `woken`."""

    def wake(chunk: str) -> None:
        log.debug("woken for chunk %s", chunk)
        woken()

    task: Any = app.task
    task(name=TASK)(wake)


def _folder_options(folder: Path) -> dict[str, Any]:
    messages, control = folder / "messages", folder / "control"
    for path in (messages, control):
        path.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
        "polling_interval": 0.1,
    }
