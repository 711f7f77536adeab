"""What a county sets: each version follows the one that somebody saw, whoever else sets it at the same moment."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy.orm import Session

from alerts.authority.tables import change_table, table_state
from alerts.calls.plans import change_plan, plan_state
from alerts.resends.policies import change_policy, policy_state
from command.directory.model import RoleGrant
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import StaleVersion
from command.kernel.rights import Role
from command.kernel.values import State
from tests.alerts.county import County

Change = Callable[[Session, Clock, Actor, int, Mapping[str, Any] | None], State]
Read = Callable[[Session, Actor], State]


@pytest.mark.parametrize(
    ("change", "read"), [(change_table, table_state), (change_plan, plan_state), (change_policy, policy_state)]
)
def test_of_several_who_change_it_at_once_one_does_and_the_others_are_told(
    either: County, change: Change, read: Read
) -> None:
    county, together = either, 4
    with county.db.writing() as session:
        own = {"role": Role.SYSTEM_ADMINISTRATOR, "unit_id": county.units["county"]}
        session.add(RoleGrant(user_id=county.users["duty"], **own))
    ready = Barrier(together)

    def act(_: int) -> str:
        with county.db.writing() as session:
            actor = county.actor(session, "duty")
            # All have begun; of SQLite's writers each waits for the one before.
            if session.get_bind().dialect.name == "postgresql":
                ready.wait(10)
            return str(change(session, county.clock, actor, 0, None)["version"])

    def tried(number: int) -> str:
        try:
            return act(number)
        except StaleVersion as stale:
            return f"{stale.code} {stale.params['version']}"

    with ThreadPoolExecutor(together) as pool:
        came = sorted(pool.map(tried, range(together)))
    assert came == ["1", *["version.stale 1"] * (together - 1)]
    shown = county.see("duty", read)
    assert (shown["version"], shown["own"]) == (1, False)
