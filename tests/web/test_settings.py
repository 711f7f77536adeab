"""The LAN address on screen, and the authority a terminal has to trust."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from web.certificates import ensure_authority
from web.settings import Settings
from web.wiring import Core

Clients = Callable[[str], TestClient]


def test_settings_are_kept_for_the_next_start(as_: Clients, core: Core) -> None:
    admin = as_("admin")
    body = {"addresses": ["192.0.2.10"], "names": ["fengsui.county.example"], "media_port": 40001}
    answer = admin.put("/api/v1/settings", json=body)
    assert answer.json()["next_start"]["media_port"] == 40001
    assert admin.get("/api/v1/settings").json()["in_force"]["media_port"] == 40000
    assert "192.0.2.10" in (core.settings.data / "settings.json").read_text()
    wrong = admin.put("/api/v1/settings", json={"addresses": ["not an address"]})
    assert wrong.json()["code"] == "settings.address"
    assert admin.put("/api/v1/settings", json={"host": "somewhere else"}).json()["code"] == "settings.address"
    assert admin.put("/api/v1/settings", json={"names": ["a b"]}).json()["code"] == "settings.name"
    assert as_("duty").get("/api/v1/settings").status_code == 403


def test_settings_of_the_page_are_read_at_start(as_: Clients, core: Core) -> None:
    as_("admin").put("/api/v1/settings", json={"media_address": ["192.0.2.10"], "port": 9443})
    assert Settings.read(core.settings.data).media_address == ("192.0.2.10",)
    assert Settings.read(core.settings.data).port == 9443
    as_("admin").put("/api/v1/settings", json={"port": None, "host": None})
    assert Settings.read(core.settings.data).port == 8443


def test_a_code_is_made_for_administrators_alone(as_: Clients) -> None:
    text = {"text": "https://192.0.2.10:8443/terminal#token=secret"}
    answer = as_("admin").post("/api/v1/qr", json=text)
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "<path" in answer.text
    assert as_("admin").post("/api/v1/qr", json={"text": "x" * 1001}).status_code == 422
    assert as_("duty").post("/api/v1/qr", json=text).status_code == 403


def test_the_authority_is_public(anonymous: TestClient, core: Core) -> None:
    assert anonymous.get("/api/v1/authority").json()["code"] == "authority.none"
    made = ensure_authority(core.settings.data, core.clock.now())
    answer = anonymous.get("/api/v1/authority").json()
    assert answer["sha256"] == made.sha256
    assert answer["certificate_pem"].startswith("-----BEGIN CERTIFICATE-----")
    assert answer["url"] == "http://127.0.0.1/ca"
    assert anonymous.get("/api/v1/authority/qr.svg").text.startswith("<?xml")
    assert anonymous.get("/ca.crt").headers["content-type"] == "application/x-x509-ca-cert"
