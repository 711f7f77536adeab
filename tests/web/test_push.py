"""A browser subscribes over HTTP, is told of an order, and is forgotten when its push service says so."""

import hashlib
import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from alerts.channels.hosts import Allowed
from alerts.channels.post import Poster
from alerts.channels.push_sealing import sealer
from alerts.channels.push_vapid import Vapid
from alerts.channels.webpush import WebPushChannel
from alerts.fanout import FanOut
from alerts.senders import senders
from alerts.webpush.finding import browser_finder, browser_forgetter
from alerts.webpush.model import PushSubscription
from tests.alerts.push_service import PushService, SubscribedBrowser
from tests.web.obliged import API, Clients, issued_order
from tests.web.test_second_factor import codes
from tests.web.world import PASSWORD, World
from web.secret_files import vapid_private
from web.wiring import Core

URL = f"{API}/me/push"
HOSTS = ["127.0.0.1"]


@pytest.fixture
def hosts() -> list[str]:
    """Which push services the server may post to."""
    return HOSTS


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch, hosts: list[str]) -> None:
    """Set before the server is built."""
    monkeypatch.setenv("FENGSUI_PUSH_HOSTS", json.dumps(hosts))


@pytest.fixture
def service(core: Core) -> Iterator[PushService]:
    key = Vapid(vapid_private(core.settings), "").public_key
    found = PushService(key, SubscribedBrowser("phone"))
    yield found
    found.stop()


def subscription(service: PushService) -> dict[str, object]:
    (browser,) = service.browsers.values()
    return {"endpoint": service.endpoint(browser), "keys": browser.keys()}


def name_of(service: PushService) -> str:
    """The browser's name, as a page makes it."""
    return hashlib.sha256(str(subscription(service)["endpoint"]).encode()).hexdigest()


def subscribe(client: TestClient, service: PushService) -> None:
    answer = client.put(URL, json=subscription(service))
    assert answer.status_code == 204, answer.text


def names(client: TestClient) -> list[str]:
    """Of the browsers in which this account is told, the latest first."""
    return [one["id"] for one in client.get(URL).json()["browsers"]]


def send(core: Core) -> None:
    asks = browser_finder(core.db, core.keyring.open), browser_forgetter(core.db)
    seal = sealer(Vapid(vapid_private(core.settings), "mailto:duty@example.org"))
    channel = WebPushChannel(Poster(Allowed.of(HOSTS)), seal, *asks, core.clock)
    fanout = FanOut(core.db, core.clock, senders({"webpush": channel}), "webpush", "host/a#1")
    fanout.work()
    fanout.close()


def test_an_order_reaches_the_phone_of_who_asked(as_: Clients, core: Core, service: PushService) -> None:
    south = as_("south_operator")
    assert south.get(URL).json() == {"public_key": Vapid(vapid_private(core.settings), "").public_key, "browsers": []}
    for _ in range(2):
        subscribe(south, service)
    assert names(south) == [name_of(service)]
    alert = issued_order(as_, channels=["webpush", "websocket"])
    send(core)
    (browser,) = service.browsers.values()
    (shown,) = browser.shown
    assert shown["tag"] == alert
    assert "立即转移到高处" in shown["body"]
    deliveries = as_("issuer").get(f"{API}/alerts/{alert}/deliveries").json()["items"]
    assert [one["state"] for one in deliveries if one["channel"] == "webpush"] == ["sent"]

    service.statuses[browser.path] = 410
    issued_order(as_, channels=["webpush", "websocket"])
    send(core)
    assert south.get(URL).json()["browsers"] == []


def test_a_terminal_is_told_until_its_token_is_renewed(
    as_: Clients, core: Core, world: World, service: PushService
) -> None:
    box = as_("south_box")
    subscribe(box, service)
    issued_order(as_, channels=["webpush", "websocket"])
    send(core)
    (browser,) = service.browsers.values()
    assert len(browser.shown) == 1
    token = as_("admin").post(f"{API}/terminals/{world.terminals['south_box']}/token").json()["token"]
    assert box.get(URL).status_code == 401
    assert box.get(URL, headers={"Authorization": f"Bearer {token}"}).json()["browsers"] == []
    issued_order(as_, channels=["webpush", "websocket"])
    send(core)
    assert len(browser.shown) == 1


