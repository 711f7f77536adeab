"""What we issue as CAP: its categories, its languages, whom to ring; valid by the schema whatever becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import actions
from alerts.cap.hazards import categories_of, english_event, english_title
from alerts.cap.languages import said_once
from alerts.cap.message import CATEGORIES, RESPONSE_TYPES, Message
from alerts.cap.read import read
from alerts.data import table
from alerts.model import KINDS
from alerts.outgoing import last_issued
from command.directory.model import Unit
from tests.alerts.county import County
from tests.alerts.schema import assert_valid
from tests.alerts.steps import changed, issued

WORDS = [word for row in table("hazards")["hazards"] for word in row["words"]]


def message(county: County, alert: str) -> Message:
    """The last message of an alert, which is valid and read without a word."""
    document = county.see("duty", lambda s, _: last_issued(s, alert).content)
    assert_valid(document)
    found = read(document)
    assert found.warnings == ()
    return found.message


def ring(county: County, unit: str, phone: str) -> None:
    with county.db.writing() as session:
        session.get_one(Unit, county.units[unit]).phone = phone


def test_the_same_in_chinese_and_english_with_whom_to_ring(county: County) -> None:
    ring(county, "county", "0878-000000")
    chinese, english = message(county, issued(county)).infos
    assert (chinese.language, english.language) == ("zh-CN", "en")
    assert (english.event, english.headline) == ("Flash flood", "Flash flood: notice")
    assert (english.description, english.instruction) == (None, None), "nobody wrote these in English"
    for one in (chinese, english):
        assert (one.categories, one.response_types, one.contact) == (("Met",), ("Monitor",), "0878-000000")
        assert one.areas == chinese.areas
    assert said_once((english, chinese)) == (chinese,), "whoever reads it takes the two for one"


def test_what_was_written_in_other_languages_goes_out_in_them(county: County) -> None:
    english = {"headline": "Leave the river", "description": "It rises.", "long": "It rises fast. Leave its banks."}
    said = {"en": english, "ii": {"instruction": "彝文怎么办（示例）"}}
    sent = message(county, issued(county, translations=said, drill=True))
    chinese, first, second = sent.infos
    assert (first.language, first.event, first.headline) == ("en", "Flash flood", "EXERCISE Leave the river")
    assert (first.description, first.instruction) == ("It rises fast. Leave its banks.", None)
    assert (second.language, second.event, second.headline) == ("ii", chinese.event, None)
    assert (second.description, second.instruction) == (None, "彝文怎么办（示例）")
    assert first.areas == second.areas == chinese.areas
    assert said_once(sent.infos) == (chinese,), "whoever reads it takes the three for one"


def test_each_end_says_what_became_of_it_in_both_languages(county: County) -> None:
    first = issued(county, drill=True)
    second = changed(county, first, headline="变更")
    update = message(county, second)
    assert (update.msg_type, update.infos[1].headline) == ("Update", "EXERCISE Flash flood: notice")
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, second, "withdrawn", "误发"))
    cancel = message(county, second)
    chinese, english = cancel.infos
    assert (cancel.msg_type, chinese.description, chinese.instruction) == ("Cancel", "误发", None)
    assert {one.response_types for one in cancel.infos} == {("AllClear",)}
    assert english.headline == "EXERCISE Withdrawn, issued by mistake: Flash flood: notice"


@pytest.mark.parametrize("mark", ["\x00", "\x0b", "\ufffe", "\x1f"])
def test_what_was_stored_before_texts_were_plain_goes_out(county: County, mark: str) -> None:
    found = message(county, issued(county, headline=f"防范{mark}山洪", description=mark))
    assert found.infos[0].headline == ("防范\n山洪" if mark == "\x0b" else "防范山洪")


def test_a_hazard_without_an_english_name_is_said_in_chinese_alone(county: County) -> None:
    (only,) = message(county, issued(county, event="马蜂伤人")).infos
    assert (only.language, only.categories, only.contact) == ("zh-CN", ("Safety",), None)


@pytest.mark.parametrize(
    ("event", "categories"),
    [
        ("山洪", ("Met",)),
        ("滑坡泥石流", ("Geo",)),
        ("森林火灾", ("Fire",)),
        ("森林火险", ("Fire", "Met")),
        ("危化品泄漏", ("CBRNE", "Safety")),
        ("暴雨引发滑坡", ("Met", "Geo")),
        ("停水停电", ("Infra",)),
        ("野象出没", ("Other",)),
    ],
)
def test_categories_by_the_words_of_the_hazard(event: str, categories: tuple[str, ...]) -> None:
    assert categories_of("warning", event) == categories


def test_an_english_name_is_of_the_whole_word_alone() -> None:
    assert (english_event("森林火灾"), english_event("某村火灾"), english_event(" 山洪 ")) == (
        "Wildfire",
        None,
        "Flash flood",
    )
    assert english_title("warning", "山洪", "red", drill=False) == "Flash flood: red warning"
    assert english_title("warning", "山洪", "red", drill=False, end="lifted") == "Lifted: Flash flood: red warning"


def test_the_table_holds_what_cap_knows_and_no_word_twice() -> None:
    hazards = table("hazards")
    assert len(WORDS) == len(set(WORDS))
    assert all(set(row["categories"]) <= set(CATEGORIES) and row["en"].isascii() for row in hazards["hazards"])
    assert set(hazards["kinds"]) == set(KINDS)
    assert all(row["category"] in CATEGORIES and row["response"] in RESPONSE_TYPES for row in hazards["kinds"].values())


@given(st.sampled_from(KINDS), st.lists(st.sampled_from(WORDS) | st.text("山火雨水 x", max_size=4), max_size=4))
def test_any_hazard_has_a_category_and_none_twice(kind: str, parts: list[str]) -> None:
    found = categories_of(kind, "".join(parts))
    assert found
    assert len(set(found)) == len(found)
    assert set(found) <= set(CATEGORIES)
