"""Feeds over HTTP: set by the administrator, asked by the running process, shown with what became of it."""

from typing import Any

from tests.feed_peer import Page, feed_peer
from tests.waiting import until
from tests.web.obliged import API, Clients, issued_order, made

URL = f"{API}/cap-feeds"
SENDER = {"name": "邻县（示例）", "events": [], "colours": [], "signer": ""}


def test_our_own_feed_is_one_another_county_can_ask(as_: Clients) -> None:
    """What this application publishes, served by another server, comes back as what it is."""
    alert = issued_order(as_)
    published = {path: as_("duty").get(path).content for path in ("/cap/feed.atom", f"/cap/{alert}.xml")}
    table = as_("admin").get(f"{API}/authority-table").json()
    sender = published[f"/cap/{alert}.xml"].split(b"<sender>")[1].split(b"</sender>")[0].decode()
    content = {"rows": table["rows"], "senders": [{**SENDER, "sender": sender}], "vouched": False}
    headers = {"If-Match": '"0"'}
    assert as_("admin").put(f"{API}/authority-table", json={"content": content}, headers=headers).is_success
    with feed_peer() as peer:
        peer.pages = {
            path: Page(body.replace(b"http://127.0.0.1/", f"{peer.url}/".encode()), etag='"1"')
            for path, body in published.items()
        }
        feed = made(as_("admin"), "/cap-feeds", {"name": "邻县（示例）", "url": f"{peer.url}/cap/feed.atom"})
        until(lambda: standing(as_)["taken"] == 1, within_s=20, why=lambda: standing(as_))
    received = [one for one in as_("duty").get(f"{API}/alerts").json()["items"] if one["origin"] == "received"]
    assert [(one["event"], one["not_acted_on"], one["on_board"]) for one in received] == [("山洪", [], True)]
    figures = as_("duty").get("/metrics").text
    assert 'fengsui_cap_feed_messages{feed="邻县（示例）"} 1.0' in figures
    assert 'fengsui_cap_feed_failures{feed="邻县（示例）"} 0.0' in figures

    stopped = {"name": "邻县（示例）", "url": feed["url"], "interval_s": 60, "on": False}
    path, now = f"{URL}/{feed['id']}", standing(as_)
    assert as_("admin").put(path, json=stopped, headers={"If-Match": '"9"'}).json()["code"] == "version.stale"
    answer = as_("admin").put(path, json=stopped, headers={"If-Match": f'"{now["version"]}"'})
    assert (answer.status_code, answer.json()["on"]) == (200, False)
    assert "fengsui_cap_feed_failures{" not in as_("duty").get("/metrics").text


def standing(as_: Clients) -> dict[str, Any]:
    (one,) = as_("admin").get(URL).json()["items"]
    found: dict[str, Any] = one
    return found


def test_who_may_set_them_and_what_is_refused(as_: Clients) -> None:
    body = {"name": "州台（示例）", "url": "http://127.0.0.1:9/feed", "interval_s": 60, "on": False}
    for reader in ("duty", "auditor", "south_operator"):
        assert as_(reader).get(URL).status_code == 403
        assert as_(reader).post(URL, json=body).status_code == 403
    for wrong, code in (({"url": "ftp://example/feed"}, "cap_feed.url"), ({"interval_s": 1}, "request.invalid")):
        assert as_("admin").post(URL, json={**body, **wrong}).json()["code"] == code
    assert as_("admin").put(f"{URL}/nothing", json=body, headers={"If-Match": '"1"'}).status_code == 404
    secret = {**body, "url": "http://127.0.0.1:9/feed?key=secret"}
    made(as_("admin"), "/cap-feeds", secret)
    assert "secret" not in as_("auditor").get(f"{API}/timeline", params={"limit": 90}).text
