"""One-way sessions at the bridge: opened, renewed, ended, dead; and nothing is left of them."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio

from media import ice
from media.bench.client import Client, _candidate, both
from media.bridge import Bridge
from media.errors import BridgeError
from media.ice import Credentials
from media.rtp.packet import header
from media.sdp import parse_fragment, parse_offer
from media.sfu.shedding import SHED_S, WINDOW_S
from media.transport import MAX_EARLY, Peer
from media.udp import CONSENT_S, DEAD_AFTER_S, MAX_PATHS, PROBE_AFTER_S
from tests.conformance.offers import Ice, Offer
from tests.media.signal_server import until

ROOM = "room"
SESSIONS = 200
LAST_WORD = b"\x14 as if of DTLS"


class Node:
    """A bridge with one room, and what it told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, object]]] = []
        self.bridge = Bridge("127.0.0.1", 0, ("127.0.0.1",), self._tell)
        self.bridge.open_room(ROOM)

    def _tell(self, kind: str, room: str, participant: str | None, **fields: object) -> None:
        self.told.append((kind, {"participant": participant, **fields}))

    def reasons(self) -> list[object]:
        return [fields["reason"] for kind, fields in self.told if kind == "disconnected"]

    def open(self, name: str, text: str, session: str = "s") -> tuple[str, str]:
        self.bridge.admit(ROOM, name, muted=False, video_muted=False)
        return self.bridge.negotiation.open_session(ROOM, name, session, text, "sends")

    async def take_in(self, name: str, text: str) -> str:
        """Open a session as a client does whom a late node asks to come again: the answer."""
        answers: list[str] = []

        def taken() -> bool:
            try:
                answers.append(self.open(name, text)[0])
            except BridgeError as error:
                if error.code != "media.busy":
                    raise
            return bool(answers)

        await until(taken, 60, lambda: self.bridge.overload.load.stage)
        return answers[0]

    def offer(self, name: str, text: str) -> str:
        self.bridge.admit(ROOM, name, muted=False, video_muted=False)
        return self.bridge.negotiation.offer(ROOM, name, text, None)

    def left_over(self) -> dict[str, int]:
        """How much each table of the bridge and of its port holds."""
        bridge, port = self.bridge, self.bridge.port
        tables: dict[str, Collection[object]] = {
            "peers": bridge.connections.by_peer,
            "links": bridge.connections.by_link,
            "current": bridge.connections.current,
            "pending": bridge.connections.pending,
            "numbers": bridge.connections.numbers,
            "ufrags": port._by_ufrag,
            "checks": port._checks._open,
            "transports": port._peers,
            "farewells": port._farewells,
            "addresses": [address for known in port._known.values() for address in known],
            "participants": bridge.rooms[ROOM].participants,
        }
        return {name: len(table) for name, table in tables.items() if table}


@pytest_asyncio.fixture
async def node() -> AsyncIterator[Node]:
    node = Node()
    running = asyncio.create_task(node.bridge.run())
    yield node
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await node.bridge.close()


@asynccontextmanager
async def clients(count: int) -> AsyncIterator[list["Light"]]:
    made = [Light(number) for number in range(1, count + 1)]
    try:
        yield made
    finally:
        await asyncio.gather(*(client.close() for client in made))


class Light(Client):
    """A client of the bench that has a name and one connection with the bridge."""

    def __init__(self, number: int) -> None:
        super().__init__("127.0.0.1", both(number))
        self.name = f"site-{number}"

    def offer(self) -> str:
        return self.describe(self.publishing())

    def speak(self) -> None:
        out = self.outgoing[0]
        assert self.peer is not None
        self.peer.send(header(out.stream.payload_type, True, 1, 960, out.ssrc), bytes(80))


async def test_ice_is_restarted_while_the_stream_goes_on(node: Node) -> None:
    async with clients(1) as (client,):
        answer, ice = node.open(client.name, client.offer())
        await client.connect(answer)
        peer = client.peer
        assert peer is not None
        client._port.restart(peer, peer.remote)
        news = Ice(peer.local.ufrag, peer.local.password).fragment()
        renewed, fragment = node.bridge.negotiation.renew_session(ROOM, client.name, "s", None, news)
        assert fragment is not None
        assert renewed != ice
        theirs = parse_fragment(fragment)
        peer.remote = Credentials(theirs.ufrag, theirs.password)
        assert len(node.bridge.port._by_ufrag) == 2  # the former goes on until the new one is used
        client._port.call(peer, client.server)
        await until(lambda: len(node.bridge.port._by_ufrag) == 1, 10)
        client.speak()
        source = node.bridge.rooms[ROOM].participants[client.name].audio
        await until(lambda: source.layers[0].packets >= 1, 10)
        assert [kind for kind, _ in node.told].count("connected") == 1


