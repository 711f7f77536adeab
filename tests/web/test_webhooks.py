"""Webhooks over HTTP: only the administrator sets them, nobody reads them, an issued order arrives."""

import json
from collections.abc import Iterator

import pytest

from alerts.channels.hosts import Allowed
from alerts.channels.post import Poster
from alerts.channels.webhook import WebhookChannel
from alerts.fanout import FanOut
from alerts.senders import senders
from alerts.webhooks.finding import webhook_finder
from tests.alerts.receivers import Receiver, Reply, standard_receiver
from tests.web.obliged import API, Clients, issued_order, made
from tests.web.world import World
from web.wiring import Core

HOSTS = ["127.0.0.0/8"]


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server may post to."""
    monkeypatch.setenv("FENGSUI_WEBHOOK_HOSTS", json.dumps(HOSTS))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver(lambda _: Reply(401))
    yield found
    found.stop()


def registered(as_: Clients, world: World, kind: str = "webhook") -> str:
    """A webhook's terminal in the southern township."""
    answer = made(as_("admin"), "/terminals", {"name": "镇工作群", "kind": kind, "unit": world.units["south"]})
    assert (answer["token"] is None) is (kind == "webhook")
    terminal: str = answer["terminal"]["id"]
    return f"/terminals/{terminal}/webhook"


def test_an_order_arrives_and_the_address_is_told_to_nobody(
    as_: Clients, world: World, core: Core, receiver: Receiver
) -> None:
    admin, route, url = as_("admin"), API + registered(as_, world), receiver.url("/very-private-path")
    assert admin.get(route).json() == {"webhook": None}
    answer = admin.put(route, json={"form": "standard", "url": url}).json()
    shown = {"form": "standard", "host": "127.0.0.1", "signed": True}
    assert answer["webhook"] == shown
    assert admin.get(route).json() == {"webhook": shown}
    secret = answer["secret"]
    assert admin.put(route, json={"form": "standard", "url": url}).json()["secret"] is None
    receiver.answer = standard_receiver(secret)

    alert = issued_order(as_, channels=["webhook"])
    channel = WebhookChannel(Poster(Allowed.of(HOSTS)), webhook_finder(core.db, core.keyring.open), core.clock)
    fanout = FanOut(core.db, core.clock, senders({"webhook": channel}), "webhook", "host/a#1")
    fanout.work()
    fanout.close()
    (got,) = receiver.got
    (delivery,) = as_("issuer").get(f"{API}/alerts/{alert}/deliveries").json()["items"]
    assert (delivery["state"], delivery["channel"], delivery["id"]) == ("sent", "webhook", got.headers["webhook-id"])
    assert "立即转移到高处" in json.loads(got.body)["data"]["text"]

    told = as_("auditor").get(f"{API}/timeline", params={"limit": 50}).text
    assert "webhook.set" in told
    assert "very-private-path" not in told
    assert secret not in told


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"form": "standard", "url": "https://evil.example/a"}, "webhook.host"),
        ({"form": "standard", "url": "https://10.0.0.1/a"}, "webhook.host"),
        ({"form": "standard", "url": "ftp://127.0.0.1/a"}, "webhook.url"),
        ({"form": "pigeon", "url": "https://127.0.0.1/a"}, "webhook.form"),
        ({"form": "standard", "url": "https://127.0.0.1/a", "secret": "whsec_short"}, "webhook.secret"),
    ],
)
def test_what_is_refused(as_: Clients, world: World, body: dict[str, str], code: str) -> None:
    route = API + registered(as_, world)
    answer = as_("admin").put(route, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert as_("admin").get(route).json() == {"webhook": None}


def test_only_the_administrator_and_only_a_webhook(as_: Clients, world: World) -> None:
    body, route = {"form": "wecom", "url": "https://127.0.0.1/a"}, API + registered(as_, world)
    for name in ("duty", "issuer", "auditor", "south_operator"):
        assert as_(name).put(route, json=body).status_code == 403
        assert as_(name).get(route).status_code == 403
    browser = API + registered(as_, world, "browser")
    assert as_("admin").put(browser, json=body).json()["code"] == "webhook.not_one"
