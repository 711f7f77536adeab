"""Each is told in the first of their languages that the alert has: data, resolution, chunks and what is sent."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from alerts import actions
from alerts.cap.read import read
from alerts.chunks import members_of
from alerts.drafting import find_area
from alerts.languages import known_languages, language_of, read_by, told_in
from alerts.model import END, Alert, Chunk
from alerts.outlets import EVERY
from alerts.preview import preview, preview_end
from alerts.queries import cap_document
from alerts.senders import senders
from alerts.templates.making import made_texts
from alerts.templates.template import TemplateFault, read_template, shipped
from alerts.texts import texts
from alerts.wording import words_of
from command.directory.model import Person, Unit
from command.kernel.errors import FengsuiError
from tests.alerts.county import DIVISIONS, START, County, fields
from tests.alerts.gateway import Gateway
from tests.alerts.steps import drafted, issued
from tests.alerts.test_fanout import gateways, send_all

YI = {"short": "彝文短文（示例）", "long": "彝文长文（示例）"}
"""Stands for a county's own text: nobody here writes Yi."""


def test_languages_are_one_table_and_the_directory_names_them_as_people_do() -> None:
    assert tuple(known_languages()) == ("zh", "en", "ii")
    assert read_by("彝语、汉语, fr EN-gb ii") == ("ii", "zh", "en")
    assert [language_of(one) for one in ("zh-CN", "EN", "ii", "fr", "")] == ["zh", "en", "ii", "zh", "zh"]


@given(st.lists(st.sampled_from(("zh", "en", "ii")), unique=True), st.sets(st.sampled_from(("en", "ii"))))
def test_the_first_language_that_the_alert_has_is_told(read: list[str], translated: set[str]) -> None:
    had = [one for one in read if one == "zh" or one in translated]
    assert (told_in(read, "zh", translated) or "zh") == (had[0] if had else "zh")


def test_the_book_holds_yi_without_a_voice_and_no_other_without_one() -> None:
    raw = next(iter(shipped().values())).state()
    assert read_template({**raw, "language": "ii", "voice": ""}).language == "ii"
    for wrong in ({"voice": ""}, {"language": "fr"}):
        with pytest.raises(TemplateFault):
            read_template({**raw, **wrong})


def speaks(county: County, name: str, languages: str) -> None:
    with county.db.writing() as session:
        session.get_one(Person, county.people[name]).languages = languages


def test_each_is_sent_the_first_of_their_languages_that_there_is(either: County) -> None:
    county = either
    speaks(county, "villager", "ii,zh")
    speaks(county, "south_head", "en,zh")
    wanted = fields(channels=("email",), translations={"ii": YI})
    found: Any = county.see("issuer", lambda s, a: preview(s, county.clock, a, wanted, DIVISIONS))
    assert found["translations"]["ii"]["short"] == {"text": YI["short"], "worded": True, "characters": 8, "most": 70}
    assert found["languages"] == {"en": {"read": 1, "told": 0}, "ii": {"read": 1, "told": 1}}
    running = issued(county, channels=("email",), translations={"ii": YI})
    with county.db.reading() as session:
        chunks = session.scalars(select(Chunk).where(Chunk.alert_id == running)).all()
        told = {one.name: chunk.language for chunk in chunks for one in members_of(chunk)}
        alert = session.get_one(Alert, running)
        made = {language: texts(words_of(alert, START, language=language)) for language in ("", "ii")}
    assert told == {"villager": "ii", "south_head": ""}, "what nobody wrote in English is told in Chinese"
    assert made["ii"]["email"].body == f"{YI['long']}\n"
    assert made["ii"]["sms"].body == YI["short"]
    assert made["ii"]["mqtt"] == made[""]["mqtt"], "nobody wrote what is heard: it is heard in Chinese"
    gate = Gateway("email")
    send_all(county, senders({**gateways(), "email": gate}))
    in_yi = {one.name: one.content.body == f"{YI['long']}\n" for one in gate.got}
    assert in_yi == {"villager": True, "south_head": False}
    again = county.do("issuer", lambda s, a: actions.update(s, county.clock, a, running, {}, DIVISIONS).id)
    with county.db.reading() as session:
        assert session.get_one(Alert, again).translations is None, "what has changed is written anew"


def test_a_channel_whose_text_is_missing_in_a_language_tells_it_in_the_alerts_own(county: County) -> None:
    speaks(county, "villager", "ii")
    with county.db.writing() as session:
        session.get_one(Person, county.people["villager"]).phone = "13900000001"
    running = issued(county, channels=("email", "sms"), translations={"ii": {"short": YI["short"]}})
    with county.db.reading() as session:
        chunks = session.scalars(select(Chunk).where(Chunk.alert_id == running)).all()
        told = {
            chunk.channel: chunk.language for chunk in chunks for one in members_of(chunk) if one.name == "villager"
        }
    assert told == {"email": "", "sms": "ii"}


