"""A web process of its own, as `fengsui web` runs it, for tests that need two."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.waiting import until

ROOT = Path(__file__).parents[2]


@contextmanager
def web_process(data: Path, **settings: str) -> Iterator[str]:
    """A process with this data folder and these `FENGSUI_*` settings while the block runs; `127.0.0.1:PORT`."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    named = {f"FENGSUI_{name.upper()}": value for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "web.cli", "web", "--data", str(data)],
        cwd=ROOT,
        env={**os.environ, "FENGSUI_PORT": str(port), "FENGSUI_PLAIN_HTTP": "1", **named},
    )
    try:
        until(lambda: _answers(port))
        yield f"127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=15)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success
    except httpx.TransportError:
        return False
