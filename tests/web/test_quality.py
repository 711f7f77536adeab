"""How well connections are: for the desk by site, for Prometheus by stream, from a real node and a real terminal."""

import asyncio
from contextlib import ExitStack
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from media.attendance import Attendance, Seat
from tests.web.stage import Reception, Stage, running, soon
from tests.web.talk import Party
from tests.web.world import World
from web.quality import Look, quality
from web.signal_line import Health


def told(octets_up: int, octets_down: int, **more: Any) -> dict[str, Any]:
    """A participant as the node's statistics show it."""
    source = {"octets": 0, "jitter_ms": 3.2, "layers": [{"live": True, "height": 180}, {"live": False, "height": 360}]}
    slot = {"mid": "3", "kind": "video", "shows": "b", "octets": octets_down, "wanted_height": 360, "sent_height": 180}
    voice = {"mid": "2", "kind": "audio", "shows": "c", "octets": octets_up, "loss": None, "jitter_ms": None}
    slot |= {"loss": 0.25, "jitter_ms": 40.6, "reason": "budget"}
    way = {"round_trip_ms": 31.4, "lost_share": 0.0, "estimate_bps": 400_123.4, "queue_ms": None, "copies": 0}
    way["estimated"] = True
    return {
        "round_trip_ms": None,
        "sends_lost": 0.1812,
        "sources": {"audio": {**source, "octets": octets_up}, "video": source},
        "way": way,
        "tier": {"name": "180p", "level": 2, "why": "thin", "seconds": 12.0},
        "slots": [voice, slot, {**slot, "mid": "4", "shows": None, "octets": 0, "reason": "off"}],
        "findings": [{"code": "uplink_loss", "value": 18}],
        **more,
    }


def test_rates_are_those_between_two_looks() -> None:
    first, second = Look(10.0, {"a": told(1_000, 500)}), Look(12.0, {"a": told(11_000, 500)})
    row = quality(first, second, {})[0]
    assert row["site"] == "a"
    assert row["tier"] == {"tier": "180p", "why": "thin"}
    assert row["round_trip_ms"] == 31
    assert row["up"] == {"bps": 40_000, "loss": 0.181, "jitter_ms": 3, "heights": [180]}
    way = {"loss": 0.0, "estimate_bps": 400_123, "queue_ms": None, "copies": 0}
    assert row["down"] == {"bps": 40_000, "jitter_ms": 41, **way}
    picture = {"shows": "b", "bps": 0, "loss": 0.25, "jitter_ms": 41}
    assert row["pictures"] == [{**picture, "wanted_height": 360, "sent_height": 180, "reason": "budget"}]
    assert row["voices"] == [{"shows": "c", "bps": 40_000, "loss": None, "jitter_ms": None}]
    assert row["findings"] == [{"code": "uplink_loss", "value": 18}]


def test_a_first_look_and_a_connection_made_anew_have_no_rates_and_who_is_gone_no_row() -> None:
    now = Look(12.0, {"a": told(100, 100), "gone": told(0, 0, way=None)})
    for before in (None, Look(10.0, {}), Look(10.0, {"a": told(5_000, 5_000)})):
        rows: list[Any] = quality(before, now, {})
        assert [row["site"] for row in rows] == ["a"]
        assert (rows[0]["up"]["bps"], rows[0]["down"]["bps"]) == (None, None)


def test_what_only_the_page_can_know_comes_first() -> None:
    cases = [
        (Health("cpu", 900, 0.0), ["cpu_bound"]),
        (Health("bandwidth", 140, 0.12), ["uplink_thin", "sound_gaps"]),
        (Health("none", 900, 0.01), []),
    ]
    for health, codes in cases:
        findings: Any = quality(None, Look(1.0, {"a": told(0, 0)}), {"a": health})[0]["findings"]
        assert [one["code"] for one in findings] == [*codes, "uplink_loss"]


def test_a_microphone_that_its_owner_closed_is_no_fault() -> None:
    silent = told(0, 0, findings=[{"code": "microphone_silent", "value": 40}, {"code": "far", "value": 400}])
    for health, codes in (
        (None, ["microphone_silent", "far"]),
        (Health("none", 0, 0.0, True), ["microphone_silent", "far"]),
        (Health("none", 0, 0.0, False), ["far"]),
    ):
        healths = {} if health is None else {"a": health}
        findings: Any = quality(None, Look(1.0, {"a": silent}), healths)[0]["findings"]
        assert [one["code"] for one in findings] == codes


