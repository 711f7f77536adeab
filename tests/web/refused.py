"""A message of a listed station that could not be read, handed in over HTTP."""

from tests.web.obliged import API, Clients

SENDER = {"sender": "station.example", "name": "州气象台（示例）", "events": [], "colours": [], "signer": ""}


def refused_message(as_: Clients) -> dict[str, str]:
    """Ids of the message and of what stands on the desk because of it."""
    table = as_("admin").get(f"{API}/authority-table").json()
    content = {"rows": table["rows"], "senders": [SENDER], "vouched": True}
    headers = {"If-Match": f'"{table["version"]}"'}
    assert as_("admin").put(f"{API}/authority-table", json={"content": content}, headers=headers).is_success
    answer = as_("station_issuer").post("/cap", content=b"<alert><sender>station.example</sender></alert>")
    assert answer.json()["code"] == "cap.namespace"
    (refusal,) = as_("duty").get(f"{API}/board").json()["cap_refusals"].values()
    return {"message_id": refusal["message"], "refusal_id": refusal["id"]}
