"""The built-in authority: real handshakes, renewal, and files that belong together."""

import datetime as dt
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509

from web.certificates import (
    AUTHORITY_LIFE,
    RENEW_BEFORE,
    SERVER_LIFE,
    AuthorityBroken,
    Certificate,
    ensure_authority,
    ensure_server,
)

NOW = dt.datetime(2026, 11, 20, 8, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def handshake(authority: Certificate, server: Certificate, host: str) -> str | None:
    """Shake hands over a real connection; returns the protocol agreed on."""
    ours, theirs = socket.socketpair()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(server.certificate, server.key)

    def serve() -> None:
        try:
            serving.wrap_socket(theirs, server_side=True).close()
        except (ssl.SSLError, OSError):
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with ssl.create_default_context(cafile=authority.certificate).wrap_socket(ours, server_hostname=host) as client:
            return client.version()
    finally:
        ours.close()
        thread.join()


@pytest.mark.parametrize("host", ["localhost", "zhihui.chuxiong.example", "127.0.0.1", "10.53.1.1", "fd00::1"])
def test_a_client_that_has_the_authority_trusts_every_name_and_address(tmp_path: Path, host: str) -> None:
    now = dt.datetime.now(dt.UTC)
    authority = ensure_authority(tmp_path, now)
    names, addresses = ["localhost", "zhihui.chuxiong.example"], ["127.0.0.1", "10.53.1.1", "fd00::1"]
    assert handshake(authority, ensure_server(tmp_path, names, addresses, now), host) == "TLSv1.3"


def test_a_client_refuses_another_name_and_another_authority(tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    (tmp_path / "other").mkdir()
    other = ensure_authority(tmp_path / "other", now)
    authority = ensure_authority(tmp_path, now)
    server = ensure_server(tmp_path, ["localhost"], [], now)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(authority, server, "elsewhere.example")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(other, server, "localhost")


def test_what_is_there_stays(tmp_path: Path) -> None:
    authority, server = ensure_authority(tmp_path, NOW), ensure_server(tmp_path, ["a.example"], ["10.0.0.1"], NOW)
    later = NOW + SERVER_LIFE - RENEW_BEFORE - 2 * DAY
    assert ensure_authority(tmp_path, later) == authority
    assert ensure_server(tmp_path, ["A.example", "a.example"], ["10.0.0.1"], later) == server


def test_a_server_certificate_is_renewed_when_it_is_time(tmp_path: Path) -> None:
    ensure_authority(tmp_path, NOW)
    first = ensure_server(tmp_path, ["a.example"], [], NOW)
    second = ensure_server(tmp_path, ["a.example"], [], first.expires_at - RENEW_BEFORE)
    assert second.sha256 != first.sha256
    assert second.expires_at > first.expires_at
    assert ensure_server(tmp_path, ["a.example"], [], NOW - 9 * DAY).sha256 != second.sha256


def test_new_names_and_a_new_authority_need_a_new_certificate(tmp_path: Path) -> None:
    ensure_authority(tmp_path, NOW)
    prints = [ensure_server(tmp_path, ["a.example"], [], NOW).sha256]
    prints.append(ensure_server(tmp_path, ["a.example", "b.example"], [], NOW).sha256)
    prints.append(ensure_server(tmp_path, ["a.example", "b.example"], ["10.0.0.1"], NOW).sha256)
    (tmp_path / "ca.pem").unlink()
    (tmp_path / "ca.key").unlink()
    ensure_authority(tmp_path, NOW)
    prints.append(ensure_server(tmp_path, ["a.example", "b.example"], ["10.0.0.1"], NOW).sha256)
    assert len(set(prints)) == len(prints)


def test_lives_are_within_what_browsers_accept(tmp_path: Path) -> None:
    authority, server = ensure_authority(tmp_path, NOW), ensure_server(tmp_path, ["a.example"], [], NOW)
    content = x509.load_pem_x509_certificate(server.certificate.read_bytes())
    assert content.not_valid_after_utc - content.not_valid_before_utc == SERVER_LIFE < dt.timedelta(days=398)
    late = NOW + AUTHORITY_LIFE - 90 * DAY
    last = ensure_server(tmp_path, ["a.example"], [], late)
    assert last.expires_at == authority.expires_at
    assert ensure_server(tmp_path, ["a.example"], [], late + 60 * DAY) == last


def test_keys_are_for_the_owner_alone(tmp_path: Path) -> None:
    for made in (ensure_authority(tmp_path, NOW), ensure_server(tmp_path, ["a.example"], [], NOW)):
        assert made.key.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca.key", "ca.pem", "server.key", "server.pem"]


def test_a_lost_server_key_is_made_again_and_a_half_made_authority_completed(tmp_path: Path) -> None:
    first = ensure_authority(tmp_path, NOW)
    first.certificate.unlink()
    assert ensure_authority(tmp_path, NOW).sha256 != first.sha256
    server = ensure_server(tmp_path, ["a.example"], [], NOW)
    server.key.unlink()
    assert ensure_server(tmp_path, ["a.example"], [], NOW).sha256 != server.sha256


def test_an_authority_is_never_replaced_by_itself(tmp_path: Path) -> None:
    authority = ensure_authority(tmp_path, NOW)
    server = ensure_server(tmp_path, ["a.example"], [], NOW)
    authority.key.write_bytes(server.key.read_bytes())
    with pytest.raises(AuthorityBroken, match="belong together"):
        ensure_authority(tmp_path, NOW)
    authority.key.unlink()
    with pytest.raises(AuthorityBroken, match="lost its key"):
        ensure_authority(tmp_path, NOW)


@pytest.mark.parametrize(("names", "addresses"), [([], []), ([], ["10.0.0.256"]), ([], ["a.example"])])
def test_what_cannot_be_certified_is_refused(tmp_path: Path, names: list[str], addresses: list[str]) -> None:
    ensure_authority(tmp_path, NOW)
    with pytest.raises(ValueError, match=r"name|address"):
        ensure_server(tmp_path, names, addresses, NOW)