async def test_an_offer_of_the_same_session_restarts_ice_and_of_another_makes_a_connection(node: Node) -> None:
    async with clients(1) as (client,):
        answer, ice = node.open("a", client.offer(), "s")
        await client.connect(answer)
        await until(lambda: bool(node.told), 10)
        client._credentials = Credentials("news", "another password")
        restarted, renewed = node.open("a", client.offer(), "s")
        assert renewed != ice
        assert restarted.splitlines()[1] == answer.splitlines()[1], "the same session of SDP"
        assert node.left_over()["peers"] == 1
        node.open("a", client.offer(), "another")
        assert node.left_over()["peers"] == 2
        assert node.reasons() == []


async def test_the_first_way_that_a_restart_finds_is_taken_though_nobody_nominates_it(node: Node) -> None:
    """The former one may be dead; Chromium nominates the next one when it comes to it."""
    async with clients(1) as (client,), elsewhere(client) as other:
        answer, _ = node.open(client.name, client.offer())
        await client.connect(answer)
        other.beside(client)
        peer = next(iter(node.bridge.connections.by_peer))
        former, news = peer.path, Ice()
        _, fragment = node.bridge.negotiation.renew_session(ROOM, client.name, "s", None, news.fragment())
        theirs = parse_fragment(fragment or "")
        other.send(check(theirs.ufrag, "another password"))
        await until(lambda: node.bridge.port.counters.not_authentic, 5)
        assert peer.path == former
        other.send(check(theirs.ufrag, theirs.password))
        other.answer(await other.asked(), news.password)
        await until(lambda: peer.path is not None and peer.path.address == other.address, 5)


def check(ufrag: str, password: str, *, nominate: bool = False) -> bytes:
    """A client's check."""
    return ice.request(bytes(12), f"{ufrag}:them", password, 1, nominate)


class Elsewhere:
    """Another address than that of a client, and what comes to it."""

    def __init__(self, found: socket.socket) -> None:
        self._socket = found
        self.address: ice.Address = found.getsockname()[:2]

    def beside(self, client: Client) -> None:
        """Talk with the server of `client`."""
        self._socket.connect(client.server)

    def send(self, datagram: bytes) -> None:
        self._socket.send(datagram)

    async def asked(self) -> ice.Binding:
        """The next check that comes here."""
        loop = asyncio.get_running_loop()
        while True:
            found = ice.parse(await asyncio.wait_for(loop.sock_recv(self._socket, 2048), 5))
            if found is not None and found.kind == ice.REQUEST:
                return found

    async def asked_by(self, seen: bytes) -> ice.Binding:
        """Send this; the check that comes because of it."""
        self.send(seen)
        return await self.asked()

    def answer(self, asked: ice.Binding, password: str) -> None:
        self.send(ice.response(asked, self.address, password))


@asynccontextmanager
async def elsewhere(client: Client) -> AsyncIterator[Elsewhere]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.setblocking(False)
        found.bind((client.address, 0))
        yield Elsewhere(found)


async def test_a_check_that_is_sent_again_from_elsewhere_moves_nothing(node: Node) -> None:
    """Who saw a check could else have a stream sent to anybody, as long as its client speaks."""
    async with clients(1) as (client,), elsewhere(client) as other:
        await client.connect(node.open(client.name, client.offer())[0])
        other.beside(client)
        port, peer = node.bridge.port, next(iter(node.bridge.connections.by_peer))
        former = peer.path
        seen = check(peer.local.ufrag, peer.local.password, nominate=True)
        asked = await other.asked_by(seen)
        for _ in range(2 * MAX_PATHS):
            asked = await other.asked_by(seen)
        assert peer.path == former
        other.answer(asked, "a password that was guessed")
        other.send(ice.response(replace(asked, transaction=bytes(12)), other.address, peer.remote.password))
        await until(lambda: port.counters.not_authentic == 2, 5)
        assert peer.path == former
        assert [path for path in peer.paths if path != former] == []
        other.answer(asked, peer.remote.password)  # as only the client itself can
        await until(lambda: peer.path != former, 5)


