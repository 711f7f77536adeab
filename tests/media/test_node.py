"""The node's control WebSocket, spoken to by hand and through NodeClient."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from media import node as node_module
from media.control import NodeClient, Synced
from media.errors import BridgeError
from media.messages import MOST_BODY, Connected, SlotCount, WantedParticipant, WantedRoom
from media.node import MediaConfig, Ready, serve
from tests.media.signal_server import until

TOKEN = "the-control-token"


@pytest_asyncio.fixture
async def ready() -> AsyncIterator[Ready]:
    told: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
    config = MediaConfig("127.0.0.1", 0, TOKEN, "127.0.0.1", 0, ("127.0.0.1",))
    task = asyncio.create_task(serve(config, told.set_result))
    yield await told
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class Control:
    """A control connection by hand."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self.number = 0

    async def ask(self, **command: Any) -> dict[str, Any]:
        self.number += 1
        await self.socket.send(json.dumps({"n": self.number, **command}))
        while True:
            message: dict[str, Any] = await self.read()
            if message.get("n") == self.number:
                return message

    async def read(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self.socket.recv(), 8))
        if "event" in message:
            self.events.append(message)
        return message

    async def next_event(self, kind: str) -> dict[str, Any]:
        while True:
            message = await self.read()
            if message.get("type") == kind:
                return message


@asynccontextmanager
async def control(ready: Ready) -> AsyncIterator[Control]:
    url = f"ws://127.0.0.1:{ready.control_port}/"
    async with connect(url, additional_headers={"Authorization": f"Bearer {TOKEN}"}) as socket:
        hello = json.loads(await socket.recv())["hello"]
        assert (hello["udp_port"], hello["addresses"]) == (ready.udp_port, ["127.0.0.1"])
        yield Control(socket)


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer other"}, {"Authorization": TOKEN}])
async def test_a_stranger_is_refused(ready: Ready, header: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{ready.control_port}/", additional_headers=header):
            pass
    assert refused.value.response.status_code == 401


async def test_sync_makes_the_wanted_state_and_closes_the_rest(ready: Ready) -> None:
    async with control(ready) as node:
        await node.ask(do="open_room", room="old", participants=[{"participant": "x"}])
        wanted = [{"room": "m", "participants": [{"participant": "a", "muted": True}, {"participant": "b"}]}]
        first = (await node.ask(do="sync", rooms=wanted))["ok"]["rooms"]
        assert [room["room"] for room in first] == ["m"]
        states = {p["participant"]: (p["connected"], p["muted"]) for p in first[0]["participants"]}
        assert states == {"a": (False, True), "b": (False, False)}
        wanted[0]["participants"] = [{"participant": "b", "video_muted": True}]
        second = (await node.ask(do="sync", rooms=wanted))["ok"]["rooms"][0]["participants"]
        assert [(p["participant"], p["video_muted"]) for p in second] == [("b", True)]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"do": "dance"}, "control.bad_command"),
        ({"do": "open_room"}, "control.bad_command"),
        ({"do": "view", "room": "m", "participant": "a", "slots": [1]}, "control.bad_command"),
        ({"do": "view", "room": "m", "participant": "a", "slots": [None] * 26}, "control.bad_command"),
        ({"do": "view", "room": "m", "participant": "a", "slots": [], "heights": [-1]}, "control.bad_command"),
        ({"do": "view", "room": "m", "participant": "a", "slots": [], "heights": [1] * 26}, "control.bad_command"),
        ({"do": "mute", "room": "none", "participant": "a", "muted": True}, "media.unknown_room"),
        ({"do": "offer", "room": "m", "participant": "stranger", "sdp": ""}, "media.not_in_room"),
        ({"do": "offer", "room": "m", "participant": "a", "sdp": "v=0\r\n"}, "media.bad_offer"),
    ],
)
async def test_a_bad_command_is_answered_with_its_code(ready: Ready, command: dict[str, Any], code: str) -> None:
    async with control(ready) as node:
        await node.ask(do="open_room", room="m", participants=[{"participant": "a"}])
        assert (await node.ask(**command))["error"]["code"] == code
        assert (await node.ask(do="stats", future_field=1))["ok"]["port"]["peers"] == 0


async def test_what_is_no_command_at_all(ready: Ready) -> None:
    async with control(ready) as node:
        for text in ("not json", "[]", "7", '{"n": 1}'):
            await node.socket.send(text)
            assert (await node.read())["error"]["code"] == "control.bad_command"


