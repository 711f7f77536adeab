"""What people read and hear."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.texts import KINDS, Words, headline, speech_seconds, spoken_time, texts, title

AT = datetime(2026, 11, 20, 6, 3, tzinfo=UTC)
RAIN = Words(
    issuer="楚雄市气象台",
    kind="warning",
    event="暴雨",
    colour="orange",
    headline="楚雄市气象台发布暴雨橙色预警",
    description="未来三小时雨量将达 50 毫米。",
    instruction="停止户外作业。",
    area="西舍路镇",
    at=AT,
    expires_at=datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
    drill=False,
)
ENDS = (None, "changed", "lifted", "withdrawn", "expired")


def test_a_mail_says_who_what_where_until_when_and_what_to_do() -> None:
    mail = texts(RAIN)["email"]
    assert mail.subject == RAIN.headline
    assert mail.body.splitlines() == [
        "楚雄市气象台发布暴雨橙色预警",
        "",
        "发布单位：楚雄市气象台",
        "时间：11月20日14时03分",
        "范围：西舍路镇",
        "有效至：11月20日20时00分",
        "",
        "未来三小时雨量将达 50 毫米。",
        "停止户外作业。",
    ]


def test_an_english_alert_is_told_in_english_with_the_hazards_english_name() -> None:
    english = replace(
        RAIN,
        english=True,
        headline="Orange rainstorm warning",
        description="Up to 50 mm within three hours.",
        instruction="Stop work outdoors",
    )
    told = texts(english)
    assert told["email"].body.splitlines()[2:] == [
        "Issued by: 楚雄市气象台",
        "Time: 14:03 on 20 November",
        "Area: 西舍路镇",
        "Valid until: 20:00 on 20 November",
        "",
        "Up to 50 mm within three hours.",
        "Stop work outdoors",
    ]
    assert told["sms"].body == "楚雄市气象台: Orange rainstorm warning. Stop work outdoors."
    assert told["mqtt"].body.endswith("Area: 西舍路镇. Up to 50 mm within three hours. Stop work outdoors.")
    ends = {end: texts(replace(english, end=end))["websocket"].body for end in ENDS[2:]}
    assert ends == {
        "lifted": "楚雄市气象台 has lifted the orange rainstorm warning\n"
        "The orange rainstorm warning was lifted at 14:03 on 20 November.",
        "withdrawn": "Correction: 楚雄市气象台 withdraws the orange rainstorm warning, sent by mistake\n"
        "The orange rainstorm warning was sent by mistake and is withdrawn. Do not act on it.",
        "expired": "The orange rainstorm warning has expired\n"
        "The orange rainstorm warning expired at 14:03 on 20 November and no longer holds.",
    }
    assert title(replace(english, event="某种新灾")) == "orange 某种新灾 warning", "no name is made up"


def test_a_loudspeaker_says_it_twice() -> None:
    spoken = texts(RAIN)["mqtt"].body
    once = (
        "楚雄市气象台11月20日14时03分发布。楚雄市气象台发布暴雨橙色预警。范围，西舍路镇。"
        "未来三小时雨量将达 50 毫米。停止户外作业。"
    )
    assert spoken == f"{once}再播一遍。{once}"
    assert speech_seconds(spoken) == len(spoken) / 4


def test_titles() -> None:
    assert title(RAIN) == "暴雨橙色预警"
    assert title(replace(RAIN, kind="evacuation", colour=None, event="山洪")) == "山洪转移指令"
    assert spoken_time(AT) == "11月20日14时03分"


def test_three_ends_have_three_texts() -> None:
    bodies = {end: texts(replace(RAIN, end=end)) for end in ENDS}
    for channel in ("email", "websocket", "mqtt"):
        assert len({bodies[end][channel].body for end in ENDS}) == len(ENDS)
    assert headline(replace(RAIN, end="lifted")) == "楚雄市气象台解除暴雨橙色预警"
    assert "误发" in bodies["withdrawn"]["mqtt"].body
    assert "停止户外作业" not in bodies["lifted"]["email"].body
    assert "水已退。" in texts(replace(RAIN, end="lifted", end_text="水已退。"))["websocket"].body


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_drill_text_begins_with_drill(end: str | None, kind: str) -> None:
    for content in texts(replace(RAIN, end=end, kind=kind, drill=True)).values():
        assert content.body.startswith("演练")
        assert not content.subject or content.subject.startswith("演练")


@given(st.text(), st.text(), st.text(), st.sampled_from(ENDS))
def test_any_words_in_a_drill(head: str, description: str, instruction: str, end: str | None) -> None:
    words = replace(RAIN, headline=head, description=description, instruction=instruction, end=end, drill=True)
    assert all(content.body.startswith("演练") for content in texts(words).values())
    real = texts(replace(words, drill=False))
    assert all(
        "演练" not in content.body for content in real.values() if "演练" not in head + description + instruction
    )
