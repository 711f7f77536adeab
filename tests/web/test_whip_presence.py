"""What the meeting does to sessions, and sessions to the meeting: mutes, removals, ends, strangers, deaths."""

import asyncio

import httpx

from command.kernel.actor import system_actor
from media.nodes.actions import drain
from tests.conformance.offers import Offer
from tests.conformance.server import SDP
from tests.web.http_peer import HttpPeer
from tests.web.stage import Reception, Stage, soon
from tests.web.talk import Party
from tests.web.test_media_nodes import carriers
from tests.web.test_two_web_processes import connected
from tests.web.test_whip import Case, case
from tests.web.world import World


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def offered(at: Case, path: str, token: str, direction: str = "sendonly") -> httpx.Response:
    """What is answered to an offer that nobody will use."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": SDP}
    return at.duty.http.post(f"http://{at.stage.live}{path}", content=Offer(direction).text(), headers=headers)


async def sending(at: Case) -> HttpPeer:
    encoder = at.encoder()
    assert (await encoder.post()).status_code == 201
    await soon(at.site_is("south_box", "joined"), why=at.states)
    return encoder


async def test_the_chair_mutes_removes_and_ends(stage: Stage, world: World) -> None:
    async with case(stage, world) as at:
        encoder, reception = await sending(at), Reception()
        player = at.player(reception)
        await player.post()
        await soon(lambda: reception.loud > 20, why=lambda: vars(reception))
        await asyncio.to_thread(at.duty.control, at.meeting, "mute", site=at.site)
        counts = [reception.loud]

        def silent() -> bool:
            counts.append(reception.loud)
            return len(counts) > 20 and len(set(counts[-20:])) == 1

        await soon(silent, why=lambda: counts[-20:])
        await asyncio.to_thread(at.duty.control, at.meeting, "remove", site=at.site)
        await soon(lambda: encoder.connection.connectionState in {"closed", "failed"})
        assert code(await encoder.patch(*encoder.own_ice(), encoder.tag)) == (404, "media.no_session")
        again = at.encoder()
        assert code(await again.post()) == (403, "meeting.removed")
        await asyncio.to_thread(at.duty.control, at.meeting, "end")
        await soon(lambda: player.connection.connectionState in {"closed", "failed"})
        assert (await player.delete()).status_code == 404
        assert code(await at.player(Reception()).post()) == (409, "meeting.over")
        await asyncio.gather(encoder.close(), again.close(), player.close())


async def test_who_may_not(stage: Stage, world: World) -> None:
    async with case(stage, world) as at:
        whip, whep = f"/whip/{at.meeting}", f"/whep/{at.meeting}"
        answers = [
            await asyncio.to_thread(offered, at, *asked)
            for asked in (
                (whip, "nobody"),
                (whip, world.token("wall")),
                (whip, world.token("north_box")),
                (whep, world.token("north_box"), "recvonly"),
                ("/whip/none", at.token),
                (f"{whep}/none", at.token, "recvonly"),
                (f"{whep}/{at.site}", world.token("wall"), "recvonly"),
            )
        ]
        assert [answer.status_code for answer in answers] == [401, 409, 404, 404, 404, 404, 201]
        assert [code(answer)[1] for answer in answers[:-1]] == [
            "access.unknown",
            "meeting.watches_only",
            "meeting.unknown",
            "meeting.unknown",
            "meeting.unknown",
            "meeting.site_unknown",
        ]
        states = await asyncio.to_thread(at.states)
        assert sorted(states) == [("terminal", "south_box", "ringing"), ("viewer", "wall", "answered")]


async def test_what_never_stands_or_dies_leaves_by_itself(stage: Stage, world: World) -> None:
    async with case(stage, world) as at:
        answer = await asyncio.to_thread(offered, at, f"/whep/{at.meeting}", at.token, "recvonly")
        assert answer.status_code == 201
        encoder = await sending(at)
        player = at.player(Reception())
        await player.post()
        await soon(lambda: ("viewer", "duty", "joined") in at.states(), why=at.states)
        for peer in (encoder, player):  # as if the power were cut: no goodbye, no answers
            await peer.fall_silent()
        await soon(at.site_is("south_box", "lost"), why=at.states)
        await soon(
            lambda: {("viewer", "duty", "left"), ("viewer", "south_box", "left")} <= set(at.states()), why=at.states
        )
        assert (await encoder.delete()).status_code == 200, "who sends may come back"
        again = await sending(at)
        await again.delete()
        await asyncio.gather(encoder.close(), again.close(), player.close())


async def test_sessions_end_when_their_meeting_has_left_a_node_that_drains(two_nodes: Stage, world: World) -> None:
    """Whoever opens another one as soon as the connection has ended is where the meeting is, and was never lost."""
    async with case(two_nodes, world) as at:
        encoder, before, after = await sending(at), Reception(), Reception()
        player = at.player(before)
        await player.post()
        await soon(lambda: before.pictures > 10 and before.loud > 20, why=lambda: vars(before))
        [first] = await asyncio.to_thread(carriers, two_nodes, at.duty)
        head = await asyncio.to_thread(at.duty.head)
        await asyncio.to_thread(drained, two_nodes, first)
        await soon(lambda: [one.connection.connectionState for one in (encoder, player)] == ["closed"] * 2)
        again, player_again = await sending(at), at.player(after)
        assert (await encoder.delete()).status_code == (await player.delete()).status_code == 404
        assert (await player_again.post()).status_code == 201
        await soon(lambda: after.pictures > 10 and after.loud > 20, why=lambda: vars(after))
        await soon(lambda: carriers(two_nodes, at.duty) == [1 - first], why=lambda: carriers(two_nodes, at.duty))
        assert await asyncio.to_thread(at.duty.kinds, head) == ["moved"]
        await asyncio.gather(*(one.close() for one in (encoder, player, again, player_again)))


async def test_a_session_is_renewed_and_ended_where_it_is_while_its_meeting_moves(
    two_nodes: Stage, world: World
) -> None:
    """A desk that does not come along has the meeting stay at both nodes for six seconds."""
    async with case(two_nodes, world) as at:
        encoder = await sending(at)
        desk = await asyncio.to_thread(at.duty.talk, at.meeting)
        async with connected(desk):
            await soon(at.site_is("duty", "joined"), why=at.states)
            [first] = await asyncio.to_thread(carriers, two_nodes, at.duty)
            await asyncio.to_thread(drained, two_nodes, first)
            await asyncio.to_thread(desk.until, "move")
            assert (await encoder.patch(*encoder.own_ice(), encoder.tag)).status_code == 204, "trickled"
            restarted = await encoder.patch("anew", "a-password-of-more-than-22-characters", "*")
            assert restarted.status_code == 200
            assert restarted.headers["ETag"] != encoder.tag
            assert (await encoder.patch(*encoder.own_ice(), encoder.tag)).status_code == 412, "its tag is of before"
            assert (await encoder.delete()).status_code == 200
            assert code(await encoder.patch(*encoder.own_ice(), "*")) == (404, "media.no_session")
            await soon(at.site_is("south_box", "left"), why=at.states)
        await encoder.close()


def drained(stage: Stage, node: int) -> None:
    """This node shall give its meetings away and stop."""
    with stage.core.db.writing() as session:
        drain(session, system_actor(), "ab"[node])


async def test_an_account_that_is_locked_is_put_out(stage: Stage, world: World) -> None:
    async with case(stage, world) as at:
        encoder = await sending(at)
        path = f"/terminals/{world.terminals['south_box']}"
        admin = await asyncio.to_thread(Party, stage.live, world, "admin", at.open_things)
        shown = await asyncio.to_thread(admin.http.get, "/terminals")
        version = next(one["version"] for one in shown.json()["items"] if one["name"] == "south_box")
        headers = {"If-Match": f'"{version}"'}
        struck = await asyncio.to_thread(lambda: admin.http.patch(path, json={"active": False}, headers=headers))
        assert struck.status_code == 200, struck.text
        await soon(at.site_is("south_box", "left"), why=at.states)
        await soon(lambda: encoder.connection.connectionState in {"closed", "failed"})
        assert (await encoder.delete()).status_code == 401
        await encoder.close()


async def test_limits(stage: Stage, world: World) -> None:
    async with case(stage, world) as at:

        def asked() -> list[tuple[int, str]]:
            url = f"http://{stage.live}/whip/{at.meeting}"
            headers = {"Authorization": f"Bearer {at.token}", "Content-Type": SDP}
            large = at.duty.http.post(url, content="v=0\r\n" + "a=x\r\n" * 50_000, headers=headers)
            many = [at.duty.http.post(url, content="v=0", headers=headers) for _ in range(110)]
            return [code(large), code(many[0]), code(many[-1])]

        expected = [(413, "request.too_large"), (400, "media.bad_offer"), (429, "media.too_fast")]
        assert await asyncio.to_thread(asked) == expected
