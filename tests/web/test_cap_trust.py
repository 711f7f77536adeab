"""Whose signatures count: the store as the verifier reads it, for who keeps settings, gives roles or audits."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from fastapi.testclient import TestClient

from alerts.cap.signature import Verdict, check_signatures
from command.kernel.clock import ManualClock
from tests.alerts.signing import SIGNED_AT, key_and_certificate, nameless, signed_example
from tests.web.world import World
from web.api.cap_trust import state_of
from web.certificates import ensure_authority
from web.key_file import KEY_FILE
from web.settings import Settings
from web.wiring import Core, build_core

Clients = Callable[[str], TestClient]
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(SIGNED_AT)


@pytest.fixture
def core(prepared: tuple[Path, World], tmp_path: Path, clock: ManualClock) -> Iterator[Core]:
    """The database of this test, under a clock that goes only when told."""
    for name in ("fengsui.db", KEY_FILE):
        copy(prepared[0].with_name(name), tmp_path / name)
    core = build_core(Settings(data=tmp_path), clock)
    yield core
    core.engine.dispose()


def items(client: TestClient) -> dict[str, Any]:
    """What is shown, by file."""
    return {one["file"]: one for one in client.get("/api/v1/cap/trust").raise_for_status().json()["items"]}


def lay(folder: Path, name: str, content: bytes) -> None:
    """A file into the trust folder."""
    (folder / "trust").mkdir(exist_ok=True)
    (folder / "trust" / name).write_bytes(content)


def test_who_keeps_settings_gives_roles_or_audits_sees_an_empty_store(as_: Clients, core: Core) -> None:
    for name in ("admin", "security", "auditor"):
        answer = as_(name).get("/api/v1/cap/trust").raise_for_status().json()
        assert answer == {"folder": str(core.settings.data / "trust"), "items": [], "next": None}
    for name in ("duty", "issuer", "wall"):
        assert as_(name).get("/api/v1/cap/trust").json()["code"] == "access.refused"


def test_a_certificate_is_shown_with_whom_it_speaks_for_until_it_has_ended(
    as_: Clients, core: Core, clock: ManualClock
) -> None:
    authority = ensure_authority(core.settings.data, clock.now())
    pem = key_and_certificate("station")[1]
    lay(core.settings.data, "station.pem", pem)
    admin = as_("admin")
    table = admin.get("/api/v1/authority-table").json()
    sender = {"sender": "weather.example", "name": "州气象台", "events": [], "colours": [], "signer": "CN=station"}
    content = {"rows": table["rows"], "senders": [sender, {**sender, "name": "水文站", "signer": ""}], "vouched": True}
    admin.put("/api/v1/authority-table", json={"content": content}, headers={"If-Match": '"0"'}).raise_for_status()
    shown = items(admin)
    assert list(shown) == ["ca.pem", "trust/station.pem"]
    own = shown["ca.pem"]
    assert (own["own"], own["state"], own["sha256"], own["authorities"]) == (True, "valid", authority.sha256, [])
    assert shown["trust/station.pem"] == {
        "file": "trust/station.pem",
        "own": False,
        "state": "ending",
        "fault": None,
        "subject": "CN=station",
        "issuer": "CN=station",
        "sha256": x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex(),
        "valid_from": "2026-11-19T06:03:11.000Z",
        "valid_until": "2026-11-21T06:03:11.000Z",
        "authorities": ["州气象台"],
    }
    clock.advance(2 * DAY.total_seconds())
    assert items(as_("auditor"))["trust/station.pem"]["state"] == "ended"


def test_what_counts_for_nothing_is_shown_with_its_reason_and_takes_nothing_else_along(
    as_: Clients, core: Core
) -> None:
    pem = key_and_certificate("station")[1]
    lay(core.settings.data, "broken.pem", b"no certificate")
    lay(core.settings.data, "nameless.pem", nameless())
    lay(core.settings.data, "station.crt", pem)
    lay(core.settings.data, "two.pem", pem + key_and_certificate("other")[1])
    (core.settings.data / "trust" / "folder.pem").mkdir()
    admin = as_("admin")
    shown = [(one["file"], one["fault"]) for one in admin.get("/api/v1/cap/trust").json()["items"]]
    assert shown == [
        ("trust/broken.pem", "no_certificate"),
        ("trust/folder.pem", "unopened"),
        ("trust/nameless.pem", "no_certificate"),
        ("trust/station.crt", "name"),
        ("trust/two.pem", None),
        ("trust/two.pem", None),
    ]
    warnings = as_("issuer").post("/cap", content=signed_example()).json()["warnings"]
    assert "cap.signature_valid" in [one["code"] for one in warnings]


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (SIGNED_AT - DAY - timedelta(seconds=1), "not_yet"),
        (SIGNED_AT - DAY, "ending"),
        (SIGNED_AT + DAY, "ending"),
        (SIGNED_AT + DAY + timedelta(seconds=1), "ended"),
    ],
)
def test_the_page_and_the_verifier_go_by_the_same_bounds(now: datetime, state: str) -> None:
    certificate = x509.load_pem_x509_certificate(key_and_certificate("station")[1])
    assert state_of(certificate, now) == state
    [report] = check_signatures(signed_example(), [certificate], now)
    assert (report.verdict is Verdict.VALID) == (state == "ending")


def test_thirty_days_before_its_end_it_is_said(tmp_path: Path) -> None:
    made = ensure_authority(tmp_path, SIGNED_AT)
    certificate = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    assert state_of(certificate, made.expires_at - 30 * DAY - timedelta(seconds=1)) == "valid"
    assert state_of(certificate, made.expires_at - 30 * DAY) == "ending"
