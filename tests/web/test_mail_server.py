"""Mails through Debian's own mail server, set up as the handbook says: what it says of them later comes back in."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from alerts.channels.email import EmailChannel, SmtpConfig
from alerts.channels.mail_reports import report_key
from alerts.fanout import FanOut
from alerts.numbers.signs import follow
from alerts.senders import senders
from tests.peers.postfix import MAILBOX, PostfixServer, can_run_postfix, postfix
from tests.peers.smtp import smtp
from tests.waiting import until
from tests.web.obliged import API, issued_order, made
from tests.web.world import World
from web.wiring import Core

TOKEN, DOMAIN = "a token of these tests", "county.example"
GONE, HERE, AWAY = "gone@example.org", f"{MAILBOX}@{DOMAIN}", "away@example.org"
HANDBOOK = Path(__file__).parents[2] / "docs" / "operations.md"

pytestmark = pytest.mark.skipif(not can_run_postfix(), reason="Postfix starts with root's rights")


def as_the_handbook_says(url: str) -> str:
    """Its line of /etc/aliases, with this installation's address and the mail server's folder in place of its own."""
    (line,) = re.findall(r"^fengsui: .*$", HANDBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    found, count = re.subn(r"https://[^/]+/", f"http://{url}/", line.replace("/etc/fengsui", "FOLDER"))
    assert count == 1
    return f"{found}\nduty: {MAILBOX}\n"


@pytest.fixture
def core(core: Core) -> Core:
    """With reports, and mails set up."""
    told = {"receipt_token": SecretStr(TOKEN), "smtp_url": (SecretStr("smtp://mail.county.example"),)}
    return replace(core, settings=core.settings.model_copy(update=told))


@pytest.fixture
def mail_server(live: str) -> Iterator[PostfixServer]:
    """It reports to the application, and passes mails on to a server that knows nobody called GONE."""
    with smtp() as onward, postfix(DOMAIN, onward.port, as_the_handbook_says(live)) as server:
        onward.refusals[GONE] = "550 5.1.1 no such user"
        head = f"Authorization: Bearer {TOKEN}\nContent-Type: message/rfc822\n"
        (server.folder / "receipts").write_text(head, encoding="utf-8")
        yield server


def on_duty(admin: TestClient, world: World, address: str) -> None:
    """Somebody at this address with a post in the southern township."""
    unit = world.units["south"]
    person = made(admin, "/people", {"unit": unit, "name": address, "email": address})["id"]
    made(admin, "/posts", {"unit": unit, "title": address, "responsible": False, "holder_id": person})


def items(answer: httpx.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return found


def test_what_postfix_says_of_a_mail_stands_with_its_delivery_and_its_number(
    mail_server: PostfixServer, as_: Callable[[str], TestClient], core: Core, world: World
) -> None:
    for address in (GONE, HERE, AWAY):
        on_duty(as_("admin"), world, address)
    with core.db.writing() as session:
        follow(session, core.clock.now())
    url = f"{API}/alerts/{issued_order(as_, channels=['email'])}/deliveries"
    channel = EmailChannel(SmtpConfig((mail_server.url,), f"fengsui@{DOMAIN}", report_key(TOKEN)))
    fanout = FanOut(core.db, core.clock, senders({"email": channel}), "email", "host/a#1")
    fanout.work()
    fanout.close()
    duty = as_("duty")

    def states() -> dict[str, str]:
        return {one["name"]: one["state"] for one in items(duty.get(url))}

    # Of what it passes on to a server that promises no report it says so (relayed), which proves nothing.
    wanted = {GONE: "failed", HERE: "delivered", AWAY: "sent"}
    until(lambda: states() == wanted, within_s=30, why=lambda: (states(), (mail_server.folder / "log").read_text()))
    assert [one["address"] for one in items(duty.get(f"{API}/numbers")) if one["bounced_at"]] == [GONE]