async def test_checks_that_are_sent_again_keep_nobody_alive(node: Node) -> None:
    async with clients(1) as (client,), elsewhere(client) as other:
        await client.connect(node.open(client.name, client.offer())[0])
        await until(lambda: bool(node.told), 10)
        other.beside(client)
        peer, gone = next(iter(node.bridge.connections.by_peer)), node.bridge.now() + DEAD_AFTER_S + 1
        client.hand_over()
        node.bridge.port.check(gone)
        assert peer.away
        other.send(check(peer.local.ufrag, peer.local.password, nominate=True))
        await other.asked()
        assert peer.away


async def test_who_was_silent_is_asked_as_soon_as_it_checks(node: Node) -> None:
    async with clients(1) as (client,):
        await client.connect(node.open(client.name, client.offer())[0])
        await until(lambda: bool(node.told), 10)
        peer = next(iter(node.bridge.connections.by_peer))
        peer.heard_at -= 2 * PROBE_AFTER_S
        before, outlet = peer.heard_at, client._port.outlets[0]
        peer.probed_at = float("inf")  # not because it is its turn
        outlet.send(check(peer.local.ufrag, peer.local.password), client.server)
        await until(lambda: peer.heard_at > before + PROBE_AFTER_S, 5)


async def test_who_speaks_from_where_it_said_is_believed_without_an_answer(node: Node) -> None:
    async with clients(1) as (client,), elsewhere(client) as other:
        await client.connect(node.open(client.name, client.offer())[0])
        other.beside(client)
        there = next(iter(node.bridge.connections.by_peer))
        packets = spoken(client, 3)
        former = there.path
        other.send(next(packets))  # from an address that nothing was heard of
        other.send(check(there.local.ufrag, there.local.password))
        await until(lambda: there.strange, 5)
        other.send(next(packets))  # its client did not say that this is the one to be used
        other.send(check(there.local.ufrag, there.local.password, nominate=True))
        await other.asked()
        source = node.bridge.rooms[ROOM].participants[client.name].audio
        await until(lambda: source.layers[0].packets == 1, 5)
        assert there.path == former
        other.send(next(packets))
        await until(lambda: there.path is not None and there.path.address == other.address, 5)
        assert there.strange == []


def spoken(client: Client, count: int) -> Iterator[bytes]:
    """Packets of speech, encrypted as its client does."""
    out, peer = client.outgoing[0], client.peer
    assert peer is not None
    assert peer.outbound is not None
    for number in range(1, count + 1):
        sealed = peer.outbound.protect(header(out.stream.payload_type, True, number, 960, out.ssrc), bytes(80))
        assert sealed is not None
        yield bytes(sealed)


async def test_an_address_of_another_is_taken_from_it_when_it_answers(node: Node) -> None:
    """Else a participant who forges addresses could silence who is there."""
    async with clients(1) as (client,):
        await client.connect(node.open(client.name, client.offer())[0])
        port, there = node.bridge.port, next(iter(node.bridge.connections.by_peer))
        node.open("b", Offer("sendonly").text())
        forger = next(peer for peer in port._peers if peer is not there)
        client._port.outlets[0].send(check(forger.local.ufrag, forger.local.password, nominate=True), client.server)
        await until(lambda: len(port._checks) == 1, 5)
        client.speak()
        source = node.bridge.rooms[ROOM].participants[client.name].audio
        await until(lambda: source.layers[0].packets == 1, 5)
        assert (forger.path, forger.paths) == (None, [])


async def test_the_same_credentials_are_no_restart_and_many_restarts_leave_little(node: Node) -> None:
    offer = Offer("sendonly")
    _, ice = node.open("a", offer.text())
    assert node.bridge.negotiation.renew_session(ROOM, "a", "s", (ice,), offer.ice.fragment()) == (ice, None)
    for _ in range(50):
        node.bridge.negotiation.renew_session(ROOM, "a", "s", None, Ice().fragment())
    assert node.left_over()["ufrags"] <= 3
    with pytest.raises(BridgeError, match="stale_session"):
        node.bridge.negotiation.renew_session(ROOM, "a", "s", (ice,), offer.ice.fragment())
    with pytest.raises(BridgeError, match="no_session"):
        node.bridge.negotiation.renew_session(ROOM, "a", "another", None, offer.ice.fragment())


