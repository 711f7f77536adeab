"""Templates: their placeholders, limits and words for the ear, by properties; and the texts of an alert to its end."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy.orm import Session

from alerts import actions
from alerts.cmpp.wire import VERSIONS, CmppWire
from alerts.cmpp.wire import carried as by_cmpp
from alerts.model import VARIANTS, Alert
from alerts.outlets import Outlets
from alerts.preview import preview_of
from alerts.queries import cap_document
from alerts.recipients import CHANNELS
from alerts.smpp.text import carried as by_smpp
from alerts.smpp.text import encode
from alerts.smpp.wire import SmppWire
from alerts.sms.wire import Wire
from alerts.templates.filling import Facts, fill, offered, too_long
from alerts.templates.spoken import chinese_number, english_number, spoken
from alerts.templates.template import (
    MOST,
    OFFERED,
    PLACEHOLDERS,
    PURPOSES,
    TemplateFault,
    allowed_in,
    read_template,
    shipped,
    units,
)
from alerts.texts import email as email_text
from alerts.wording import words_of
from command.kernel.actor import Actor
from command.kernel.errors import FengsuiError, Invalid
from tests.alerts.county import DIVISIONS, START, County, fields
from tests.alerts.steps import drafted, issue, issued, submitted

SEEDS = range(120)
ALPHABET = "山洪水位上涨立即转移到中心小学，。；！？、（）【】《》()[] \n\t0123456789:-.%℃~abcXYZkm/h²🌧𠮷…{}é€^"
BRACKETS = re.compile(r"[()（）\[\]【】{}<>《》「」0-9０-９]")
ORDER = "order-flood"


def words_by(random: Random, most: int) -> str:
    return "".join(random.choice(ALPHABET) for _ in range(random.randrange(most)))


def facts_by(random: Random) -> Facts:
    places = [random.choice(("西舍路镇", "吕合镇", "三街镇", "Xishelu")) for _ in range(random.randrange(30))]
    return Facts(
        issuer=words_by(random, 20),
        place="、".join(places),
        event=words_by(random, 8),
        colour=random.choice(("red", "orange", "yellow", "blue", None)),
        kind=random.choice(("warning", "notice", "evacuation")),
        expires_at=random.choice((None, START + timedelta(minutes=random.randrange(3000)))),
        headline=words_by(random, 40),
        description=words_by(random, 300),
        instruction=words_by(random, 120),
        note=words_by(random, 60),
        drill=random.random() < 0.5,
    )


def raw(**changes: Any) -> dict[str, Any]:
    return {**shipped()["order"].state(), **changes}


def test_shipped_ones_are_there_for_each_common_hazard_colour_and_purpose() -> None:
    found = shipped().values()
    for language in ("zh", "en"):
        for hazard in ("山洪", "暴雨", "地质灾害", "大风", "冰雹", "高温", "寒潮", "森林火险"):
            for colour in ("red", "orange", "yellow", "blue"):
                fitting = [one for one in found if one.fits("warning", hazard, colour, "alert", language)]
                assert max(fitting, key=lambda one: one.precision).events, (language, hazard, colour)
        for kind in ("warning", "notice", "evacuation"):
            for purpose in PURPOSES:
                assert any(one.fits(kind, "地震", None, purpose, language) for one in found), (kind, purpose)
    assert all(one.sample for one in found)


def test_shipped_ones_fit_their_limits_when_they_are_filled_as_they_offer() -> None:
    for key, template in shipped().items():
        event = template.events[0] if template.events else "地震"
        facts = Facts("楚雄市应急管理局", "西舍路镇", event, "orange", "warning", START, "标题")
        given = offered(template, facts)
        full = replace(facts, description=given["description"], instruction=given["instruction"], drill=True)
        texts = fill(template, full)
        assert [name for name in VARIANTS if too_long(name, texts[name], drill=True)] == [], key


def test_a_hazard_is_called_by_its_english_name_in_english_where_it_has_one() -> None:
    template = shipped()["en-warning"]
    facts = Facts("楚雄市", "西舍路镇", "道路结冰", "orange", "warning", START)
    assert offered(template, facts)["description"] == "Icy roads expected in 西舍路镇"
    assert fill(template, facts)["short"].startswith("Orange icy roads warning: 西舍路镇.")
    assert fill(template, replace(facts, event="某种新灾"))["short"].startswith("Orange 某种新灾 warning: ")


def faults() -> Iterator[tuple[dict[str, Any], str, str]]:
    yield {"short": "{where}走"}, "template.placeholder", "short"
    yield {"short": "走 {note}"}, "template.placeholder", "short"
    yield {"description": "{instruction}"}, "template.placeholder", "description"
    yield {"long": "{place"}, "template.brace", "long"
    yield {"voice": "  "}, "template.empty", "voice"
    yield {"short": "长" * 71}, "template.too_long", "short"
    yield {"medium": "🌧" * 71}, "template.too_long", "medium"
    yield {"colours": ["green"]}, "template.choice", "colours"
    yield {"purpose": "other"}, "template.choice", "purpose"


@pytest.mark.parametrize(("changes", "code", "field"), list(faults()))
def test_a_template_that_cannot_be_is_refused_by_its_field(changes: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(TemplateFault) as found:
        read_template(raw(**changes))
    assert (found.value.code, found.value.field) == (code, field)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_written_a_placeholder_is_in_the_list_or_refused(seed: int) -> None:
    random = Random(seed)  # noqa: S311 (repeatable)
    name = random.choice((*VARIANTS, *OFFERED))
    purpose = random.choice(PURPOSES)
    holder = random.choice((*PLACEHOLDERS, words_by(random, 6).replace("{", "").replace("}", "")))
    content = raw(purpose=purpose, **{name: f"走{{{holder}}}"})
    if holder in allowed_in(purpose, name):
        text = fill(read_template(content), facts_by(random)).get(name, "")
        assert f"{{{holder}}}" not in text
    else:
        with pytest.raises(TemplateFault, match=r"template\.placeholder"):
            read_template(content)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_filled_text_is_over_its_limit_without_saying_so(seed: int) -> None:
    random = Random(seed)  # noqa: S311 (repeatable)
    facts = facts_by(random)
    template = random.choice(list(shipped().values()))
    for name, text in fill(template, facts).items():
        sent = f"演练 {text}" if facts.drill else text
        octets = len(sent.encode("utf-16-be", "surrogatepass"))
        assert units(sent) == octets // 2
        assert too_long(name, text, drill=facts.drill) == (octets // 2 > MOST[name])
        if name == "short" and not too_long(name, text, drill=facts.drill):
            assert by_smpp(sent)[0] == by_cmpp(sent)[0] == 1, "seventy characters are one short message"
            assert by_smpp(sent)[1] == sent


def read_back(wire: Wire, text: str) -> tuple[int, bytes]:
    """How many messages a gateway gets, and the text's octets in them."""
    parts = wire.parts(text, 7)
    octets = [one.octets[6:] if one.total > 1 else one.octets for one in parts]
    return len(parts), b"".join(octets)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_preview_says_is_carried_is_what_a_gateway_gets(seed: int) -> None:
    random = Random(seed)  # noqa: S311 (repeatable)
    alphabet = "abc 12€^" if random.random() < 0.3 else ALPHABET
    text = "".join(random.choice(alphabet) for _ in range(random.randrange(1, 1700)))
    number, kept = by_smpp(text)
    assert text.startswith(kept)
    _, characters = encode(text)
    assert read_back(SmppWire(), text) == (number, b"".join(characters[: len(kept)]))
    number, kept = by_cmpp(text)
    got, octets = read_back(CmppWire(VERSIONS["2.0"], ""), text)
    assert (got, text.startswith(kept)) == (number, True)
    assert octets == kept.encode("ascii" if len(octets) == len(kept) else "utf-16-be", "replace")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("11月20日14时03分", "十一月二十日十四时零三分"),
        ("8:00 停电（含泵站）", "八时整 停电，含泵站"),
        ("水位3-5m，2小时内到", "水位三至五米，两小时内到"),
        ("2026年，雨量 105.5mm，概率 80%", "二零二六年，雨量一百零五点五毫米，概率 百分之八十"),
        ("最低-5℃", "最低零下五摄氏度"),
        ("河水上涨（很快），马上走（快）", "河水上涨，很快，马上走，快"),
        ("拨打12379", "拨打幺二三七九"),
        ("第2次，12月2日", "第二次，十二月二日"),
    ],
)
def test_what_is_read_aloud_has_its_numbers_in_words(text: str, said: str) -> None:
    assert spoken(text, "zh") == said


