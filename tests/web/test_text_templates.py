"""Templates over HTTP: the county's own in the place of shipped ones, what is offered, and channels not set up."""

from typing import Any

from tests.moves import moved
from tests.web.obliged import API, Clients
from tests.web.test_alerts import drafted

URL = f"{API}/text-templates"


def book(as_: Clients) -> dict[str, dict[str, Any]]:
    return {one["key"]: one for one in as_("admin").get(URL).json()["items"]}


def put(as_: Clients, key: str, version: int, content: object) -> Any:
    return as_("admin").put(f"{URL}/{key}", json={"content": content}, headers={"If-Match": f'"{version}"'})


def test_a_countys_own_is_in_force_until_it_is_reset_and_every_change_is_on_the_timeline(as_: Clients) -> None:
    before = book(as_)["order-flood"]
    assert (before["version"], before["own"], before["shipped"]) == (0, False, True)
    own = {**before["content"], "short": "【{issuer}】{place}快走。{instruction}。", "sample": False}
    answer = put(as_, "order-flood", 0, own)
    assert (answer.status_code, answer.headers["ETag"], answer.json()["own"]) == (200, '"1"', True)
    assert put(as_, "order-flood", 0, own).json()["code"] == "version.stale"
    alert = drafted(as_("issuer"), template="order-flood")
    assert alert["texts"]["short"]["text"].endswith("快走。立即转移到高处。")

    assert put(as_, "order-flood", 1, None).json()["content"] == before["content"]
    url = f"{API}/alerts/{alert['id']}"
    assert as_("issuer").get(url).json()["texts"] == alert["texts"], "what is drafted stays until it is amended"
    added = as_("admin").post(URL, json={"content": own}).json()
    assert added["key"] in book(as_)
    offer = {"kind": "evacuation", "event": "山洪", "place": "西舍路镇"}
    assert as_("issuer").post(f"{URL}/offer", json=offer).json()["key"] == added["key"], "its own goes before"
    later = drafted(as_("issuer"), template=added["key"])
    assert put(as_, added["key"], 1, None).json()["content"] is None
    assert added["key"] not in book(as_)
    version = {"If-Match": f'"{later["version"]}"'}
    amended = as_("issuer").patch(f"{API}/alerts/{later['id']}", json={"instruction": "快走"}, headers=version)
    assert amended.is_success, "a draft of a template that is gone goes on"
    entries = as_("auditor").get(f"{API}/timeline", params={"limit": 90}).json()["entries"]
    assert [entry["kind"] for entry in entries].count("text_template.changed") == 4


def test_only_who_changes_settings_changes_templates_and_a_wrong_one_is_refused_by_its_field(as_: Clients) -> None:
    content = book(as_)["order"]["content"]
    wrong = put(as_, "order", 0, {**content, "voice": "{who}走"}).json()
    assert (wrong["code"], wrong["errors"][0]["field"]) == ("template.placeholder", "content.voice")
    assert "who" in wrong["detail"]
    assert "播读文" in wrong["detail"]
    assert put(as_, "order", 0, {**content, "colours": ["green"]}).status_code == 422
    assert put(as_, "nothing", 0, content).json()["code"] == "template.unknown"
    for reader in ("duty", "issuer", "auditor", "south_operator"):
        assert as_(reader).get(URL).status_code == 403
        assert as_(reader).post(URL, json={"content": content}).status_code == 403
        assert as_(reader).post(f"{URL}/preview", json={"content": content}).status_code == 403
    assert as_("south_operator").post(f"{URL}/offer", json={"kind": "notice", "event": "停水"}).status_code == 403


def test_a_look_counts_characters_and_messages_and_an_offer_fills_what_is_known(as_: Clients) -> None:
    content = book(as_)["order-flood"]["content"]
    seen = as_("admin").post(f"{URL}/preview", json={"content": {**content, "medium": "{place}" + "水" * 130}}).json()
    assert seen["variants"]["short"]["parts"] == 1
    assert seen["variants"]["medium"]["parts"] == 2
    assert seen["variants"]["medium"]["characters"] == 134
    assert "十" in seen["variants"]["voice"]["text"]
    asked = {"kind": "warning", "event": "大风", "colour": "red", "place": "吕合镇"}
    found = as_("issuer").post(f"{URL}/offer", json=asked).json()
    assert (found["key"], found["sample"]) == ("wind-high", True)
    assert found["description"].startswith("吕合镇")
    assert as_("issuer").post(f"{URL}/offer", json={**asked, "language": "en-US"}).json()["key"] == "en-wind"
    assert as_("issuer").post(f"{URL}/offer", json={**asked, "event": " "}).json() == {"key": None}


def test_a_channel_that_is_not_set_up_is_no_usual_one_and_refused_in_words(as_: Clients) -> None:
    issuer = as_("issuer")
    assert issuer.get(f"{API}/me").json()["server"]["channels"] == ["websocket"]
    assert drafted(issuer)["channels"] == ["websocket"]
    url = f"{API}/alerts/{drafted(issuer, channels=['websocket', 'sms', 'email'])['id']}"
    assert issuer.get(f"{url}/preview").json()["not_set_up"] == ["sms", "email"]
    refused = moved(issuer, url, "submit").json()
    assert refused["code"] == "alert.channel_not_set_up"
    assert "短信、邮件" in refused["detail"]
    version = {"If-Match": issuer.get(url).headers["ETag"]}
    assert issuer.patch(url, json={"channels": ["websocket"]}, headers=version).is_success
    assert moved(issuer, url, "submit").json()["sms_variant"] == "short"


def test_a_person_writes_a_text_and_the_preview_shows_each_channel_with_its_length(as_: Clients) -> None:
    body = {"kind": "evacuation", "event": "山洪", "headline": "标题", "area": {"divisions": ["532301109"]}}
    more = {"template": "order-flood", "texts": {"voice": "水位 2 米，快走"}, "channels": ["websocket", "sms", "mqtt"]}
    seen = as_("issuer").post(f"{API}/alerts/preview", json={**body, **more, "instruction": "走" * 80}).json()
    assert seen["variants"]["voice"] == {"text": "水位两米，快走", "worded": True, "characters": 7, "most": 500}
    short = seen["variants"]["short"]
    assert short["characters"] > short["most"] == 70
    assert seen["carried"]["sms"]["over"] is True
    assert seen["texts"]["mqtt"].startswith("水位两米，快走")
    assert "叫应" in seen["call"]


def test_an_end_is_seen_before_it_is_told(as_: Clients) -> None:
    url = f"{API}/alerts/{drafted(as_('issuer'), template='order-flood')['id']}"
    own = {"short": "字" * 71, "voice": ""}
    seen = as_("issuer").post(f"{url}/end-preview", json={"end": "withdrawn", "text": "发错了", "texts": own}).json()
    assert seen["variants"]["short"] == {"text": "字" * 71, "worded": True, "characters": 71, "most": 70}
    assert seen["variants"]["voice"]["worded"] is False
    assert seen["channels"] == {"websocket": 0}, "nobody was told yet"
    assert "系误发" in seen["texts"]["websocket"]
    assert "发错了" in seen["texts"]["websocket"]
