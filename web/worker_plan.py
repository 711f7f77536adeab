"""What a worker's process is told: the settings it needs, as plain values. Loads nothing, for `fengsui worker`."""

import json
import os
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """One worker. An empty address is a channel that is not there; `data` is the data folder."""

    name: str
    database: str
    data: str
    secrets_key: str = ""
    broker_url: str = ""
    smtp_urls: tuple[str, ...] = ()
    mail_from: str = ""
    receipt_token: str = ""
    sms_urls: tuple[str, ...] = ()
    push_hosts: tuple[str, ...] = ()
    push_contact: str = ""
    vapid_private: str = ""
    webhook_hosts: tuple[str, ...] = ()
    webhook_ca: str = ""
    mqtt_url: str = ""
    loudspeaker_key: str = ""
    sip_urls: tuple[str, ...] = ()
    sip_lines: int = 10
    sip_voice: str = ""
    sip_ring_s: float = 40.0
    sip_repeats: int = 2
    sip_patience_s: float = 8.0

    def hand_over(self) -> int:
        """A descriptor that a program started in this process's place can read it from: secrets are in no argument."""
        descriptor = os.memfd_create("worker-plan", 0)
        os.write(descriptor, json.dumps(asdict(self)).encode())
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor


def taken_over(descriptor: int) -> WorkerPlan:
    """The plan behind a descriptor, which is closed."""
    with os.fdopen(descriptor, "rb") as file:
        told = json.load(file)
    lists: dict[str, Any] = {name: tuple(one) for name, one in told.items() if isinstance(one, list)}
    return WorkerPlan(**{**told, **lists})