@asynccontextmanager
async def publisher(node: Control, room: str, name: str, **slots: int) -> AsyncIterator[RTCPeerConnection]:
    """A connected aiortc client."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("audio", direction="recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    answer = await node.ask(
        do="offer",
        room=room,
        participant=name,
        sdp=connection.localDescription.sdp,
        **({"slots": slots} if slots else {}),
    )
    if "error" in answer:
        await connection.close()
        raise BridgeError(answer["error"]["code"], answer["error"]["detail"])
    await connection.setRemoteDescription(RTCSessionDescription(answer["ok"]["sdp"], "answer"))
    yield connection
    await connection.close()


async def test_events_are_kept_until_acknowledged(ready: Ready) -> None:
    async with control(ready) as node:
        await node.ask(do="open_room", room="m", participants=[{"participant": "a"}])
        async with publisher(node, "m", "a"):
            connected = await node.next_event("connected")
        left = await node.next_event("disconnected")
    assert (connected["participant"], connected["connection"]) == ("a", 1)
    assert (left["reason"], left["connection"]) == ("left", 1)
    async with control(ready) as again:
        assert [await again.read(), await again.read()] == [connected, left]
        await again.socket.send(json.dumps({"ack": connected["event"]}))
        await again.ask(do="stats")
    async with control(ready) as third:
        assert await third.read() == left


async def test_an_unacknowledged_event_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "RESEND_S", 0.05)
    outbox = node_module.Outbox()
    queue = outbox.join()
    resending = asyncio.create_task(outbox.resend())
    outbox.emit("connected", "m", "a", connection=1)
    outbox.emit("speaker", "m", "a", loudest=["a"])
    texts = [json.loads(await asyncio.wait_for(queue.get(), 2)) for _ in range(4)]
    assert [text["type"] for text in texts] == ["connected", "speaker", "connected", "connected"]
    outbox.acknowledge(texts[0]["event"])
    resending.cancel()
    assert outbox.join().empty()


async def test_the_node_passes_on_and_tells_who_comes_and_goes(ready: Ready) -> None:
    async with control(ready) as one, control(ready) as stranger:
        assert "ok" in await one.ask(do="attend", rooms=["m"])
        assert (await one.next_event("attending"))["clients"] == []
        assert "ok" in await stranger.ask(do="attend", rooms=["n"])
        async with control(ready) as two:
            await two.ask(do="attend", rooms=["m"])
            [first] = (await two.next_event("attending"))["clients"]
            [second] = (await one.next_event("attending"))["clients"]
            assert "ok" in await one.ask(do="pass_on", room="m", body="a word")
            told = await two.next_event("passed")
            assert (told["room"], told["client"], told["body"]) == ("m", first, "a word")
            assert "ok" in await two.ask(do="pass_on", room="m", body="another", to=[first])
            assert (await one.next_event("passed"))["client"] == second
            await refusals(one, stranger)
        assert (await one.next_event("attending"))["clients"] == []
        assert [event["type"] for event in stranger.events] == ["attending"]


async def refusals(one: Control, stranger: Control) -> None:
    refused = [
        await stranger.ask(do="pass_on", room="m", body="x"),
        await one.ask(do="pass_on", room="m", body="x" * (MOST_BODY + 1)),
        await one.ask(do="attend", rooms=[str(number) for number in range(1_001)]),
    ]
    codes = [one["error"]["code"] for one in refused]
    assert codes == ["control.not_attending", "control.bad_command", "control.bad_command"], json.dumps(refused)


async def test_announced_slots_must_be_those_of_the_description(ready: Ready) -> None:
    async with control(ready) as node:
        await node.ask(do="open_room", room="m", participants=[{"participant": "a"}])
        with pytest.raises(BridgeError) as refused:
            async with publisher(node, "m", "a", audio=3, video=0):
                pass
        assert refused.value.code == "media.bad_offer"


async def test_the_client_syncs_first_and_speaks_typed(ready: Ready) -> None:
    async def wanted() -> list[WantedRoom]:
        return [WantedRoom(room="m", participants=(WantedParticipant(participant="a", muted=True),))]

    seen: list[object] = []

    async def collect(client: NodeClient) -> None:
        async for event in client.events():
            seen.append(event)
            if isinstance(event, Connected):
                await client.acknowledge(event)

    async with NodeClient(f"ws://127.0.0.1:{ready.control_port}/", TOKEN, wanted) as client:
        collecting = asyncio.create_task(collect(client))
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        connection.addTransceiver("video", direction="recvonly")
        await connection.setLocalDescription(await connection.createOffer())
        sdp = await client.offer("m", "a", connection.localDescription.sdp, SlotCount(audio=0, video=1))
        await connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        await until(lambda: any(isinstance(event, Connected) for event in seen), 8, lambda: seen)
        assert isinstance(seen[0], Synced)
        assert not seen[0].restarted
        snapshot = await client.sync()
        assert [(p.participant, p.connected, p.muted) for p in snapshot.rooms[0].participants] == [("a", True, True)]
        await client.view("m", "a", ["speaker"], [360])
        await client.refresh("m", "a", 0)
        await client.remove("m", "a")
        with pytest.raises(BridgeError, match=r"media\.not_in_room"):
            await client.mute("m", "a", False)
        await connection.close()
        collecting.cancel()


async def test_a_node_that_is_not_there_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing() -> list[WantedRoom]:
        return []

    monkeypatch.setattr("media.control.READY_TIMEOUT_S", 0.2)
    async with NodeClient("ws://127.0.0.1:9/", TOKEN, nothing) as client:
        with pytest.raises(BridgeError, match=r"media\.unavailable"):
            await client.stats()