async def test_a_new_session_replaces_the_former_once_it_stands(node: Node) -> None:
    async with clients(2) as (former, newer):
        await former.connect(node.open("a", former.offer(), "former")[0])
        answer, _ = node.open("a", newer.offer(), "newer")
        node.bridge.negotiation.renew_session(ROOM, "a", "former", None, Ice().fragment())
        await newer.connect(answer)
        await until(lambda: [kind for kind, _ in node.told] == ["connected", "connected"], 10)
        with pytest.raises(BridgeError, match="no_session"):
            node.bridge.negotiation.end_session(ROOM, "a", "former")
        assert node.reasons() == []


@pytest.mark.parametrize("passive", [False, True])
async def test_only_who_lets_the_bridge_begin_dtls_is_not_told_of_its_end(node: Node, passive: bool) -> None:
    """FFmpeg's muxer stands still at a goodbye, and ends by itself where nobody answers."""
    client = Client("127.0.0.1", both(1), passive=passive)
    await client.connect(node.open("a", client.describe(client.publishing()))[0])
    await until(lambda: bool(node.told), 10)
    heard: list[bytes] = []
    assert client.peer is not None
    client.peer.on_dtls = heard.append  # type: ignore[assignment, method-assign]
    port, [there] = node.bridge.port, node.bridge.connections.by_peer
    path = there.path
    node.bridge.negotiation.end_session(ROOM, "a", "s")
    await until(lambda: not port._farewells, 10)
    assert path is not None
    path.send(LAST_WORD)
    await until(lambda: LAST_WORD in heard, 10)
    assert (heard == [LAST_WORD]) is passive
    await client.close()


class Hasty(Light):
    """Speaks as soon as its own part of the handshake has ended, while the bridge's word of that is held back."""

    def __init__(self, node: Node, noise: int) -> None:
        Client.__init__(self, "127.0.0.1", both(1), passive=True)
        self.name = "hasty"
        self.held: list[bytes] = []
        self._node, self._noise = node, noise

    @property
    def there(self) -> Peer:
        """Its transport at the bridge."""
        (found,) = self._node.bridge.port._peers
        return found

    def _on_connected(self, peer: Peer) -> None:
        self.there.on_dtls = self.held.append  # type: ignore[assignment, method-assign]
        for number in range(self._noise):
            self._port.outlets[0].socket.sendto(b"\x80\x6f" + bytes([number]) * 60, self.server)
        super()._on_connected(peer)
        self.speak()

    def go_on(self) -> None:
        """Let the bridge hear of the end of the handshake."""
        there = self.there
        del there.on_dtls
        for datagram in self.held:
            there.on_dtls(datagram)


@pytest.mark.parametrize(("noise", "heard"), [(0, 1), (3, 1), (MAX_EARLY, 0)])
async def test_what_comes_with_the_end_of_the_handshake_is_kept(node: Node, noise: int, heard: int) -> None:
    """A little of it, and what is not authentic is dropped then."""
    client, port = Hasty(node, noise), node.bridge.port
    await client.connect(node.open(client.name, client.offer())[0])
    kept = min(noise + 1, MAX_EARLY)
    await until(lambda: len(client.there.early) == kept and port.counters.stray == noise + 1 - kept, 10)
    client.go_on()
    await until(lambda: [kind for kind, _ in node.told][:1] == ["connected"], 10)
    assert node.bridge.rooms[ROOM].participants[client.name].audio.layers[0].packets == heard
    assert port.counters.not_authentic == kept - heard
    assert client.there.early == []
    await client.close()


@pytest.mark.parametrize("by", ["session", "signalling"])
async def test_who_sends_is_waited_for_and_told_lost_once(node: Node, by: str) -> None:
    """Until nobody sends any more who waits for answers; what stands again is told as a connection of its own."""
    async with clients(1) as (client,):
        await client.connect(node.open("a", client.offer())[0] if by == "session" else node.offer("a", client.offer()))
        await until(lambda: bool(node.told), 10)
        port, now = node.bridge.port, node.bridge.now()
        for _ in range(3):
            port.check(now + DEAD_AFTER_S + 1)
        assert [kind for kind, _ in node.told] == ["connected", "disconnected"]
        assert node.bridge.rooms[ROOM].participants["a"].away
        client.speak()
        await until(lambda: len(node.told) > 2, 10)
        assert [fields.get("connection") for _, fields in node.told[:3]] == [1, 1, 2]
        assert not node.bridge.rooms[ROOM].participants["a"].away
        port.check(now + DEAD_AFTER_S + 1)
        port.check(now + CONSENT_S + 1)
        assert node.reasons() == ["timeout", "timeout"]
        assert set(node.left_over()) <= {"numbers", "participants", "farewells"}


