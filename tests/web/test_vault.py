"""The cipher's process of a worker: what it opens and seals, and that a worker outlives it."""

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.channels.hosts import Allowed
from alerts.channels.port import Outcome
from alerts.channels.post import Poster
from alerts.channels.push_message import LONGEST
from alerts.channels.push_vapid import Vapid, new_private
from alerts.channels.vault import Vault, VaultAway
from alerts.channels.webhook import WebhookChannel
from alerts.channels.webpush import Subscription, WebPushChannel
from command.kernel.clock import SystemClock
from command.kernel.sealed import Unopened
from command.kernel.sealing import Keyring, new_key
from tests.alerts.push_service import PushService, SubscribedBrowser
from tests.alerts.test_smpp import outgoing
from web.commands.worker_command import ROOT
from web.worker_plan import WorkerPlan
from web.worker_process import start_vault

KEY, COLUMN, ROW = new_key(), "webhook.url", "a"
BROWSER = SubscribedBrowser("desk")
SOME_DAY = datetime(2026, 7, 1, tzinfo=UTC)

Started = list["subprocess.Popen[bytes]"]


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkerPlan:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # as `fengsui worker` sets it
    return WorkerPlan(
        "worker", "", str(tmp_path), secrets_key=KEY, vapid_private=new_private(), push_contact="mailto:a@example.org"
    )


@pytest.fixture
def started() -> Iterator[Started]:
    """What the vault started, which has ended when the test has."""
    processes: Started = []
    yield processes
    for one in processes:
        one.kill()
        one.wait()


@pytest.fixture
def vault(plan: WorkerPlan, started: Started) -> Vault:
    def start(line: socket.socket) -> "subprocess.Popen[bytes]":
        started.append(start_vault(plan, line))
        return started[-1]

    return Vault(start)


def test_it_opens_and_says_what_does_not_open(vault: Vault, started: Started) -> None:
    sealed = Keyring(lambda: KEY).seal(COLUMN, ROW, "https://example.org/烽")
    assert vault.open(COLUMN, ROW, "") == ""
    assert started == []
    assert vault.open(COLUMN, ROW, sealed) == "https://example.org/烽"
    with pytest.raises(Unopened) as unopened:
        vault.open(COLUMN, "another", sealed)
    assert unopened.value.params == {"column": COLUMN, "row": "another", "key": sealed.split(".")[1]}
    assert len(started) == 1


def test_what_it_seals_a_browser_opens(vault: Vault, plan: WorkerPlan) -> None:
    service = PushService(Vapid(plan.vapid_private, "").public_key, BROWSER)
    try:
        browsers = [Subscription(service.endpoint(BROWSER), BROWSER.public, BROWSER.auth)]
        poster = Poster(Allowed.of(["127.0.0.1"]))
        channel = WebPushChannel(poster, vault.seal, lambda _: {"u": browsers}, lambda _: None, SystemClock())
        one = outgoing("u")
        (result,) = asyncio.run(channel.send([one]))
    finally:
        service.stop()
    assert result.outcome is Outcome.SENT, result.detail
    assert [shown["tag"] for shown in BROWSER.shown] == [one.alert]
    with pytest.raises(ValueError, match="too long"):
        vault.seal("https://push.example/a", bytes(LONGEST + 1), BROWSER.public, BROWSER.auth, SOME_DAY)


def test_one_that_was_killed_has_another_in_its_place(vault: Vault, started: Started) -> None:
    sealed = Keyring(lambda: KEY).seal(COLUMN, ROW, "x")
    assert vault.open(COLUMN, ROW, sealed) == "x"
    started[0].kill()
    started[0].wait()
    assert vault.open(COLUMN, ROW, sealed) == "x"
    assert len(started) == 2


def test_without_one_nothing_is_lost() -> None:
    vault = Vault(lambda line: subprocess.Popen(["false"], stdin=line.fileno()))
    with pytest.raises(VaultAway):
        vault.open(COLUMN, ROW, "s1.00000000.AAAA")
    poster, clock = Poster(Allowed.of(["127.0.0.1"])), SystemClock()
    browsers = [Subscription("http://127.0.0.1:9/", BROWSER.public, BROWSER.auth)]
    hook = WebhookChannel(poster, lambda ids: {one: vault.open(COLUMN, one, "s1.x.y") for one in ids}, clock)  # type: ignore[misc]  # it opens nothing
    push = WebPushChannel(poster, vault.seal, lambda _: {"u": browsers}, lambda _: None, clock)
    for channel in (hook, push):
        (result,) = asyncio.run(channel.send([outgoing("u")]))
        assert (result.outcome, result.detail) == (Outcome.LATER, "vault")
