"""`fengsui terminal`: a headless terminal."""

import asyncio
import contextlib
import shlex
import signal
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from media.terminal import Refused, TerminalConfig
from media.terminal import run as be_terminal


def arguments(parser: ArgumentParser) -> None:
    """Where, as whom, and what it shows."""
    parser.add_argument("--server", required=True, metavar="URL", help="https://HOST:PORT")
    parser.add_argument("--token", required=True, help="the terminal's token")
    parser.add_argument("--video", metavar="FILE|rtsp://…|/dev/video0")
    parser.add_argument("--audio", metavar="FILE")
    parser.add_argument("--auto-answer", action="store_true")
    parser.add_argument("--on-state", metavar="COMMAND", default="", help="run with what the room should know")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="the server's authority, from its /ca.crt")


def run(options: Namespace) -> int:
    """Wait for calls until SIGTERM; 1 when the server does not know the token."""
    config = TerminalConfig(
        options.server,
        options.token,
        options.video,
        options.audio,
        options.auto_answer,
        options.ca,
        tuple(shlex.split(options.on_state)),
    )
    with contextlib.suppress(asyncio.CancelledError):
        try:
            asyncio.run(_serve(config))
        except Refused:
            sys.stderr.write(f"{options.server} does not know this token.\n")
            return 1
    return 0


async def _serve(config: TerminalConfig) -> None:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: task.cancel() if task else None)
    await be_terminal(config, _say)


def _say(event: str, meeting: str) -> None:
    sys.stdout.write(f"{event} {meeting}\n")
    sys.stdout.flush()