def test_a_template_writes_its_language_with_its_own_words_and_nothing_else_does(county: County) -> None:
    flood = fields(kind="warning", event="山洪", colour="red", template="warning", translations={"en": {}, "ii": {}})
    with county.db.reading() as session:
        unit = session.get_one(Unit, county.units["county"])
        area = find_area(flood.area, DIVISIONS)
        made = made_texts(session, unit, replace(flood, template=None), area).translations or {}
    assert set(made) == {"en"}, "there is no template in Yi, and none is made up"
    assert set(made["en"]) == {"description", "instruction", "short", "medium", "long"}
    assert "上游水位上涨" not in made["en"]["long"]["text"], "the drafter's words are in another language"
    notice = replace(flood, kind="notice", colour=None, template=None)
    with county.db.reading() as session:
        unit = session.get_one(Unit, county.units["county"])
        none = made_texts(session, unit, notice, area).translations
        english = {"headline": "Beware of floods", "description": "The river rises.", "instruction": "Stay away."}
        all_said = made_texts(session, unit, replace(notice, translations={"en": english}), area).translations or {}
    assert none is None, "a notice says its headline, which nobody wrote in English"
    assert all_said["en"]["short"]["text"] == "Beware of floods. Stay away."


def test_an_end_is_told_in_the_languages_that_its_alert_was_told_in(county: County) -> None:
    speaks(county, "villager", "ii,zh")
    speaks(county, "south_head", "en,zh")
    english = {"headline": "Leave the river", "long": "The river rises."}
    running = issued(county, channels=("email",), translations={"ii": YI, "en": english})
    send_all(county, senders(gateways()))
    foreseen: Any = county.see(
        "issuer", lambda s, a: preview_end(s, county.clock, a, running, "lifted", "水退了", EVERY)
    )
    assert foreseen["translations"]["ii"] is None, "the book has none in Yi"
    assert foreseen["translations"]["en"]["channels"] == {"email": 1}
    assert foreseen["channels"] == {"email": 1}, "who read Yi is told the end in Chinese"
    end = {"ii": {"long": "彝文解除（示例）"}}
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, running, "lifted", "水退了", translations=end))
    with county.db.reading() as session:
        chunks = session.scalars(select(Chunk).where(Chunk.alert_id == running, Chunk.act == END)).all()
        told = {one.name: chunk.language for chunk in chunks for one in members_of(chunk)}
        assert told == {"villager": "ii", "south_head": "en"}
    gate = Gateway("email")
    send_all(county, senders({**gateways(), "email": gate}))
    sent = {one.name: one.content.body for one in gate.got}
    assert "彝文解除（示例）" in sent["villager"]
    assert "has lifted" in sent["south_head"]
    assert "水退了" not in sent["south_head"], "the note is in another language"
    infos = read(county.see("duty", lambda s, _: cap_document(s, running))).message.infos
    assert [one.language for one in infos] == ["zh-CN", "en", "ii"]
    assert infos[2].description == "彝文解除（示例）"


def test_words_without_a_template_are_read_line_by_line_under_their_own_headline(county: County) -> None:
    words = {"headline": "彝文标题（示例）", "instruction": "彝文怎么办（示例）"}
    running = issued(county, channels=("email", "sms"), translations={"ii": words})
    with county.db.reading() as session:
        alert = session.get_one(Alert, running)
        kept = (alert.translations or {})["ii"]
        mail = texts(words_of(alert, START, language="ii"))["email"]
    assert kept["short"]["text"] == "彝文标题（示例）\n彝文怎么办（示例）"
    assert "long" not in kept, "nobody wrote in Yi what has happened"
    assert mail.subject == words["headline"]


@pytest.mark.parametrize("tag", ["zh", "fr"])
def test_a_language_is_of_the_table_and_another_than_the_alerts(county: County, tag: str) -> None:
    with pytest.raises(FengsuiError, match=r"alert\.language_unknown"):
        drafted(county, wanted=fields(translations={tag: YI}))


def test_a_text_that_is_too_long_in_another_language_is_refused(county: County) -> None:
    alert = drafted(county, wanted=fields(channels=("sms",), translations={"ii": {"short": "字" * 71}}))
    with pytest.raises(FengsuiError, match=r"alert\.text_too_long"):
        county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, alert))