def test_a_browser_is_the_last_ones_who_asked_in_it(as_: Clients, service: PushService) -> None:
    first, second = as_("duty"), as_("south_operator")
    subscribe(first, service)
    subscribe(second, service)
    assert [names(one) for one in (first, second)] == [[], [name_of(service)]]
    endpoint = {"endpoint": subscription(service)["endpoint"]}
    assert first.post(f"{URL}/off", json=endpoint).status_code == 204
    assert names(second) == [name_of(service)]
    assert second.post(f"{URL}/off", json=endpoint).status_code == 204
    assert second.get(URL).json()["browsers"] == []


def test_only_so_many_browsers_each(as_: Clients, service: PushService) -> None:
    client, body = as_("duty"), subscription(service)
    for number in range(12):
        assert client.put(URL, json={**body, "endpoint": f"{body['endpoint']}/{number}"}).status_code == 204
    assert len(client.get(URL).json()["browsers"]) == 10


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"endpoint": "https://10.0.0.1/metadata"}, "push.host"),
        ({"endpoint": "https://push.example/a"}, "push.host"),
        ({"keys": {"p256dh": "A" * 87, "auth": "A" * 22}}, "push.keys"),
    ],
)
def test_what_is_refused(as_: Clients, service: PushService, changed: dict[str, object], code: str) -> None:
    answer = as_("duty").put(URL, json={**subscription(service), **changed})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("hosts", [[]])
def test_without_a_push_service_nothing_is_offered(as_: Clients, service: PushService) -> None:
    client = as_("duty")
    assert client.get(URL).json()["public_key"] is None
    assert client.put(URL, json=subscription(service)).json()["code"] == "push.host"


CHROME = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"
)


def test_a_lost_browser_is_seen_and_removed_by_its_owner(as_: Clients, service: PushService) -> None:
    south, stranger, body = as_("south_operator"), as_("duty"), subscription(service)
    assert south.put(
        URL, json={**body, "endpoint": f"{body['endpoint']}/lost"}, headers={"User-Agent": CHROME}
    ).is_success
    subscribe(south, service)
    own, lost = names(south)
    assert [one["agent"] for one in south.get(URL).json()["browsers"]] == ["", "Chrome, Android"]
    for client in (stranger, south, south):
        assert client.delete(f"{URL}/{lost}").status_code == 204
        assert (lost in names(south)) == (client is stranger)
    assert names(south) == [own]


@pytest.mark.parametrize("shut", ["own password", "own codes", "password", "lock", "close", "phone", "roles"])
def test_what_shuts_an_account_shuts_its_browsers(
    as_: Clients, world: World, core: Core, service: PushService, shut: str
) -> None:
    south, body, user = as_("south_operator"), subscription(service), world.users["south_operator"]
    assert south.put(URL, json={**body, "endpoint": f"{body['endpoint']}/other"}).is_success
    subscribe(south, service)
    url = f"{API}/users/{user}"
    security, admin = as_("security"), as_("admin")
    role = {"role": "township_operator", "unit": world.units["south"]}
    answer = {
        "own password": lambda: south.post(
            f"{API}/me/password", json={"old": PASSWORD, "new": "mountains and rivers", "browser": name_of(service)}
        ),
        "own codes": lambda: south.post(f"{API}/me/second-factor", json=codes(south, browser=name_of(service))),
        "password": lambda: security.post(f"{url}/password"),
        "lock": lambda: security.post(f"{url}/lock"),
        "close": lambda: admin.patch(url, json={"active": False}),
        "phone": lambda: security.delete(f"{url}/second-factor"),
        "roles": lambda: security.patch(url, json={"roles": [role]}),
    }[shut]()
    assert answer.is_success, answer.text
    with core.db.reading() as session:
        left = len(session.scalars(select(PushSubscription.id)).all())
    assert left == {"own password": 1, "own codes": 1, "roles": 2}.get(shut, 0)
