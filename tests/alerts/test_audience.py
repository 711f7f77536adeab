"""Who is told: by division, by area, once per channel, frozen with a hash."""

from dataclasses import replace

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.audience import Named, Reach, audience_hash, freeze, resolve
from alerts.recipients import OFFICIALS, PUBLIC, Contact, Spot
from command.directory.listed import Members

HEAD = Contact("person:1", "email", "a@example.org", "甲", "north", "north", "532301103", Spot(101.36, 25.13))
PAGE = replace(HEAD, channel="websocket", address="u1")
HORN = Contact("terminal:1", "mqtt", "t1", "大喇叭", "village", "south", "532301112201", Spot(100.99, 24.60))
LOST = Contact("person:2", "email", "b@example.org", "乙", "south", "south", "")
ALL = [HEAD, PAGE, HORN, LOST]


def names(contacts: list[Contact], reach: Reach, *channels: str) -> list[tuple[str, str]]:
    chosen = channels or ("email", "websocket", "mqtt")
    return [(one.recipient, one.channel) for one in resolve(contacts, reach, chosen).contacts]


@pytest.mark.parametrize(
    ("code", "reached"),
    [
        ("532301", {"person:1", "terminal:1"}),
        ("532300", {"person:1", "terminal:1"}),
        ("530000", {"person:1", "terminal:1"}),
        ("532301112", {"terminal:1"}),
        ("532301112201", {"terminal:1"}),
        ("532301112202", set()),
        ("532302", set()),
    ],
)
def test_a_division_reaches_everything_under_it(code: str, reached: set[str]) -> None:
    assert {recipient for recipient, _ in names(ALL, Reach((code,)))} == reached


def test_a_drawn_area_reaches_positions_inside_it() -> None:
    assert names(ALL, Reach(drawn=shapely.box(100.9, 24.5, 101.0, 24.7))) == [("terminal:1", "mqtt")]
    assert names([LOST], Reach(drawn=shapely.box(-180, -90, 180, 90))) == []


def test_somebody_somewhere_in_a_touched_area_is_reached_unless_it_is_another_townships() -> None:
    there = replace(HEAD, spot=Spot(around=shapely.box(101, 24, 102, 25)))
    for drawn, within, told in (
        (shapely.box(100, 23, 101.1, 24.1), "", True),
        (shapely.box(100, 23, 101.1, 24.1), "532301103", True),
        (shapely.box(100, 23, 101.1, 24.1), "532301112", False),
        (shapely.box(100, 23, 100.9, 24.1), "", False),
    ):
        assert bool(names([there], Reach(drawn=drawn, named=Named(within=within)))) is told


def test_area_and_division_add_up() -> None:
    reach = Reach(("532301103",), shapely.box(100.9, 24.5, 101.0, 24.7))
    assert {recipient for recipient, _ in names(ALL, reach)} == {"person:1", "terminal:1"}


def test_only_the_chosen_channels() -> None:
    assert names(ALL, Reach(("532301",)), "email") == [("person:1", "email")]
    assert names(ALL, Reach(("532301",)), "pigeon") == []


def test_nobody_anywhere() -> None:
    assert resolve([], Reach(("532301",)), ["email"]).contacts == ()
    assert resolve(ALL, Reach(), ["email"]).contacts == ()


def test_somebody_with_two_posts_is_told_once_as_the_responsible_one() -> None:
    twice = [replace(HEAD, lane=OFFICIALS), replace(HEAD, unit_id="other", responsible=True, lane=PUBLIC)]
    (contact,) = resolve(twice, Reach(("532301",)), ["email"]).contacts
    assert (contact.unit_id, contact.responsible, contact.lane) == ("other", True, OFFICIALS)


def test_officials_come_first() -> None:
    contacts = [replace(HEAD, recipient=f"person:{n}", lane=PUBLIC if n % 2 else OFFICIALS) for n in range(9)]
    lanes = [one.lane for one in freeze(contacts).contacts]
    assert lanes == sorted(lanes)


def test_devices_are_not_people() -> None:
    assert resolve(ALL, Reach(("532301",)), ["email", "websocket", "mqtt"]).people == 1


TOUCHED, BEYOND = (Spot(around=shapely.box(west, 24, west + 1, 25)) for west in (101, 103))
_contacts = st.builds(
    Contact,
    recipient=st.sampled_from(["person:1", "person:2", "user:3", "terminal:4"]),
    channel=st.sampled_from(["email", "websocket", "mqtt"]),
    address=st.sampled_from(["x", "y"]),
    name=st.just("n"),
    unit_id=st.sampled_from(["u", "v"]),
    township_id=st.just("t"),
    division_code=st.sampled_from(["532301103", "532301112", "532302", ""]),
    spot=st.sampled_from([Spot(), TOUCHED, BEYOND]) | st.builds(Spot, st.floats(100, 102), st.floats(24, 26)),
    responsible=st.booleans(),
    lane=st.sampled_from([OFFICIALS, PUBLIC]),
)


@settings(max_examples=150)
@given(st.lists(_contacts, max_size=12), st.booleans())
def test_once_per_channel_and_the_hash_is_theirs(contacts: list[Contact], drawn: bool) -> None:
    reach = Reach(("532301",), shapely.box(100.5, 24.5, 101.5, 25.5) if drawn else None)
    audience = resolve(contacts, reach, ["email", "mqtt"])
    keys = [(one.recipient, one.channel) for one in audience.contacts]
    assert len(keys) == len(set(keys))
    inside = {(c.recipient, c.channel) for c in contacts if c.channel != "websocket" and _reached(c, reach)}
    assert set(keys) == inside
    assert audience.hash == audience_hash(reversed(audience.contacts))
    assert (audience.hash == freeze([]).hash) == (not keys)