def test_english_is_read_aloud_in_english_words() -> None:
    said = spoken("Until 14:03 (local), 3-5 m in 2 h, call 12379, 80%", "en")
    assert said == (
        "Until fourteen oh three, local, three to five metres in two hours, call one two three seven nine,"
        " eighty per cent"
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_voice_text_has_no_digit_and_no_bracket_and_stays_as_it_is(seed: int) -> None:
    random = Random(seed)  # noqa: S311 (repeatable)
    language = random.choice(("zh", "en"))
    said = spoken(words_by(random, 200), language)
    assert BRACKETS.search(said) is None
    assert spoken(said, language) == said


def test_numbers_in_words_are_told_apart() -> None:
    assert [chinese_number(one) for one in (10, 11, 20, 105, 110, 1005, 2026)] == [
        *("十", "十一", "二十", "一百零五", "一百一十", "一千零五", "二千零二十六")
    ]
    assert len({chinese_number(one) for one in range(10_000)}) == 10_000
    assert len({english_number(one) for one in range(10_000)}) == 10_000


def refused(county: County, act: Any) -> FengsuiError:
    with pytest.raises(FengsuiError) as error:
        county.do("issuer", act)
    return error.value


def kept(county: County, alert: str) -> Alert:
    return county.see("issuer", lambda s, a: s.get_one(Alert, alert))


def order(county: County, **more: Any) -> str:
    given: dict[str, Any] = {"kind": "evacuation", "template": ORDER, "channels": ("websocket", "sms", "mqtt"), **more}
    return drafted(county, wanted=fields(**given))


def test_a_draft_is_sent_with_the_texts_that_were_signed(county: County) -> None:
    alert = order(county, texts={"medium": "人写的中长文。"})
    texts: Any = kept(county, alert).texts
    assert [name for name in VARIANTS if texts[name]["worded"]] == ["medium"]
    county.do(
        "issuer",
        lambda s, a: actions.submit(s, county.clock, a, alert, outlets=Outlets(frozenset(CHANNELS), sms="medium")),
    )
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, alert))
    seen = county.see("issuer", lambda s, a: preview_of(s, county.clock, a, alert))
    issue(county, alert)
    sent = kept(county, alert)
    told = seen["texts"]
    assert isinstance(told, dict)
    assert told["sms"] == "人写的中长文。", "though the setting is another by now"
    assert told["websocket"] == sent.variants["long"]
    assert str(told["mqtt"]).startswith(sent.variants["voice"])


