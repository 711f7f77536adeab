"""One-time codes: on with a first code, asked at each log-in, good once, off by owner or administrator."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyotp
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from command.directory.codes import STEP_S, fitting_step
from tests.web.world import PASSWORD

Clients = Callable[[str], TestClient]
API = "/api/v1"
AT = datetime(2026, 11, 21, 8, 0, 5, tzinfo=UTC)
SECRET = pyotp.random_base32(32)


@given(st.integers(-6, 6))
def test_a_code_fits_its_step_and_one_beside_it(steps: int) -> None:
    code = pyotp.TOTP(SECRET).at(AT + timedelta(seconds=steps * STEP_S))
    assert (fitting_step(SECRET, code, AT, None) is not None) == (abs(steps) <= 1)


def test_a_code_is_good_once() -> None:
    step = fitting_step(SECRET, pyotp.TOTP(SECRET).at(AT), AT, None)
    assert step is not None
    assert fitting_step(SECRET, pyotp.TOTP(SECRET).at(AT), AT, step) is None


def codes(client: TestClient, **more: str) -> dict[str, str]:
    """An offered secret with its first code, as they are posted."""
    offer = client.get(f"{API}/me/second-factor").json()
    phone = pyotp.parse_uri(offer["uri"])
    assert isinstance(phone, pyotp.TOTP)
    assert offer["svg"].startswith("<?xml")
    return {"password": PASSWORD, "secret": offer["secret"], "code": phone.now(), **more}


def put_on(client: TestClient) -> pyotp.TOTP:
    """The second factor of this client's account, as its owner's phone has it."""
    body = codes(client)
    assert client.post(f"{API}/me/second-factor", json=body).status_code == 204
    return pyotp.TOTP(body["secret"])


def log_in(client: TestClient, code: str | None = None) -> int:
    body = {"username": "duty", "password": PASSWORD, **({"totp": code} if code else {})}
    status: int = client.post(f"{API}/session", json=body).status_code
    return status


def test_put_on_asked_and_taken_off(as_: Clients, anonymous: TestClient) -> None:
    elsewhere, duty = as_("duty"), as_("duty")
    phone = put_on(duty)
    assert duty.get(f"{API}/me").json()["second_factor"] is True
    assert elsewhere.get(f"{API}/me").status_code == 401
    code = phone.at(datetime.now(UTC) + timedelta(seconds=STEP_S))
    assert [log_in(anonymous), log_in(anonymous, code), log_in(anonymous, code)] == [401, 201, 401]
    assert duty.post(f"{API}/me/second-factor/off", json={"password": "no"}).json()["code"] == "password.old_wrong"
    assert duty.post(f"{API}/me/second-factor/off", json={"password": PASSWORD}).status_code == 204
    assert log_in(anonymous) == 201


def test_a_wrong_first_code_or_a_short_secret_changes_nothing(as_: Clients, anonymous: TestClient) -> None:
    duty = as_("duty")
    secret = duty.get(f"{API}/me/second-factor").json()["secret"]
    far = pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(hours=1))
    for body, code in (
        ({"secret": secret, "code": far}, "totp.wrong"),
        ({"secret": "AAAA", "code": far}, "totp.secret"),
    ):
        assert duty.post(f"{API}/me/second-factor", json={"password": PASSWORD, **body}).json()["code"] == code
    assert log_in(anonymous) == 201


def test_a_lost_phone(as_: Clients, anonymous: TestClient) -> None:
    duty = as_("duty")
    put_on(duty)
    listed = {one["username"]: one for one in as_("security").get(f"{API}/users").json()["items"]}
    assert listed["duty"]["second_factor"] is True
    assert "secret" not in str(listed)
    path = f"{API}/users/{listed['duty']['id']}/second-factor"
    assert as_("leader").delete(path).status_code == 403
    assert as_("security").delete(path).json()["second_factor"] is False
    assert duty.get(f"{API}/me").status_code == 401
    assert log_in(anonymous) == 201


def test_a_terminal_has_none(as_: Clients) -> None:
    assert as_("south_box").get(f"{API}/me/second-factor").status_code == 403
