"""Groups: whom they list is told beside the area, once, as they are at the moment of issue."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts import actions
from alerts.calls.model import Obligation
from alerts.chunks import members_of
from alerts.drafting import AreaInput, CircleInput
from alerts.model import Alert, Chunk, Coverage
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
from command.directory.model import MEDIA, Person, Post, RoleGrant, Terminal, Unit
from command.kernel.actor import Actor
from command.kernel.errors import FengsuiError
from command.kernel.ids import new_id
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


def station(county: County) -> str:
    """A television station in the county seat with a newsroom that answers for things, and a webhook; its unit."""
    with county.db.writing() as session:
        path = session.get_one(Unit, county.units["county"]).path
        unit = county.units["tv"] = new_id()
        session.add(Unit(id=unit, parent_id=county.units["county"], path=f"{path}{unit}/", name="电视台", kind=MEDIA))
        session.flush()
        person, phone = new_id(), {"email": "news@example.org", "phone": "13900000009", "lon": 101.5, "lat": 25.0}
        session.add(Person(id=person, unit_id=unit, name="news", **phone))
        session.flush()
        session.add(Post(unit_id=unit, title="新闻值班", responsible=True, holder_id=person))
        session.add(Terminal(id=new_id(), unit_id=unit, name="新闻接口", kind="webhook", lon=101.5, lat=25.0))
    return unit


def test_media_are_told_by_what_they_have_when_they_are_named_and_are_never_obliged(county: County) -> None:
    unit = station(county)
    group = listing(county, "媒体", (UNIT, unit))
    round_them = CircleInput(101.5, 25.0, 100_000)
    wanted = {"area": AreaInput(divisions=("532301",), circle=round_them), "channels": ("email", "sms", "webhook")}
    by_place = issued(county, kind="evacuation", **wanted)
    assert "news" not in told(county)
    named = issued(county, kind="evacuation", groups={group: ""}, **wanted)
    with county.db.reading() as session:
        coverages = session.scalars(select(Coverage).where(Coverage.unit_id == unit)).all()
        assert [(one.alert_id, one.name, one.planned) for one in coverages] == [
            (named, "电视台", {"email": 1, "sms": 1, "webhook": 1})
        ]
        assert coverages[0].responsible_planned == 0
        called = [(one.alert_id, one.unit_id) for one in session.scalars(select(Obligation))]
    assert {alert for alert, _ in called} == {by_place, named}, "others are obliged"
    assert unit not in {place for _, place in called}