async def test_a_stranger_is_answered_nothing_and_who_is_known_no_more_than_it_sent(node: Node) -> None:
    """Else whoever forges an address could have us send there: noise, checks that are not ours, DTLS from nobody."""
    answer, _ = node.open("a", Offer("sendonly").text())
    ours = parse_offer(answer)
    name, counters = f"{ours.ufrag}:theirs", node.bridge.port.counters
    check = ice.request(bytes(12), name, ours.password, 7)
    hello = b"\x16\xfe\xff" + bytes(200)
    others = (b"\x80" + bytes(100), b"\x80\xc9" + bytes(30), hello, ice.request(bytes(12), name, "guessed", 7))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        stranger.connect(_candidate(answer))
        for data in others:
            stranger.send(data)
        await until(lambda: counters.stray + counters.not_authentic == len(others), 10, lambda: counters)
        with pytest.raises(BlockingIOError):
            stranger.recv(2048)
        stranger.send(check)
        received = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(stranger, 2048), 10)
    assert ice.parse(received) is not None
    assert len(received) <= len(check)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("a=sendonly", "a=recvonly"), "media.bad_offer"),
        (("a=sendonly", "a=inactive"), "media.bad_offer"),
        (("VP8/90000", "VP9/90000"), "media.unsupported"),
        (("opus/48000/2", "PCMU/8000"), "media.unsupported"),
        (("m=audio 9", "m=application 9"), "media.unsupported"),
        (("a=ice-pwd", "a=ice-word"), "media.bad_offer"),
    ],
)
async def test_what_cannot_be_taken_whole_is_refused(node: Node, change: tuple[str, str], code: str) -> None:
    text = Offer("sendonly").text().replace("H264", "H265").replace(*change)
    with pytest.raises(BridgeError) as refused:
        node.open("a", text)
    assert refused.value.code == code
    assert node.left_over() == {"participants": 1}


async def test_a_line_that_is_bundle_only_is_taken(node: Node) -> None:
    text = Offer("sendrecv").text().replace("m=video 9", "m=video 0").replace("a=mid:1", "a=mid:1\r\na=bundle-only")
    answer, _ = node.open("a", text)
    assert answer.count("a=recvonly") == 2
    assert answer.count("a=rtcp-mux-only") == 2


async def test_who_is_asked_to_come_again_is_taken_in_when_the_node_is_in_time(node: Node) -> None:
    """Late for one look alone: the turns of the bridge itself say soon that it is not."""
    async with clients(1) as (client,):
        node.bridge.overload.load.step(node.bridge.now() + WINDOW_S, SHED_S, overflowed=True)
        with pytest.raises(BridgeError) as refused:
            node.open(client.name, client.offer())
        assert refused.value.code == "media.busy"
        await client.connect(await node.take_in(client.name, client.offer()))


async def test_nothing_is_left_of_two_hundred_sessions(node: Node) -> None:
    """A quarter each is ended by its client's word, by its goodbye, by silence, or never stands."""
    tasks = len(asyncio.all_tasks())
    async with clients(SESSIONS) as every:
        for number, client in enumerate(every):
            answer = await node.take_in(client.name, client.offer())
            if number % 4:
                await client.connect(answer)
            if number % 4 == 1:
                node.bridge.negotiation.end_session(ROOM, client.name, "s")
            elif number % 4 == 2:
                client.hand_over()  # as if its power were cut: nothing is said, nothing answered
            elif number % 4 == 3:
                await client.close()
        quarter = SESSIONS // 4
        ends = {"left": quarter, "timeout": quarter, "failed": quarter}
        await until(lambda: Counter(node.reasons()) == ends, 60, node.reasons)
        for client in every:
            node.bridge.remove(ROOM, client.name)
        await until(lambda: not node.left_over(), 10)
    await until(lambda: len(asyncio.all_tasks()) <= tasks, 10)