def test_texts_that_nobody_wrote_follow_the_draft_and_a_persons_stay(county: County) -> None:
    alert = order(county, texts={"long": "人写的长文。"})
    before = kept(county, alert).variants
    changes = {"instruction": "到中心小学去"}
    county.do("issuer", lambda s, a: actions.amend(s, county.clock, a, alert, None, changes, DIVISIONS))
    after = kept(county, alert).variants
    assert "到中心小学去" in after["short"]
    assert "到中心小学去" not in before["short"]
    assert after["long"] == "人写的长文。"


def test_a_text_over_its_limit_is_not_submitted_where_a_channel_carries_it(county: County) -> None:
    long = "往高处走" * 20
    alert = order(county, instruction=long)
    error = refused(county, lambda s, a: actions.submit(s, county.clock, a, alert))
    assert (error.code, error.fields[0].field) == ("alert.text_too_long", "texts.short")
    without = order(county, instruction=long, channels=("websocket", "mqtt"))
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, without))


def test_an_exercise_has_less_room_by_its_mark(county: County) -> None:
    exact = {"short": "字" * 70}
    real = order(county, texts=exact)
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, real))
    alert = order(county, texts=exact, drill=True)
    assert refused(county, lambda s, a: actions.submit(s, county.clock, a, alert)).code == "alert.text_too_long"


def test_a_short_message_of_more_than_ten_parts_is_shown_cut_and_refused(county: County) -> None:
    alert = drafted(county, wanted=fields(instruction="往高处走" * 300, channels=("sms",)))
    seen: Any = county.see("issuer", lambda s, a: preview_of(s, county.clock, a, alert))
    carried = seen["carried"]["sms"]
    assert (carried["parts"], units(carried["text"])) == (10, 670)
    assert carried["left_out"] > 0
    assert seen["texts"]["sms"] == carried["text"]
    assert refused(county, lambda s, a: actions.submit(s, county.clock, a, alert)).code == "alert.sms_too_long"


