"""The demo county as `fengsui serve` runs it, for people to play on."""

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.waiting import until

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 90.0
UNHURRIED = {"FENGSUI_MEDIA_PORT": "0", "FENGSUI_MEDIA_SHEDS": "false"}
"""A free port; and no pictures given up because browsers and tests have both cores: tests/media tests that."""


@dataclass
class County:
    """A running `fengsui serve --demo`: its address, its accounts, what it printed."""

    process: "subprocess.Popen[str]"
    data: Path
    lines: list[str] = field(default_factory=list)
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Without a slash at the end."""
        ready = next(line for line in self.lines if line.startswith("ready "))
        return ready.removeprefix("ready ").strip().rstrip("/")

    @property
    def authority(self) -> ssl.SSLContext | bool:
        """What its certificate is checked by."""
        return ssl.create_default_context(cafile=self.data / "ca.pem") if self.url.startswith("https:") else True

    @property
    def accounts(self) -> Mapping[str, Mapping[str, str]]:
        """By their contract names."""
        found: dict[str, dict[str, str]] = json.loads((self.data / "demo-accounts.json").read_text())
        return found

    def client(self, name: str) -> httpx.Client:
        """An HTTP client of that account or device."""
        return self._client(self.token(name))

    def token(self, name: str) -> str:
        """The bearer token of that account or device, which is also its pages' cookie: one session for all that ask, as
        long as it lasts, for a password takes long to check."""
        account = self.accounts[name]
        if "token" in account:
            return account["token"]
        if name in self._tokens:
            with self._client(self._tokens[name]) as client:
                if client.get("/me").status_code == 200:
                    return self._tokens[name]
        self._tokens[name] = self._log_in(account)
        return self._tokens[name]

    def _client(self, token: str) -> httpx.Client:
        return httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            transport=httpx.HTTPTransport(retries=3, verify=self.authority),
            timeout=20,
        )

    def child(self, name: str) -> int:
        """The process id of a supervised child, 0 while it is not there."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        found = (int(child) for child in children if _name(_command(child)) == name)
        return next(found, 0)

    def kill(self, name: str) -> None:
        """kill -9 one child, and wait until the supervisor has started another."""
        before = self.child(name)
        assert before, f"no {name} runs"  # kill(0) would end the tests themselves
        os.kill(before, signal.SIGKILL)
        until(lambda: self.child(name) not in {0, before}, within_s=90)

    def said(self) -> str:
        """Everything it printed, for a failure's message."""
        return "\n".join(self.lines[-60:])

    def _log_in(self, account: Mapping[str, str]) -> str:
        answer = httpx.post(f"{self.url}/api/v1/session", json=dict(account), timeout=20, verify=self.authority)
        answer.raise_for_status()
        return str(answer.json()["token"])


@contextmanager
def county(data: Path, environment: Mapping[str, str] | None = None, *, tls: bool = False) -> Iterator[County]:
    """Serve the demo in `data` until the block ends; `environment` chooses another profile."""
    command = [sys.executable, "-m", "web.cli", "serve", "--data", str(data), "--demo", "--port", "0"]
    command += [] if tls else ["--plain-http"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **UNHURRIED, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = County(process, data)
    reader = threading.Thread(target=_read, args=(running,), daemon=True)
    reader.start()
    try:
        until(lambda: _is_ready(running), within_s=READY_WITHIN_S, why=running.said)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=30)
        reader.join(timeout=5)


def _is_ready(running: County) -> bool:
    assert running.process.poll() is None, running.said()
    return any(line.startswith("ready ") for line in running.lines)


def _read(running: County) -> None:
    for line in running.process.stdout or ():
        running.lines.append(line.rstrip("\n"))


def _name(command: list[str]) -> str:
    """The child's name: what follows the program's module, or the worker's own module, which it becomes."""
    if "web.worker_process" in command:
        return command[-1]
    return command[command.index("web.cli") + 1] if "web.cli" in command else ""


def _command(pid: str) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().strip("\0").split("\0")
    except OSError:
        return []
