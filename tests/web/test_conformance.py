"""Our server keeps every rule of WHIP and WHEP; the suite that says so tells one that does not."""

import asyncio
from dataclasses import replace

import pytest
from pydantic import SecretStr

from tests.conformance.server import Protocol, Server
from tests.conformance.whip import main, run, table
from tests.peers.haproxy import leads_on
from tests.web.stage import Stage
from tests.web.test_whip import Case, case
from tests.web.world import World


@pytest.fixture
def relayed(stage: Stage) -> Stage:
    """Which tells of relays."""
    relays = {"turn_urls": ("turn:10.0.0.1:3478?transport=udp", "turns:10.0.0.1"), "turn_secret": SecretStr("shared")}
    stage.core = replace(stage.core, settings=stage.core.settings.model_copy(update=relays))
    return stage


@pytest.mark.parametrize("protocol", ["whip", "whep"])
async def test_every_rule_is_kept(relayed: Stage, world: World, protocol: Protocol) -> None:
    async with case(relayed, world) as at:
        await keeps_every_rule(relayed.live, at, protocol)


@pytest.mark.parametrize(("protocol", "code"), [("whip", 307), ("whep", 308)])
async def test_the_suite_goes_where_a_balancer_leads(
    relayed: Stage, world: World, protocol: Protocol, code: int
) -> None:
    async with case(relayed, world) as at:
        with leads_on(relayed.live, code) as port:
            await keeps_every_rule(f"127.0.0.1:{port}", at, protocol)


async def keeps_every_rule(host: str, at: Case, protocol: Protocol) -> None:
    with Server(f"http://{host}/{protocol}/{at.meeting}", at.token, protocol) as server:
        results = await asyncio.to_thread(run, server)
    assert len(results) >= 30
    assert all(outcome.word == "ok" for _, outcome in results), table(results)


def test_an_endpoint_that_is_none_is_told(live: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--url", f"http://{live}/healthz", "--token", "none"]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if " RFC " in line]
    failed = [line for line in lines if line.startswith("FAILED")]
    assert len(lines) >= 30
    assert len(failed) > 20
