"""`fengsui worker`: one warning worker."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from alerts import lean
from web.child import report_ready
from web.commands.options import add_data, settings_of
from web.secret_files import loudspeaker_master, vapid_private
from web.settings import Settings
from web.worker_plan import WorkerPlan

ROOT = Path(__file__).parents[2]


def arguments(parser: ArgumentParser) -> None:
    """Everything else comes from the settings."""
    add_data(parser)
    parser.add_argument("--name", default="worker", help="differs between the workers of one host")


def run(options: Namespace) -> int:
    """Become the worker's own process: what read the settings would stay in its memory for nothing."""
    settings = settings_of(options)
    settings.data.mkdir(parents=True, exist_ok=True)
    descriptor = plan_of(settings, options.name).hand_over()
    os.set_inheritable(descriptor, True)
    report_ready()
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    words = [sys.executable, *lean.OPTIONS, "-P", "-m", "web.worker_process", str(descriptor), options.name]
    os.execve(sys.executable, words, {**lean.ENVIRONMENT, **os.environ, "PYTHONPATH": path})


def plan_of(settings: Settings, name: str) -> WorkerPlan:
    """What of the settings a worker needs."""
    mqtt_url = settings.mqtt_url.get_secret_value()
    return WorkerPlan(
        name=name,
        database=settings.database(),
        data=str(settings.data.resolve()),
        secrets_key=settings.secrets_key.get_secret_value(),
        broker_url=settings.broker_url.get_secret_value(),
        smtp_urls=tuple(url.get_secret_value() for url in settings.smtp_url),
        mail_from=settings.mail_from,
        receipt_token=settings.receipt_token.get_secret_value(),
        sms_urls=tuple(url.get_secret_value() for url in settings.sms_urls),
        push_hosts=settings.push_hosts,
        push_contact=settings.push_contact or f"mailto:{settings.mail_from}",
        vapid_private=vapid_private(settings) if settings.push_hosts else "",
        webhook_hosts=settings.webhook_hosts,
        webhook_ca=settings.webhook_ca,
        mqtt_url=mqtt_url,
        loudspeaker_key=loudspeaker_master(settings).decode() if mqtt_url else "",
        sip_urls=tuple(url.get_secret_value() for url in settings.sip_url),
        sip_lines=settings.sip_lines,
        sip_voice=settings.sip_voice,
        sip_ring_s=settings.sip_ring_s,
        sip_repeats=settings.sip_repeats,
        sip_patience_s=settings.sip_patience_s,
    )
