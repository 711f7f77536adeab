"""Our server keeps every rule of WHIP and WHEP; the suite that says so tells one that does not."""

import asyncio
from dataclasses import replace

import pytest
from pydantic import SecretStr

from tests.conformance.server import Protocol, Server
from tests.conformance.whip import main, run, table
from tests.web.stage import Stage
from tests.web.test_whip import case
from tests.web.world import World


@pytest.mark.parametrize("protocol", ["whip", "whep"])
async def test_every_rule_is_kept(stage: Stage, world: World, protocol: Protocol) -> None:
    relays = {"turn_urls": ("turn:10.0.0.1:3478?transport=udp", "turns:10.0.0.1"), "turn_secret": SecretStr("shared")}
    stage.core = replace(stage.core, settings=stage.core.settings.model_copy(update=relays))
    async with case(stage, world) as at:
        with Server(f"http://{stage.live}/{protocol}/{at.meeting}", at.token, protocol) as server:
            results = await asyncio.to_thread(run, server)
        assert len(results) >= 30
        assert all(outcome.word == "ok" for _, outcome in results), table(results)


def test_an_endpoint_that_is_none_is_told(live: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--url", f"http://{live}/healthz", "--token", "none"]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if " RFC " in line]
    failed = [line for line in lines if line.startswith("FAILED")]
    assert len(lines) >= 30
    assert len(failed) > 20
