"""`fengsui demo-peers`: the demo's mailbox, and loudspeakers that play to nobody; with Mosquitto where it is there."""

import getpass
import logging
import os
import shutil
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from urllib.parse import urlsplit

from sqlalchemy import select

from alerts.demo_peers import DemoPeersConfig, run_demo_peers
from command.directory.model import Terminal
from web.child import __file__ as child_file
from web.child import report_ready
from web.commands.common import core_of
from web.commands.options import add_data
from web.secret_files import loudspeaker_master
from web.wiring import Core

LOG = logging.getLogger(__name__)


def arguments(parser: ArgumentParser) -> None:
    """Addresses come from the settings that `serve --demo` made; it says which of them are nobody else's."""
    add_data(parser)
    parser.add_argument("--mail", action="store_true", help="be the mail server")
    parser.add_argument("--broker", action="store_true", help="run the loudspeakers' broker")


def run(options: Namespace) -> int:
    """Serve until SIGTERM."""
    core = core_of(options)
    broker = _broker(core) if options.broker else None
    report_ready()
    try:
        run_demo_peers(_config(core), core.clock, mail=options.mail)
    finally:
        if broker is not None:
            broker.terminate()
    return 0


def mosquitto() -> str | None:
    """Debian's broker, which lies outside an ordinary user's path."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def _config(core: Core) -> DemoPeersConfig:
    # Its own mail server stands alone.
    smtp = urlsplit(next((one.get_secret_value() for one in core.settings.smtp_url), ""))
    with core.db.reading() as session:
        query = select(Terminal.id).where(Terminal.kind == "loudspeaker", Terminal.sample, Terminal.active)
        loudspeakers = tuple(session.scalars(query))
    return DemoPeersConfig(
        smtp_host=smtp.hostname or "127.0.0.1",
        smtp_port=smtp.port or 25,
        mail_folder=core.settings.data / "demo-mail",
        mqtt_url=core.settings.mqtt_url.get_secret_value(),
        master_key=loudspeaker_master(core.settings),
        loudspeakers=loudspeakers if core.settings.mqtt_url.get_secret_value() else (),
    )


def _broker(core: Core) -> "subprocess.Popen[bytes] | None":
    program, url = mosquitto(), core.settings.mqtt_url.get_secret_value()
    if program is None or not url:
        return None
    port = urlsplit(url).port or 1883
    config = core.settings.data / "demo-mosquitto.conf"
    # As root it would become another user, and then it no longer ends with its parent.
    user = f"user {getpass.getuser()}\n"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\n{user}")
    command = [sys.executable, child_file, str(os.getpid()), program, "-c", str(config)]
    return subprocess.Popen(command)
