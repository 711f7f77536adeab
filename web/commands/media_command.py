"""`fengsui media`: one media node."""

import asyncio
import contextlib
import signal
from argparse import ArgumentParser, Namespace

from media.addresses import FAMILIES, WILDCARDS, outbound
from media.loop import run as run_loop
from media.node import MediaConfig, Ready, serve, spare_pauses
from media.outlet import Marks
from web.child import report_beating
from web.commands.options import add_data, settings_of
from web.settings import Settings


def arguments(parser: ArgumentParser) -> None:
    """Everything else comes from the settings."""
    add_data(parser)


def run(options: Namespace) -> int:
    """Serve until SIGTERM."""
    spare_pauses()
    with contextlib.suppress(asyncio.CancelledError):
        run_loop(_serve(_config(settings_of(options))))
    return 0


async def _serve(config: MediaConfig) -> None:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: task.cancel() if task else None)

    def ready(_: Ready) -> None:
        report_beating(loop)

    await serve(config, ready)


def _config(settings: Settings) -> MediaConfig:
    return MediaConfig(
        control_host=settings.media_control_host,
        control_port=settings.media_control_port,
        control_token=settings.media_control_token.get_secret_value(),
        udp_host=settings.media_host,
        udp_port=settings.media_port,
        addresses=announced(settings),
        step=settings.media_step,
        sheds=settings.media_sheds,
        recordings=settings.media_recordings,
        marks=Marks(settings.media_dscp_speech, settings.media_dscp),
    )


def announced(settings: Settings) -> tuple[str, ...]:
    """The addresses told to clients: those set, else the one served on, else those that lead out, else loopback."""
    if settings.media_address:
        return settings.media_address
    for host in (settings.media_host, settings.host):
        if host not in {*WILDCARDS.values(), "localhost"}:
            return (host,)
    leading = tuple(found for family in FAMILIES if (found := outbound(family)) is not None)
    return leading or ("127.0.0.1",)
