"""Roles as audience: whoever has one in a unit of the area, or anywhere, is told once, as it is at the issue."""

from collections.abc import Iterable
from typing import Any

import pytest

from alerts import actions
from alerts.drafting import AreaInput, RoleTold
from alerts.model import Alert
from alerts.preview import preview
from command.directory.model import Person, RoleGrant, User
from command.kernel.errors import FengsuiError
from command.kernel.rights import Role
from tests.alerts.county import DIVISIONS, NORTH, County, fields
from tests.alerts.steps import drafted, issue
from tests.alerts.test_groups import told

NEARBY, EVERYWHERE = RoleTold("leader"), RoleTold("leader", everywhere=True)


def give(county: County, user: str, role: Role, unit: str, person: str | None = None) -> None:
    """A role in a unit; `person` is who stands behind the account."""
    with county.db.writing() as session:
        session.add(RoleGrant(user_id=county.users[user], role=role, unit_id=county.units[unit]))
        if person is not None:
            session.get_one(Person, county.people[person]).user_id = county.users[user]


def looked(county: County, *roles: RoleTold, by: str = "issuer", **more: object) -> Any:
    wanted = fields(**{"area": AreaInput(divisions=(NORTH,)), "channels": ("email",), "roles": roles, **more})
    return county.see(by, lambda s, a: preview(s, county.clock, a, wanted, DIVISIONS))


def reached(role: RoleTold, members: int, reached: int) -> dict[str, Any]:
    return {**role._asdict(), "members": members, "reached": reached}


@pytest.fixture
def led(county: County) -> County:
    """The southern head leads the north as well, the village's person the county; their accounts are elsewhere."""
    give(county, "duty", Role.LEADER, "north", "south_head")
    give(county, "reviewer", Role.LEADER, "county", "villager")
    return county


def test_a_role_counts_in_the_unit_where_it_was_given(led: County) -> None:
    assert (looked(led)["people"], looked(led)["roles"]) == (2, [])
    near = looked(led, NEARBY)
    assert (near["people"], near["roles"]) == (3, [reached(NEARBY, 1, 1)])
    far = looked(led, EVERYWHERE)
    assert (far["people"], far["roles"]) == (4, [reached(EVERYWHERE, 2, 2)])
    county_wide = looked(led, NEARBY, area=AreaInput(divisions=("532301",)))
    assert county_wide["roles"] == [reached(NEARBY, 2, 2)]
    drawn = {"type": "Polygon", "coordinates": [[[101.3, 25.1], [101.4, 25.1], [101.4, 25.2], [101.3, 25.1]]]}
    assert looked(led, NEARBY, area=AreaInput(polygon=drawn))["roles"] == [reached(NEARBY, 1, 1)]
    commanders = RoleTold("commander", everywhere=True)
    assert looked(led, commanders)["roles"] == [reached(commanders, 0, 0)]


def test_each_is_told_once_per_channel_and_what_is_frozen_is_as_it_is_at_the_issue(either: County) -> None:
    county = either
    give(county, "duty", Role.LEADER, "north", "south_head")
    channels = {"channels": ("email", "websocket"), "titles": ("西舍路镇镇长",)}
    wanted = fields(area=AreaInput(divisions=(NORTH,)), roles=(EVERYWHERE,), **channels)
    alert = drafted(county, wanted=wanted)
    with county.db.reading() as session:
        assert session.get_one(Alert, alert).state()["roles"] == [{"role": "leader", "everywhere": True}]
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, alert))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, alert))
    give(county, "issuer", Role.LEADER, "south")
    issue(county, alert)
    assert named(told(county), ("south_head", "issuer")) == ["issuer", "south_head", "south_head"]
    change = county.do("issuer", lambda s, a: actions.update(s, county.clock, a, alert, {}, DIVISIONS).state())
    assert change["roles"] == [{"role": "leader", "everywhere": True}]


def test_an_account_without_a_person_is_told_on_its_page_and_one_out_of_use_not(county: County) -> None:
    give(county, "weather", Role.DUTY_OFFICER, "station")
    officers = RoleTold("duty_officer", everywhere=True)
    assert looked(county, officers)["roles"] == [reached(officers, 2, 0)], "neither has a mailbox"
    assert looked(county, officers, channels=("websocket",))["roles"] == [reached(officers, 2, 2)]
    with county.db.writing() as session:
        session.get_one(User, county.users["duty"]).active = False
    assert looked(county, officers, channels=("websocket",))["roles"] == [reached(officers, 1, 1)]


def test_a_township_tells_its_own_alone(led: County) -> None:
    give(led, "north_operator", Role.ALERT_ISSUER, "north")
    give(led, "south_operator", Role.LEADER, "north", "north_head")
    own = looked(led, EVERYWHERE, by="north_operator", kind="notice")
    assert own["roles"] == [reached(EVERYWHERE, 2, 1)], "the southern head leads here, and belongs to another township"
    assert own["people"] == 2


@pytest.mark.parametrize("role", ["auditor", "terminal", "king"])
def test_only_roles_that_may_answer_are_told(county: County, role: str) -> None:
    with pytest.raises(FengsuiError, match="role_unknown"):
        drafted(county, wanted=fields(roles=(RoleTold(role),)))


def named(told_to: Iterable[str], wanted: tuple[str, ...]) -> list[str]:
    return sorted(one for one in told_to if one in wanted)
