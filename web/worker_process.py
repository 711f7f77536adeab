"""A warning worker, and no more of the program than it needs: what `fengsui worker` becomes.

Called as `python -m web.worker_process DESCRIPTOR NAME`, of a `WorkerPlan`; the name is for who lists processes. Each
channel is loaded where it is configured.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from alerts import lean
from alerts.channels.port import Channel
from alerts.channels.websocket import WebSocketChannel
from alerts.senders import senders
from command.kernel.clock import SystemClock
from command.kernel.wake import wake_of
from web.worker_plan import WorkerPlan, taken_over

if TYPE_CHECKING:
    from command.kernel.db import Database

CACHE_KIB = 500
"""For each connection to SQLite: what a worker reads, it reads once."""

Build = Callable[[WorkerPlan, "Database"], Channel | None]


def email(plan: WorkerPlan, db: "Database") -> Channel | None:
    """By SMTP."""
    if not plan.smtp_urls:
        return None
    module = _load("alerts.channels.email")
    key = _load("alerts.channels.mail_reports").report_key(plan.receipt_token) if plan.receipt_token else b""
    return _channel(module.EmailChannel(module.SmtpConfig(plan.smtp_urls, plan.mail_from, key), run_folder(plan)))


def loudspeakers(plan: WorkerPlan, db: "Database") -> Channel | None:
    """By MQTT."""
    if not plan.mqtt_url:
        return None
    # The client would load a resolver of service records, 3 MB: it is installed for others, and never asked here.
    _leave_out("dns")
    module = _load("alerts.channels.mqtt")
    client = f"fengsui-{plan.name}-{os.uname().nodename}"
    config = module.MqttConfig(plan.mqtt_url, plan.loudspeaker_key.encode(), client)
    hearing = _load("alerts.hearing")
    alive = hearing.SignsOfLife(db, db.clock)
    channel = module.MqttChannel(config, db.clock, hearing.playback_recorder(db, db.clock), alive)
    channel.start()
    return _channel(channel)


def short_messages(plan: WorkerPlan, db: "Database") -> Channel | None:
    """By SMPP."""
    if not plan.sms_urls:
        return None
    module = _load("alerts.channels.sms")
    gateways = [_load("alerts.channels.sms_gateway").gateway_of(url) for url in plan.sms_urls]
    hearing = _load("alerts.hearing")
    heard = (hearing.sms_finder(db), hearing.sms_recorder(db, db.clock), hearing.message_recorder(db, db.clock))
    return _channel(module.SmsChannel(gateways, *heard, run_folder(plan)))


def webhooks(plan: WorkerPlan, db: "Database") -> Channel | None:
    """By HTTP, to hosts of the list alone."""
    if not plan.webhook_hosts:
        return None
    allowed = _load("alerts.channels.hosts").Allowed.of(plan.webhook_hosts)
    poster = _load("alerts.channels.post").Poster(allowed, plan.webhook_ca)
    find = _load("alerts.webhooks.finding").webhook_finder(db, vault(plan).open)
    return _channel(_load("alerts.channels.webhook").WebhookChannel(poster, find, db.clock))


def browsers(plan: WorkerPlan, db: "Database") -> Channel | None:
    """By Web Push, to push services of the list alone."""
    if not plan.push_hosts:
        return None
    allowed = _load("alerts.channels.hosts").Allowed.of(plan.push_hosts)
    poster = _load("alerts.channels.post").Poster(allowed)
    finding, opens = _load("alerts.webpush.finding"), vault(plan)
    asks = finding.browser_finder(db, opens.open), finding.browser_forgetter(db)
    return _channel(_load("alerts.channels.webpush").WebPushChannel(poster, opens.seal, *asks, db.clock))


def telephone(plan: WorkerPlan, db: "Database") -> Channel | None:
    """By SIP."""
    if not plan.sip_urls:
        return None
    module = _load("alerts.channels.voice")
    hear = _load("alerts.hearing").key_recorder(db, db.clock)
    config = module.VoiceConfig(
        plan.sip_urls,
        plan.sip_voice,
        ring_s=plan.sip_ring_s,
        repeats=plan.sip_repeats,
        patience_s=plan.sip_patience_s,
        lines=plan.sip_lines,
    )
    files = _load("command.kernel.attachments").AttachmentStore(Path(plan.data) / "attachments")
    return _channel(module.VoiceChannel(config, hear, find=files.find, folder=run_folder(plan)))


def main(plan: WorkerPlan) -> None:
    """Work until SIGTERM."""
    # SQLAlchemy loads it, and C++ with it, for event loops' sessions, of which we have none.
    _leave_out("greenlet")
    kernel, clock, folder = _load("command.kernel.db"), SystemClock(), Path(plan.data)
    wake = wake_of(plan.database, run_folder(plan))
    db = kernel.Database(kernel.make_engine(plan.database, CACHE_KIB), clock, wake.notify)
    # A connection belongs to one event loop: alerts and calls have each their own, but for short messages,
    # whose connections live in a thread that both may ask.
    sms = short_messages(plan, db)
    live = _built({"email": email, "mqtt": loudspeakers, "webhook": webhooks, "webpush": browsers}, plan, db, sms)
    calls = _built({"email": email, "voice": telephone}, plan, db, sms)
    # Celery's processes would load a compiler's bindings, 1.6 MB, for a call that no worker of ours makes.
    _leave_out("cffi")
    # A worker behind RabbitMQ or Redis would load a pool of processes to change a lock of it, and has no such pool.
    _leave_out("billiard.pool")
    worker, broker = _load("alerts.worker"), _load("alerts.wake").BrokerConfig(plan.broker_url, folder / "broker")
    lines = calls["voice"].batch if "voice" in calls else plan.sip_lines
    config = worker.WorkerConfig(broker, plan.name, lines=lines)
    worker.run_worker(config, db, clock, senders(live), os.getpid(), wake.listen, senders(calls))


def _built(channels: dict[str, Build], plan: WorkerPlan, db: "Database", sms: Channel | None) -> dict[str, Channel]:
    asked = {name: build(plan, db) for name, build in channels.items()}
    found = {"websocket": WebSocketChannel(), "sms": sms, **asked}
    return {name: channel for name, channel in found.items() if channel is not None}


def run_folder(plan: WorkerPlan) -> Path:
    """What the processes of this machine share while they run."""
    return Path(plan.data) / "run"


@cache
def vault(plan: WorkerPlan) -> Any:
    """One cipher for all channels: it takes 10 MB, and lies in a process of its own for as long as somebody asks."""
    return _load("alerts.channels.vault").Vault(partial(start_vault, plan))


def start_vault(plan: WorkerPlan, line: socket.socket) -> "subprocess.Popen[bytes]":
    """The cipher's process, which answers on this socket."""
    descriptor = plan.hand_over()
    words = [sys.executable, *lean.OPTIONS, "-P", "-m", "web.vault_process", str(descriptor)]
    try:
        return subprocess.Popen(words, stdin=line.fileno(), pass_fds=(descriptor,))
    finally:
        os.close(descriptor)


def _load(name: str) -> Any:
    return import_module(name)


def _leave_out(name: str) -> None:
    """Who asks for this module is told that it is not there."""
    cast("dict[str, object]", sys.modules).setdefault(name, None)


def _channel(built: Any) -> Channel:
    channel: Channel = built
    return channel


if __name__ == "__main__":
    main(taken_over(int(sys.argv[1])))
