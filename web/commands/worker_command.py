"""`fengsui worker`: one warning worker."""

import os
from argparse import ArgumentParser, Namespace

from alerts.calls.caller import sign_recorder
from alerts.channels.email import EmailChannel, SmtpConfig
from alerts.channels.mqtt import MqttChannel, MqttConfig
from alerts.channels.port import Channel
from alerts.channels.sms import SmsChannel, gateway_of
from alerts.channels.voice import VoiceChannel, VoiceConfig
from alerts.channels.websocket import WebSocketChannel
from alerts.senders import senders
from alerts.worker import WorkerConfig, playback_recorder, run_worker, sms_recorder
from web.child import report_ready
from web.commands.common import add_data, core_of
from web.secret_files import loudspeaker_master
from web.wiring import Core, broker_of


def arguments(parser: ArgumentParser) -> None:
    """Everything else comes from the settings."""
    add_data(parser)
    parser.add_argument("--name", default="worker", help="differs between the workers of one host")


def run(options: Namespace) -> int:
    """Work until SIGTERM."""
    core = core_of(options)
    mqtt = _mqtt(core, options.name)
    live, calls = _messages(core), _messages(core)
    if mqtt is not None:
        live["mqtt"] = mqtt
        mqtt.start()
    if core.settings.sms_urls:
        gateways = [gateway_of(url.get_secret_value()) for url in core.settings.sms_urls]
        live["sms"] = SmsChannel(gateways, sms_recorder(core.db, core.clock))
    if core.settings.sip_url.get_secret_value():
        calls["voice"] = _voice(core)
    config = WorkerConfig(broker_of(core.settings), options.name, lines=core.settings.sip_lines)
    report_ready()
    run_worker(config, core.db, core.clock, senders(live), os.getpid(), core.wake.listen, senders(calls))
    return 0


def _messages(core: Core) -> dict[str, Channel]:
    """The channels that fan-out and calls have in common, each with a connection of its own."""
    live: dict[str, Channel] = {"websocket": WebSocketChannel()}
    if core.settings.smtp_url.get_secret_value():
        live["email"] = EmailChannel(SmtpConfig(core.settings.smtp_url.get_secret_value(), core.settings.mail_from))
    return live


def _mqtt(core: Core, name: str) -> MqttChannel | None:
    url = core.settings.mqtt_url.get_secret_value()
    if not url:
        return None
    config = MqttConfig(url, loudspeaker_master(core.settings), f"fengsui-{name}-{os.uname().nodename}")
    return MqttChannel(config, core.clock, playback_recorder(core.db, core.clock))


def _voice(core: Core) -> VoiceChannel:
    config = VoiceConfig(core.settings.sip_url.get_secret_value(), core.settings.sip_voice)
    return VoiceChannel(config, sign_recorder(core.db, core.clock))
