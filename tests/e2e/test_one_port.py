"""A desk whose network lets out TCP 443 alone: pages, signalling, pictures and sound, by the name each asks for."""

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.county import County, county
from tests.e2e.people import CHROMIUM, HEADLESS, Desk, Township, launched
from tests.media.firefox import own_address
from tests.peers.coturn import SECRET, coturn
from tests.peers.haproxy import Pages, Split, sni_split
from tests.peers.island import OUTSIDE, OWN, Island, can_isolate, island
from tests.peers.tinyproxy import tinyproxy
from tests.ui.terminals import convene
from tests.waiting import until

pytestmark = pytest.mark.timeout(600)
PORT, PROXY_PORT = 443, 3128
PAGES, TURN = "pages.fengsui.example", "turn.fengsui.example"
STRANGER, NEIGHBOUR = "127.0.0.2", "127.0.0.3"
TOWNSHIP = "中山镇"
ANY_CERTIFICATE = "--ignore-certificate-errors"
WAY = """async () => {
  const found = [...(await connections.at(-1).getStats()).values()]
  const transport = found.find((entry) => entry.type === 'transport')
  const pair = found.find((entry) => entry.id === transport?.selectedCandidatePairId)
  const local = found.find((entry) => entry.id === pair?.localCandidateId)
  return local && [local.candidateType, local.relayProtocol]
}"""


@dataclass(frozen=True)
class Reached:
    """A county behind one port."""

    county: County
    split: Split

    def client(self, address: str) -> httpx.Client:
        """An HTTP client that comes by that port, from an address of this machine."""
        authority = ssl.create_default_context(cafile=self.county.data / "ca.pem")
        authority.check_hostname = False  # the names of the test are in no name server
        transport = httpx.HTTPTransport(local_address=address, verify=authority)
        return httpx.Client(base_url=f"https://127.0.0.1:{self.split.port}/api/v1", transport=transport, timeout=20)


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reached]:
    """As docs/operations.md has it set up, each server on loopback but for the media."""
    data = tmp_path_factory.mktemp("data")
    settings = {
        "FENGSUI_NAMES": json.dumps([PAGES, TURN]),
        "FENGSUI_TRUSTED_PROXIES": "127.0.0.1",
        "FENGSUI_MEDIA_ADDRESS": json.dumps([own_address()]),
        "FENGSUI_TURN_URLS": json.dumps([f"turns:{TURN}:{PORT}?transport=tcp"]),
        "FENGSUI_TURN_SECRET": SECRET,
    }
    with ExitStack() as stack:
        served = stack.enter_context(county(data, settings, tls=True))
        certificate, key = data / "server.pem", data / "server.key"
        both = data / "pages.pem"
        both.write_text(certificate.read_text() + key.read_text())
        relay = stack.enter_context(coturn(own_address(), certificate, key))
        port = httpx.URL(served.url).port
        assert port is not None
        split = stack.enter_context(sni_split(TURN, relay.tls_port, Pages(port, both, data / "ca.pem")))
        yield Reached(served, split)


def test_a_stranger_shuts_out_nobody_else(reached: Reached) -> None:
    with reached.client(STRANGER) as stranger, reached.client(NEIGHBOUR) as neighbour:
        for lie in ({}, {"X-Forwarded-For": NEIGHBOUR}, {"X-Forwarded-For": "127.0.0.1"}):
            until(partial(is_shut_out, stranger, lie))
        assert not is_shut_out(neighbour, {})
        entered = neighbour.post("/session", json=dict(reached.county.accounts["duty"]))
        assert entered.status_code == 201
        assert "Secure" in entered.headers["set-cookie"]
    assert NEIGHBOUR in opened_from(reached.county)


def is_shut_out(client: httpx.Client, headers: dict[str, str]) -> bool:
    """Whether one more token of nobody's is not even looked at."""
    answer = client.post("/session/terminal", json={"token": "of nobody's at all, it is"}, headers=headers)
    assert answer.status_code in {401, 429}
    return answer.status_code == 429


def opened_from(served: County) -> set[str]:
    """Where log-ins came from, by the timeline."""
    with served.client("auditor") as auditor:
        found = auditor.get("/timeline", params={"kind": "session.opened", "limit": 100}).raise_for_status().json()
    return {entry["body"]["session"]["address"] for entry in found["entries"]}


@pytest.fixture
def cut_off(reached: Reached) -> Iterator[Island]:
    """A network that has nothing but that port."""
    if not can_isolate():
        pytest.skip("`unshare --net` cannot make a network here")
    with island(PORT, reached.split.socket, (PAGES, TURN)) as found:
        yield found


def test_a_desk_meets_a_township_by_it_alone(reached: Reached, cut_off: Island, tmp_path: Path) -> None:
    served = reached.county
    port = httpx.URL(served.url).port
    assert port is not None
    assert cut_off.reaches(OUTSIDE, PORT)
    assert not cut_off.reaches("127.0.0.1", port)
    assert not cut_off.reaches(own_address(), reached.split.port)
    with browsers(cut_off, tmp_path) as pair:
        meet(served, *pair)


def test_a_desk_meets_a_township_by_a_proxy_alone(reached: Reached, cut_off: Island, tmp_path: Path) -> None:
    """The proxy's network lets out TCP 443, the desk's lets it reach the proxy and knows no name."""
    with tinyproxy(cut_off) as proxy, island(PROXY_PORT, proxy.socket) as inner:
        assert inner.reaches(OUTSIDE, PROXY_PORT)
        assert not inner.reaches(OUTSIDE, PORT)
        with browsers(inner, tmp_path, f"--proxy-server=http://{OUTSIDE}:{PROXY_PORT}") as pair:
            meet(reached.county, *pair)
        assert f"CONNECT {TURN}:{PORT} " in proxy.log()


@contextmanager
def browsers(network: Island, folder: Path, *more: str) -> Iterator[tuple[Browser, Browser]]:
    """One in that network and one outside."""
    with sync_playwright() as playwright:
        flags = (ANY_CERTIFICATE, *more)
        inside = launched(playwright.chromium, folder, HEADLESS, flags, network.program(CHROMIUM))
        outside = launched(playwright.chromium, folder, HEADLESS, (ANY_CERTIFICATE,))
        try:
            yield inside, outside
        finally:
            inside.close()
            outside.close()


def meet(served: County, inside: Browser, outside: Browser) -> None:
    """The desk comes in by its password, the township answers; each sees and hears the other."""
    desk, township = Desk(inside, served, "leader"), Township(outside, served, TOWNSHIP)
    desk.address = f"https://{PAGES}"
    desk.open()
    township.open()
    with served.client("leader") as leader:
        convene(leader, "一个端口", TOWNSHIP)
    township.press("answer")
    desk.press("meeting-join")
    for one in (desk, township):
        one.expect_media(videos=1)
    assert desk.page.evaluate(WAY) == ["relay", "tls"]
    assert township.page.evaluate(WAY)[0] != "relay"
    assert OWN in opened_from(served)
    assert desk.errors == township.errors == []
