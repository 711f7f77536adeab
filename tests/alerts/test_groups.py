"""Groups: whom they list is told beside the area, once, as they are at the moment of issue."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts import actions
from alerts.chunks import members_of
from alerts.drafting import AreaInput
from alerts.model import Alert, Chunk
from alerts.preview import preview
from alerts.proof import first_changed_audience
from command.directory.groups import (
    PERSON,
    POST,
    UNIT,
    add_member,
    change_group,
    group_of,
    register_group,
    remove_member,
)
from command.directory.listed import members_shown
from command.directory.model import Post, RoleGrant
from command.kernel.actor import Actor
from command.kernel.errors import FengsuiError
from command.kernel.rights import Role
from tests.alerts.county import DIVISIONS, SOUTH, County, fields
from tests.alerts.steps import drafted, issue, issued


def listing(county: County, name: str, *members: tuple[str, str], keeper: str = "county", by: str = "duty") -> str:
    """A group of the keeper with these members: (kind, id)."""

    def make(session: Session, actor: Actor) -> str:
        group = register_group(session, actor, county.units[keeper], name)
        for kind, member in members:
            add_member(session, actor, group.id, kind, member)
        return group.id

    return county.do(by, make)


def post_named(county: County, title: str) -> str:
    with county.db.reading() as session:
        return session.scalars(select(Post.id).where(Post.title == title)).one()


def groups_in(county: County, alert: str) -> Any:
    with county.db.reading() as session:
        return session.get_one(Alert, alert).state()["groups"]


def told(county: County) -> list[str]:
    with county.db.reading() as session:
        assert first_changed_audience(session) is None
        return sorted(member.name for chunk in session.scalars(select(Chunk)) for member in members_of(chunk))


def test_a_group_is_told_beside_the_area_once_and_frozen_as_it_is_at_issue(either: County) -> None:
    county = either
    group = listing(
        county,
        "防汛成员单位",
        (POST, post_named(county, "吕合镇包保")),
        (POST, post_named(county, "西舍路镇镇长")),
        (UNIT, county.units["village"]),
    )
    wanted = fields(groups={group: ""}, titles=("吕合镇包保",), channels=("email",))
    found: Any = county.see("issuer", lambda s, a: preview(s, county.clock, a, wanted, DIVISIONS))
    assert (found["people"], found["groups"]) == (
        4,
        [{"id": group, "name": "防汛成员单位", "members": 3, "reached": 3}],
    )
    alert = drafted(county, wanted=wanted)
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, alert))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, alert))
    county.do("duty", lambda s, a: remove_member(s, a, group, POST, post_named(county, "吕合镇包保")))
    county.do("duty", lambda s, a: change_group(s, a, group, 5, {"active": False}))
    issue(county, alert)
    assert told(county) == ["chief", "north_head", "south_head", "villager"], "the title still names both"
    assert groups_in(county, alert) == [{"id": group, "name": "防汛成员单位"}]
    again = county.do("issuer", lambda s, a: actions.update(s, county.clock, a, alert, {}, DIVISIONS).id)
    assert groups_in(county, again) == [{"id": group, "name": "防汛成员单位"}], "retired, and still reached"


def test_who_joins_before_the_issue_is_told_and_whom_no_channel_reaches_is_counted(county: County) -> None:
    group = listing(county, "学校校长", (PERSON, county.people["silent"]))
    found: Any = county.see(
        "issuer",
        lambda s, a: preview(s, county.clock, a, fields(groups={group: ""}, channels=("email",)), DIVISIONS),
    )
    assert [(one["members"], one["reached"]) for one in found["groups"]] == [(1, 0)]
    county.do("duty", lambda s, a: add_member(s, a, group, PERSON, county.people["north_head"]))
    issued(county, groups={group: ""}, channels=("email",))
    assert told(county) == ["north_head", "south_head", "villager"]


def test_a_township_chooses_the_countys_groups_and_its_own_and_reaches_its_own_people_alone(county: County) -> None:
    with county.db.writing() as session:
        for name in ("south", "north"):
            user = county.users[f"{name}_operator"]
            session.add(RoleGrant(user_id=user, role=Role.DUTY_OFFICER, unit_id=county.units[name]))
    heads = [(POST, post_named(county, title)) for title in ("吕合镇包保", "西舍路镇镇长")]
    whole = listing(county, "乡镇领导", *heads)
    own = listing(county, "村组长", (UNIT, county.units["village"]), keeper="south", by="south_operator")
    others = listing(county, "村组长", keeper="north", by="north_operator")
    area = AreaInput(divisions=(f"{SOUTH}201",))
    wanted = fields(area=area, groups={whole: "", own: ""}, channels=("email",))
    found: Any = county.see("south_operator", lambda s, a: preview(s, county.clock, a, wanted, DIVISIONS))
    assert [(unit["name"], unit["channels"]) for unit in found["units"]] == [("西舍路镇", {"email": 2})]
    assert [one["reached"] for one in found["groups"]] == [1, 1]
    with pytest.raises(FengsuiError, match=r"alert\.group_unknown"):
        drafted(county, "south_operator", fields(area=area, groups={others: ""}))
    assert drafted(county, wanted=fields(groups={others: "", own: ""})), "the county chooses theirs"
    with pytest.raises(FengsuiError, match=r"group\.outside"):
        county.do("south_operator", lambda s, a: add_member(s, a, own, *heads[0]))
    with pytest.raises(FengsuiError, match=r"access\.refused"):
        county.do("south_operator", lambda s, a: add_member(s, a, whole, *heads[1]))


def test_posts_are_listed_in_the_place_of_their_holders(county: County) -> None:
    group = listing(county, "镇长", (PERSON, county.people["south_head"]), (PERSON, county.people["villager"]))

    def shown(session: Session, actor: Actor) -> list[tuple[Any, ...]]:
        return [(one["kind"], one["name"], one["holder"]) for one in members_shown(session, group_of(session, group))]

    assert sorted(county.see("duty", shown)) == [("person", "villager", None), ("post", "西舍路镇镇长", "south_head")]
    with county.db.writing() as session:
        session.add(Post(unit_id=county.units["village"], title="支书", holder_id=county.people["south_head"]))
    with pytest.raises(FengsuiError, match=r"group\.which_post"):
        county.do("duty", lambda s, a: add_member(s, a, group, PERSON, county.people["south_head"]))