def _reached(contact: Contact, reach: Reach) -> bool:
    if contact.division_code.startswith("532301"):
        return True
    if reach.drawn is None or contact.spot.lon is None or contact.spot.lat is None:
        return reach.drawn is not None and contact.spot is TOUCHED
    return bool(reach.drawn.covers(shapely.Point(contact.spot.lon, contact.spot.lat)))


def test_two_spellings_of_one_telephone_are_told_once_and_both_people_are_kept() -> None:
    spellings = (("person:a", "139 0000 0001"), ("person:b", "+8613900000001"), ("person:c", "13900000002"))
    contacts = [Contact(who, "sms", number, who, "u", "t", "532301") for who, number in spellings]
    contacts[1] = replace(contacts[1], responsible=True)
    audience = resolve([*contacts, replace(contacts[0], unit_id="v")], Reach(("532301",)), ["sms"])
    assert [(one.recipient, [each.recipient for each in one.also]) for one in audience.contacts] == [
        ("person:b", ["person:a"]),
        ("person:c", []),
    ]
    assert audience.people == 3
    assert freeze([*audience.contacts, *contacts]).hash == audience.hash, "frozen again it is the same"
    assert audience.hash != freeze(contacts[1:]).hash, "who stands behind is part of it"


def test_a_mailbox_that_two_records_name_gets_one_mail() -> None:
    boxes = (("person:a", "Office@Example.org"), ("person:b", " office@example.org"), ("person:c", "c@example.org"))
    audience = freeze(Contact(who, "email", box, who, "u", "t", "532301") for who, box in boxes)
    assert [(one.recipient, [each.recipient for each in one.also]) for one in audience.contacts] == [
        ("person:a", ["person:b"]),
        ("person:c", []),
    ]
    assert audience.people == 3


def test_a_part_of_a_number_is_no_number() -> None:
    contacts = [Contact(who, "sms", f"139-{who}", who, "u", "t", "532301") for who in ("a", "b")]
    assert len(freeze(contacts).contacts) == 2


LEADER = replace(HEAD, title="乡镇长")
FAR = replace(LOST, title="乡镇长", division_code="532301112")


def test_titles_add_their_holders_wherever_they_are_and_each_once() -> None:
    contacts = [LEADER, FAR, HORN, replace(HEAD, division_code="532301105")]
    reach = Reach(("532301103",), named=Named(frozenset({"乡镇长"})))
    assert names(contacts, reach, "email") == [("person:1", "email"), ("person:2", "email")]
    own = replace(reach, named=replace(reach.named, within="532301103"))
    assert names(contacts, own, "email") == [("person:1", "email")]
    assert names(contacts, Reach(named=Named(frozenset({"乡镇"})))) == [], "a title is a whole one"


def test_a_group_names_posts_people_and_units_and_no_loudspeaker() -> None:
    contacts = [replace(HEAD, post="p"), replace(LOST, unit_id="office"), HORN, replace(HORN, unit_id="office")]
    for listed in (Members(posts=frozenset("p")), Members(people=frozenset("1"))):
        assert names(contacts, Reach(named=Named(listed=listed))) == [("person:1", "email")]
    office = Named(listed=Members(units=frozenset({"office"})))
    assert names(contacts, Reach(named=office)) == [("person:2", "email")]
    assert names(contacts, Reach(named=replace(office, within="532301"))) == []


_WHO, _CHANNEL, _PLACE = st.sampled_from("abc"), st.sampled_from(("email", "sms")), st.sampled_from(("in", "out"))
_NAMES = st.sampled_from(("x", "y", "z"))


@given(
    st.lists(st.tuples(_WHO, _CHANNEL, _PLACE, _NAMES, _NAMES, _NAMES), max_size=12),
    st.frozensets(_NAMES),
    st.builds(Members, st.frozensets(_NAMES), st.frozensets(_WHO), st.frozensets(_NAMES), st.frozensets(_WHO)),
)
def test_however_lists_overlap_one_person_is_told_once_per_channel_and_the_hash_names_exactly_those(
    rows: list[tuple[str, str, str, str, str, str]], titles: frozenset[str], listed: Members
) -> None:
    codes = {"in": "532301", "out": "532302"}
    contacts = [
        Contact(f"person:{who}", channel, f"{who}@example.org", who, unit, "t", codes[place], title=title, post=post)
        for who, channel, place, title, post, unit in rows
    ]
    contacts = [replace(one, account=one.name) for one in contacts]
    reach = Reach(("532301",), named=Named(titles, listed))
    audience = resolve(contacts, reach, ["email", "sms"])
    wanted = {
        (f"person:{who}", channel)
        for who, channel, place, title, post, unit in rows
        if place == "in"
        or title in titles
        or post in listed.posts
        or who in listed.people | listed.accounts
        or unit in listed.units
    }
    assert sorted((one.recipient, one.channel) for one in audience.contacts) == sorted(wanted)
    assert audience.people == len({who for who, _ in wanted})
    assert resolve(contacts * 2, reach, ["sms", "email"]).hash == audience.hash, "named twice is told once"
    assert all(audience_hash({*audience.contacts} - {one}) != audience.hash for one in audience.contacts)