def test_what_is_not_set_up_is_refused_at_submit_and_at_issue(county: County) -> None:
    no_sms = Outlets(frozenset({"websocket", "mqtt"}))
    alert = order(county)
    error = refused(county, lambda s, a: actions.submit(s, county.clock, a, alert, outlets=no_sms))
    assert (error.code, error.params["channel"]) == ("alert.channel_not_set_up", "sms")
    changes = {"channels": ("websocket", "mqtt")}
    county.do("issuer", lambda s, a: actions.amend(s, county.clock, a, alert, None, changes, DIVISIONS))
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, alert, outlets=no_sms))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, alert))
    gone = Outlets(frozenset({"websocket"}))
    error = refused(county, lambda s, a: actions.issue(s, county.clock, a, alert, 1, outlets=gone))
    assert (error.code, error.params["channel"]) == ("alert.channel_not_set_up", "mqtt")
    drill = order(county, drill=True)
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, drill, outlets=gone))


@pytest.mark.parametrize("end", ["lifted", "withdrawn"])
def test_each_end_has_its_own_texts(county: County, end: str) -> None:
    alert = submitted(county, kind="evacuation", template=ORDER, channels=("websocket", "email"))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, alert))
    issue(county, alert)
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, alert, end, "水已退"))
    said = kept(county, alert).end_variants
    assert set(said) == set(VARIANTS)
    assert all("水已退" in text for text in said.values())
    assert ("系误发" in said["long"]) == (end == "withdrawn")
    assert ("不要返回" in said["long"]) == (end == "lifted")


def test_who_ends_an_alert_words_each_text_and_what_a_channel_would_cut_ends_nothing(county: County) -> None:
    alert = submitted(county, kind="evacuation", template=ORDER, channels=("websocket", "sms", "mqtt"))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, alert))
    issue(county, alert)

    def end(session: Session, actor: Actor, **texts: str) -> None:
        actions.cancel(session, county.clock, actor, alert, "lifted", "水已退", texts=texts)

    error = refused(county, lambda s, a: end(s, a, short="水已退。" * 20))
    assert (error.code, error.fields[0].field, kept(county, alert).status) == (
        *("alert.text_too_long", "texts.short", "issued"),
    )
    county.do("issuer", lambda s, a: end(s, a, voice="水位 2 米，放心", medium=" "))
    said = kept(county, alert).end_variants
    assert said["voice"] == "水位两米，放心"
    assert "水已退" in said["medium"]
    told = county.see("issuer", lambda s, a: cap_document(s, alert)).decode()
    assert said["long"] in told, "also who reads the message is told the whole of it"


def test_an_end_that_no_short_message_holds_is_refused_without_a_template_too(county: County) -> None:
    alert = issued(county, channels=("websocket", "sms"))
    error = refused(county, lambda s, a: actions.cancel(s, county.clock, a, alert, "lifted", "水已退" * 300))
    assert (error.code, error.fields[0].field, kept(county, alert).on_board) == ("alert.end_too_long", "text", True)


@pytest.mark.parametrize(
    ("end", "headline"),
    [
        ("lifted", "楚雄市 has lifted the red flood warning"),
        ("withdrawn", "Correction: 楚雄市 withdraws the red flood warning, sent by mistake"),
    ],
)
def test_the_end_of_an_english_alert_has_an_english_subject(county: County, end: str, headline: str) -> None:
    given: dict[str, Any] = {"kind": "warning", "colour": "red", "event": "flood", "headline": "Flood"}
    alert = drafted(county, "weather", fields(**given, language="en-US", template="en-flood", channels=("email",)))
    row = kept(county, alert)
    words = replace(words_of(row, county.clock.now(), end), issuer="楚雄市")
    assert email_text(words).subject == headline
    assert email_text(replace(words, english=False)).subject != headline


def test_a_change_and_an_expiry_have_their_own_texts(county: County) -> None:
    alert = submitted(county, kind="evacuation", template=ORDER)
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, alert))
    issue(county, alert)
    change = county.do("issuer", lambda s, a: actions.update(s, county.clock, a, alert, {}, DIVISIONS).id)
    assert kept(county, change).template == "change"
    assert "变更" in kept(county, change).variants["short"]
    expires = kept(county, alert).expires_at
    assert expires is not None
    county.clock.advance((expires - county.clock.now()).total_seconds() + 1)
    county.do("issuer", lambda s, a: actions.expire_due(s, county.clock))
    over = kept(county, alert)
    assert over.status == "expired"
    assert "到期，不再有效" in over.end_text


def test_an_alert_without_texts_is_told_as_before_and_an_unknown_template_is_refused(county: County) -> None:
    assert kept(county, drafted(county)).texts is None
    with pytest.raises(Invalid) as error:
        order(county, template="nothing")
    assert error.value.code == "alert.template_unknown"
    with pytest.raises(Invalid) as error:
        order(county, texts={"loud": "走"})
    assert error.value.code == "alert.variant_unknown"