async def test_the_desk_and_prometheus_see_each_stream(stage: Stage, world: World) -> None:
    with ExitStack() as open_things:
        open_things.enter_context(stage.web())
        duty = await asyncio.to_thread(Party, stage.live, world, "duty", open_things)
        made = await asyncio.to_thread(duty.convene, world.terminals["south_box"])
        meeting, box = made["id"], made["invited"][0]["id"]
        reception = Reception()
        seat = Seat(
            f"ws://{stage.live}/api/v1/meetings/{meeting}/signal", duty.token, audio_slots=1, video_slots=1, view=(box,)
        )
        async with (
            running(stage.terminal(world.token("south_box")).run),
            running(Attendance(seat, list, reception.on_track).attend),
        ):
            await soon(lambda: reception.pictures > 10, why=lambda: vars(reception))
            await soon(lambda: flowing(rows(duty, meeting), box), why=lambda: rows(duty, meeting))
            await asyncio.to_thread(the_figures_are_complete, stage, meeting, box)
            await asyncio.to_thread(others_see_their_own_alone, stage, world, open_things, meeting, box)
            await soon(lambda: reported(duty, meeting), why=lambda: rows(duty, meeting))
        stage.node.kill()
        await soon(lambda: not answer(duty, meeting)["node"], why=lambda: answer(duty, meeting))
        assert 'fengsui_media_node_up{node="a"} 0.0' in scraped(stage)


def answer(party: Party, meeting: str) -> dict[str, Any]:
    found = party.http.get(f"/meetings/{meeting}/quality")
    assert found.status_code == 200, found.text
    value: dict[str, Any] = found.json()
    return value


def rows(party: Party, meeting: str) -> dict[str, dict[str, Any]]:
    return {row["site"]: row for row in answer(party, meeting)["items"]}


def flowing(found: dict[str, dict[str, Any]], box: str) -> bool:
    """The terminal sends, and the desk receives its picture."""
    desk = next((row for site, row in found.items() if site != box and row["pictures"]), None)
    if desk is None or box not in found:
        return False
    shown = desk["pictures"][0]
    return (found[box]["up"]["bps"] or 0) > 10_000 and (desk["down"]["bps"] or 0) > 10_000 and shown["shows"] == box


def scraped(stage: Stage) -> str:
    return httpx.get(f"http://{stage.live}/metrics", trust_env=False).text


def the_figures_are_complete(stage: Stage, meeting: str, box: str) -> None:
    text = scraped(stage)
    samples = [sample for family in families(text) for sample in family.samples]
    assert [one.value for one in samples if one.name == "fengsui_media_node_up"] == [1]
    received = [s for s in samples if s.name == "fengsui_received_packets_total" and s.labels["site"] == box]
    assert {one.labels["meeting"] for one in received} == {meeting}
    assert {one.labels["kind"] for one in received if one.value > 10} == {"audio", "video"}, "of either size"
    for name in ("fengsui_sent_loss_ratio", "fengsui_sent_jitter_seconds"):
        told = [one for one in samples if one.name == name]
        assert all(0 <= one.value < 1 for one in told)
        assert {one.labels["kind"] for one in told} == {"audio", "video"}, "of what comes to the desk"
    sent = [one for one in samples if one.name == "fengsui_slot_sent_height_pixels"]
    assert any(sample.labels["shows"] == box and sample.value > 0 for sample in sent)
    assert "south_box" not in text, "no names"


def families(text: str) -> list[Any]:
    return list(text_string_to_metric_families(text))


def others_see_their_own_alone(stage: Stage, world: World, open_things: ExitStack, meeting: str, box: str) -> None:
    terminal = Party(stage.live, world, "south_box", open_things)
    assert set(rows(terminal, meeting)) == {box}
    north = Party(stage.live, world, "north_box", open_things)
    assert north.http.get(f"/meetings/{meeting}/quality").status_code == 404


def reported(duty: Party, meeting: str) -> bool:
    """A page of the desk says of itself that its computer is too slow."""
    talk = duty.talk(meeting)
    talk.until("welcome")
    talk.say(type="health", limited="cpu", uplink_kbps=300, concealed=0.0)
    talk.say(type="ping", at=1)
    talk.until("pong")
    found = any({"code": "cpu_bound", "value": 0} in row["findings"] for row in rows(duty, meeting).values())
    talk.close()
    return found
