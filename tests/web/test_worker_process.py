"""`fengsui worker` as a process: it loads only what it needs, and hears what came back to one that is gone."""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.bench.scene import all_done, issue
from alerts.channels.push_vapid import Vapid, new_private
from alerts.model import Delivery, Receipt
from alerts.smpp import pdu
from alerts.smpp.pdu import Address, ShortMessage
from alerts.webhooks.model import SECRET, URL, Webhook
from alerts.webpush.model import AUTH, ENDPOINT, PushSubscription, name_of
from command.directory.model import Terminal, Unit
from command.kernel.clock import SystemClock
from command.kernel.db import Base, Database, make_engine
from command.kernel.ids import new_id
from command.kernel.sealing import Keyring, new_key
from command.kernel.timeline import TimelineHead
from tests.alerts.push_service import PushService, SubscribedBrowser
from tests.alerts.receivers import Receiver, standard_receiver
from tests.alerts.smsc import MessageCentre
from tests.peers.mosquitto import MosquittoServer
from tests.peers.smtp import SmtpServer
from tests.waiting import until

Start = Callable[..., "subprocess.Popen[bytes]"]

HOOK_SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
MOST_MIB = 80
CROWD = 20_000


@pytest.fixture(params=["embedded", "cluster"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "embedded":
        return f"sqlite:///{tmp_path / 'fengsui.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(make_engine(database), SystemClock())
    Base.metadata.create_all(made.engine)
    with made.writing() as session:
        session.add(TimelineHead(id=1))
    yield made
    made.engine.dispose()


@pytest.fixture
def start(db: Database, database: str, tmp_path: Path) -> Iterator[Start]:
    """Start `fengsui worker` with these settings; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def run(**told: str) -> "subprocess.Popen[bytes]":
        words = [sys.executable, "-m", "web.cli", "worker", "--data", str(tmp_path)]
        url = "" if database.startswith("sqlite") else database
        with (tmp_path / "log").open("ab") as log:
            environment = {**os.environ, "FENGSUI_DATABASE_URL": url, **told}
            started.append(subprocess.Popen(words, env=environment, stdout=log, stderr=log))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def centre() -> Iterator[MessageCentre]:
    """A message centre that keeps its receipts until it is told."""
    found = MessageCentre()
    found.keeps = True
    yield found
    found.stop()


def highest_mib(pid: int) -> float:
    """All resident pages at their most, those of files that others have open too among them."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


class Outside:
    """A real peer for every channel but the telephone, which nobody rings; and how they are set."""

    def __init__(self, stack: ExitStack, mail: SmtpServer, broker: MosquittoServer) -> None:
        self.mail, self.centre, self.hooks = mail, MessageCentre(), Receiver(standard_receiver(HOOK_SECRET))
        self.vapid, self.browser, self.key = new_private(), SubscribedBrowser("desk"), new_key()
        self.service = PushService(Vapid(self.vapid, "").public_key, self.browser)
        for peer in (self.centre, self.hooks, self.service):
            stack.callback(peer.stop)
        self.settings = {
            "FENGSUI_SMTP_URL": mail.url,
            "FENGSUI_MQTT_URL": broker.url,
            "FENGSUI_SMS_URLS": json.dumps([self.centre.url("rate=10000")]),
            "FENGSUI_SIP_URL": "sip:127.0.0.1:9",
            "FENGSUI_PUSH_HOSTS": '["127.0.0.1"]',
            "FENGSUI_WEBHOOK_HOSTS": '["127.0.0.1"]',
            "FENGSUI_SECRETS_KEY": self.key,
        }

    def subscribe(self, db: Database) -> str:
        """One webhook, whose id is returned, and one browser of `user:1`."""
        hook, endpoint, keys = new_id(), self.service.endpoint(self.browser), Keyring(lambda: self.key)
        browser, said = name_of(endpoint), self.browser.keys()
        with db.writing() as session:
            unit = session.scalars(select(Unit.id)).first()
            session.add(Terminal(id=hook, unit_id=unit, name="x", kind="webhook"))
            session.flush()
            url, secret = keys.seal(URL, hook, self.hooks.url("/")), keys.seal(SECRET, hook, HOOK_SECRET)
            session.add(Webhook(terminal_id=hook, form="standard", host="127.0.0.1", url=url, secret=secret))
            sealed = {
                "endpoint": keys.seal(ENDPOINT, browser, endpoint),
                "auth": keys.seal(AUTH, browser, said["auth"]),
            }
            whose = {"id": browser, "owner": "user:1", "public": said["p256dh"], "at": db.clock.now()}
            session.add(PushSubscription(**whose, **sealed))
        return hook


def test_it_stays_small(db: Database, start: Start, tmp_path: Path) -> None:
    urls = {"FENGSUI_SMTP_URL": "smtp://127.0.0.1:9", "FENGSUI_MQTT_URL": "mqtt://127.0.0.1:9"}
    worker = start(**urls)
    issue(db, CROWD, CROWD // 100, "websocket")
    until(lambda: all_done(db), within_s=90, why=lambda: (tmp_path / "log").read_text()[-3000:])
    highest = highest_mib(worker.pid)
    assert highest <= MOST_MIB, f"{highest:.1f} MiB"
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert b"Traceback" not in (tmp_path / "log").read_bytes()


def test_it_grows_no_further_with_every_channel(
    db: Database, start: Start, tmp_path: Path, smtp_server: SmtpServer, mosquitto_server: MosquittoServer
) -> None:
    """All set up, and something sent by each for which nobody has to pick up."""
    with ExitStack() as stack:
        outside = Outside(stack, smtp_server, mosquitto_server)
        (tmp_path / "vapid.key").write_text(outside.vapid)
        worker = start(**outside.settings)
        issue(db, CROWD, CROWD // 100, "websocket")
        hook = outside.subscribe(db)
        for count, channel, address in (
            (200, "email", "{}@example.org"),
            (200, "sms", "139{:08d}"),
            (200, "mqtt", "{}"),
            (1, "webhook", hook),
            (1, "webpush", "user:1"),
        ):
            issue(db, count, 0, channel, address)
        until(lambda: all_done(db), within_s=120, why=lambda: (tmp_path / "log").read_text()[-3000:])
        highest = highest_mib(worker.pid)
        assert (len(outside.mail.mails), len(outside.hooks.got), len(outside.browser.shown)) == (200, 1, 1)
        assert highest <= MOST_MIB, f"{highest:.1f} MiB"
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
        assert b"Traceback" not in (tmp_path / "log").read_bytes()


def test_receipts_for_a_worker_that_was_killed_reach_the_next(
    db: Database, start: Start, centre: MessageCentre, tmp_path: Path
) -> None:
    urls = json.dumps([centre.url("rate=10000&binds=1")])
    first = start(FENGSUI_SMS_URLS=urls)
    issue(db, 60, 0, "sms", "139{:08d}")
    until(lambda: all_done(db), within_s=90, why=lambda: (tmp_path / "log").read_text()[-3000:])
    first.kill()
    first.wait()
    until(lambda: centre.bound == 0, why=lambda: centre.bound)
    start(FENGSUI_SMS_URLS=urls)
    until(lambda: centre.bound == 1, within_s=60, why=lambda: (tmp_path / "log").read_text()[-3000:])
    centre.deliver()
    until(lambda: len(centre.receipt_answers) == 60, within_s=60, why=lambda: centre.receipt_answers)
    assert set(centre.receipt_answers) == {pdu.OK}
    with db.reading() as session:
        heard = session.scalars(select(Receipt.delivery_id).where(Receipt.state == "delivered")).all()
        sent = session.scalars(select(Delivery.id).where(Delivery.state == "sent")).all()
    assert sorted(heard) == sorted(sent)
    assert len(sent) == 60


def test_a_receipt_of_nobodys_message_is_given_back(db: Database, start: Start, centre: MessageCentre) -> None:
    start(FENGSUI_SMS_URLS=json.dumps([centre.url("binds=1")]))
    until(lambda: centre.bound == 1, within_s=60, why=lambda: centre.bound)
    message = ShortMessage(source=Address("1069"), destination=Address("13900000001"), text=b"")
    centre.kept.append(centre.receipt("another", message))
    centre.deliver()
    until(lambda: centre.receipt_answers, within_s=60, why=lambda: centre.receipt_answers)
    assert centre.receipt_answers == [pdu.TEMPORARY_ERROR]
