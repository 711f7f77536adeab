"""A real Firefox, driven by WebDriver BiDi (W3C) over one WebSocket: as much of it as the meeting's tests need."""

import asyncio
import itertools
import json
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

FIREFOX = Path("/usr/bin/firefox-esr")
PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    # Host candidates of loopback are what this machine's node is reached by.
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    # A test's browser asks nobody on the internet for anything.
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.update.disabledForTesting": True,
    "datareporting.policy.dataSubmissionEnabled": False,
    "media.gmp-manager.updateEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
}


def own_address() -> str:
    """The machine's address on its network, loopback where there is none.

    Firefox does not check between a loopback address and another one, and offers its network's where it has one.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1: nothing is sent, only the way is chosen
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address


class FirefoxError(Exception):
    """What the page or the browser answered instead of a value."""


class Firefox:
    """One tab."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._numbers = itertools.count(1)
        self._context = ""

    async def open(self) -> None:
        """Begin the session and take the first tab."""
        await self._do("session.new", capabilities={})
        tree = await self._do("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def goto(self, url: str) -> None:
        """Open a page and wait until it is loaded."""
        await self._do("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def evaluate(self, expression: str) -> Any:
        """The JSON value of an expression, a promise awaited. Raises FirefoxError for what it throws."""
        wrapped = f"Promise.resolve({expression}).then((value) => JSON.stringify(value) ?? 'null')"
        target = {"context": self._context}
        found = await self._do("script.evaluate", expression=wrapped, target=target, awaitPromise=True)
        if found["type"] != "success":
            raise FirefoxError(found["exceptionDetails"]["text"])
        return json.loads(found["result"]["value"])

    async def until(self, expression: str, within_s: float) -> Any:
        """The expression's value once it is true."""
        end = time.monotonic() + within_s
        while not (value := await self.evaluate(expression)):
            assert time.monotonic() < end, expression
            await asyncio.sleep(0.1)
        return value

    async def _do(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        await self._line.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(await self._line.recv())).get("id") != number:
            pass
        if answer["type"] == "error":
            raise FirefoxError(f"{answer['error']}: {answer['message']}")
        return answer["result"]


@asynccontextmanager
async def firefox(folder: Path) -> AsyncIterator[Firefox]:
    """A headless browser with a made-up camera and microphone and a profile of its own in `folder`."""
    profile = folder / "firefox"
    profile.mkdir()
    lines = [f'user_pref("{name}", {json.dumps(value)});\n' for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        str(FIREFOX),
        *("--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0", "about:blank"),
        env={**os.environ, "HOME": str(folder)},
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(60):
            address = await _address(process)
        async with connect(f"{address}/session", proxy=None, max_size=None) as line:
            tab = Firefox(line)
            await tab.open()
            yield tab
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    while line := await process.stderr.readline():
        if said := re.search(rb"WebDriver BiDi listening on (\S+)", line):
            return said[1].decode()
    raise FirefoxError("the browser ended before it listened")
