"""Secrets in the database: nobody finds them there, and what cannot be opened is said and opens nothing."""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from alerts.channels.hosts import Allowed
from alerts.channels.post import Poster
from alerts.channels.webhook import WebhookChannel
from alerts.fanout import FanOut
from alerts.senders import senders
from alerts.webhooks.finding import webhook_finder
from alerts.webhooks.model import Webhook
from command.directory.codes import STEP_S
from command.directory.model import User
from command.kernel.sealing import Keyring, new_key
from tests.alerts.push_service import SubscribedBrowser
from tests.waiting import until
from tests.web.obliged import API, Clients, issued_order, made
from tests.web.test_commands import fengsui
from tests.web.test_second_factor import put_on
from tests.web.world import PASSWORD, World, build_world
from web.app import create_app
from web.backup import write_backup
from web.key_file import KEY_FILE, make_key
from web.migrate import upgrade
from web.models import METADATA
from web.sealed import reseal, standing
from web.settings import Settings
from web.wiring import Core, build_core

ROBOT = "http://127.0.0.1:9/robot/send?key=0f5c-very-private"
ROBOT_SECRET = "SEC-the-robots-own-secret"
FEED = "http://127.0.0.1:9/feed?token=the-countys-token"
ENDPOINT = "https://127.0.0.1/push/of-this-browser-alone"


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server may post to."""
    monkeypatch.setenv("FENGSUI_WEBHOOK_HOSTS", '["127.0.0.0/8"]')
    monkeypatch.setenv("FENGSUI_PUSH_HOSTS", '["127.0.0.1"]')


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Core, World]]:
    """The county on each of the databases."""
    if request.param == "sqlite":
        yield request.getfixturevalue("core"), request.getfixturevalue("world")
        return
    url = SecretStr(request.getfixturevalue("postgres_url"))
    core = build_core(Settings(data=tmp_path, database_url=url, secrets_key=SecretStr(new_key())))
    upgrade(core)
    yield core, build_world(core.db)
    core.engine.dispose()


@contextmanager
def at(core: Core) -> Iterator[Clients]:
    """`as_` at the application on this core."""
    with TestClient(create_app(core), base_url="http://127.0.0.1") as running:

        def client_of(name: str) -> TestClient:
            answer = running.post(f"{API}/session", json={"username": name, "password": PASSWORD})
            client = TestClient(running.app, base_url="http://127.0.0.1")
            client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
            client.portal = running.portal
            return client

        yield client_of


def fill(as_: Clients, world: World) -> list[str]:
    """A secret of every kind there is, set over HTTP; all of them."""
    phone = put_on(as_("duty"))
    admin = as_("admin")
    set_webhook(admin, world)
    made(admin, "/cap-feeds", {"name": "州台（示例）", "url": FEED, "interval_s": 60, "on": False})
    browser = SubscribedBrowser("phone").keys()
    answer = as_("south_operator").put(f"{API}/me/push", json={"endpoint": ENDPOINT, "keys": browser})
    assert answer.status_code == 204, answer.text
    return [phone.secret, ROBOT, "very-private", ROBOT_SECRET, FEED, "countys-token", ENDPOINT, browser["auth"]]


def set_webhook(admin: TestClient, world: World) -> str:
    terminal = made(admin, "/terminals", {"name": "镇工作群", "kind": "webhook", "unit": world.units["south"]})
    route = f"{API}/terminals/{terminal['terminal']['id']}/webhook"
    answer = admin.put(route, json={"form": "dingtalk", "url": ROBOT, "secret": ROBOT_SECRET})
    assert answer.status_code == 200, answer.text
    return route


def log_in(client: TestClient, phone: pyotp.TOTP, steps: int = 1, password: str = PASSWORD) -> tuple[int, str]:
    """A log-in of the duty officer with the code of `steps` later: status and code of the answer."""
    code = phone.at(datetime.now(UTC) + timedelta(seconds=STEP_S * steps))
    answer = client.post(f"{API}/session", json={"username": "duty", "password": password, "totp": code})
    return answer.status_code, answer.json().get("code", "")


def dump(core: Core) -> str:
    """All that all tables hold, as text."""
    with core.engine.connect() as connection:
        return "\n".join(
            repr(tuple(row)) for table in METADATA.sorted_tables for row in connection.execute(table.select())
        )


def test_no_secret_lies_in_the_database_or_its_backup(either: tuple[Core, World], tmp_path: Path) -> None:
    core, world = either
    with at(core) as as_:
        secrets = fill(as_, world)
    with core.db.reading() as session:
        assert standing(session, core.keyring).keys.total() == 6
        assert standing(session, core.keyring).unopened == 0
    everything = dump(core)
    assert world.users["duty"] in everything
    if core.settings.embedded():
        write_backup(core.settings, tmp_path / "backup.tar.gz")
        with tarfile.open(tmp_path / "backup.tar.gz") as tar:
            files = {name: tar.extractfile(name) for name in tar.getnames()}
            everything += "".join(file.read().decode("latin-1") for file in files.values() if file)
        assert KEY_FILE not in files
        secrets.append((core.settings.data / KEY_FILE).read_text().strip())
        core.engine.dispose()
        everything += (core.settings.data / "fengsui.db").read_bytes().decode("latin-1")
    assert [secret for secret in secrets if secret in everything] == []


def test_a_code_secret_that_cannot_be_opened_lets_nobody_in(as_: Clients, core: Core, anonymous: TestClient) -> None:
    phone, path = put_on(as_("duty")), core.settings.data / KEY_FILE
    kept = path.read_text()
    for without in ("", new_key(), "no key at all"):
        path.write_text(without)
        assert log_in(anonymous, phone) == (503, "totp.unopened")
    path.unlink()
    assert log_in(anonymous, phone) == (503, "totp.unopened")
    assert log_in(anonymous, phone, password="wrong") == (401, "session.wrong")
    plain = {"username": "duty", "password": PASSWORD}
    answer = anonymous.post(f"{API}/session", json=plain, headers={"Accept-Language": "en"})
    assert "fengsui user second-factor-off duty" in answer.json()["detail"]
    told = as_("auditor").get(f"{API}/timeline", params={"kind": "session.refused", "limit": 50}).json()["entries"]
    codes = [entry["body"]["refusal"]["code"] for entry in told]
    assert sorted(codes) == ["session.wrong", *["totp.unopened"] * 5]
    path.write_text(kept)
    assert log_in(anonymous, phone)[0] == 201


def test_with_the_key_lost_the_administrator_lets_them_in_again(
    as_: Clients, core: Core, anonymous: TestClient
) -> None:
    phone = put_on(as_("duty"))
    (core.settings.data / KEY_FILE).unlink()
    upgrade(core)
    assert not (core.settings.data / KEY_FILE).exists(), "another key would stand in the lost one's way"
    again = as_("admin").get(f"{API}/me/second-factor").json()
    body = {"password": PASSWORD, "secret": again["secret"], "code": pyotp.TOTP(again["secret"]).now()}
    assert as_("admin").post(f"{API}/me/second-factor", json=body).json()["code"] == "secret.no_key"
    assert log_in(anonymous, phone)[1] == "totp.unopened"
    folder = str(core.settings.data)
    assert fengsui("user", "--data", folder, "second-factor-off", "duty").returncode == 0
    assert log_in(anonymous, phone)[0] == 201
    assert fengsui("secrets", "--data", folder, "renew").returncode == 0
    assert as_("admin").post(f"{API}/me/second-factor", json=body).status_code == 204


def test_one_persons_code_secret_opens_nothing_in_anothers_row(
    as_: Clients, core: Core, world: World, anonymous: TestClient
) -> None:
    put_on(as_("duty"))
    mine = put_on(as_("leader"))
    with core.db.writing() as session:
        sealed = session.get_one(User, world.users["leader"]).totp_secret
        session.execute(update(User).where(User.id == world.users["duty"]).values(totp_secret=sealed))
    assert log_in(anonymous, mine) == (503, "totp.unopened")


def test_a_webhook_that_cannot_be_opened_has_failed(as_: Clients, core: Core, world: World) -> None:
    route = set_webhook(as_("admin"), world)
    path = core.settings.data / KEY_FILE
    kept = path.read_text()
    path.write_text(new_key())
    alert = issued_order(as_, channels=["webhook"])
    channel = WebhookChannel(
        Poster(Allowed.of(["127.0.0.0/8"])), webhook_finder(core.db, core.keyring.open), core.clock
    )
    fanout = FanOut(core.db, core.clock, senders({"webhook": channel}), "webhook", "host/a#1")
    fanout.work()
    fanout.close()
    (delivery,) = as_("issuer").get(f"{API}/alerts/{alert}/deliveries").json()["items"]
    assert (delivery["state"], delivery["detail"]) == ("failed", "secret.unopened")
    # Set anew without the secret, the old one, which nobody can open, does not stay.
    assert as_("admin").put(route, json={"form": "dingtalk", "url": ROBOT}).json()["webhook"]["signed"] is False
    path.write_text(kept)
    with core.db.reading() as session:
        assert session.scalars(select(Webhook.secret)).one() == ""


def test_a_feed_whose_address_cannot_be_opened_says_so(as_: Clients, core: Core) -> None:
    made(as_("admin"), "/cap-feeds", {"name": "州台（示例）", "url": FEED, "interval_s": 60, "on": True})
    (core.settings.data / KEY_FILE).write_text(new_key())

    def seen() -> tuple[str, str]:
        (feed,) = as_("admin").get(f"{API}/cap-feeds").json()["items"]
        return feed["url"], feed["error"]

    with core.db.writing() as session:
        session.execute(update(METADATA.tables["cap_feed"]).values(due_at=core.clock.now()))
    until(lambda: seen() == ("", "secret.unopened"), within_s=30, why=seen)


def test_sealed_anew_while_the_server_runs(as_: Clients, core: Core, anonymous: TestClient, world: World) -> None:
    fill(as_, world)
    phone = put_on(as_("leader"))
    folder, path = str(core.settings.data), core.settings.data / KEY_FILE
    before = path.read_text()
    renewed = fengsui("secrets", "--data", folder, "renew")
    assert (renewed.returncode, "7 secrets sealed anew" in renewed.stdout) == (0, True)
    assert path.read_text().endswith(before)
    assert path.stat().st_mode & 0o077 == 0
    new, old = core.keyring.ids()
    listed = fengsui("secrets", "--data", folder, "list")
    assert listed.stdout.splitlines() == [f"{new}\tseals\t7 secrets", f"{old}\topens\t0 secrets"]
    path.write_text(path.read_text().splitlines()[0])
    code = phone.at(datetime.now(UTC) + timedelta(seconds=STEP_S))
    answer = anonymous.post(f"{API}/session", json={"username": "leader", "password": PASSWORD, "totp": code})
    assert answer.status_code == 201
    told = as_("auditor").get(f"{API}/timeline", params={"kind": "system.secrets_renewed"}).json()["entries"]
    assert [entry["body"]["part"]["key"] for entry in told] == [new]
    path.write_text(before)
    lost = fengsui("secrets", "--data", folder, "list")
    assert (lost.returncode, f"{new}\tis not here\t7 secrets" in lost.stdout) == (1, True)


def test_interrupted_while_it_seals_anew_it_has_done_nothing(either: tuple[Core, World]) -> None:
    core, world = either
    with at(core) as as_:
        fill(as_, world)
    before, (old,) = dump(core), core.keyring.ids()
    keys = [new_key(), *given_keys(core)]
    turning = Keyring(lambda: "\n".join(keys))

    def break_off(session: Session) -> None:
        assert reseal(session, turning).anew == 6
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), core.db.writing() as session:
        break_off(session)
    assert dump(core) == before
    with core.db.writing() as session:
        reseal(session, turning)
    with core.db.reading() as session:
        found = standing(session, turning)
        assert found.unopened == 0
        assert found.keys[old] == 0
        assert standing(session, core.keyring).unopened == 6


def given_keys(core: Core) -> list[str]:
    given = core.settings.secrets_key.get_secret_value()
    return (given or (core.settings.data / KEY_FILE).read_text()).split()


def test_a_backup_is_without_the_key_and_says_so(as_: Clients, core: Core, tmp_path: Path) -> None:
    put_on(as_("duty"))
    backup, other = tmp_path / "backup.tar.gz", tmp_path / "other"
    done = fengsui("backup", "--data", str(core.settings.data), str(backup))
    assert f"{KEY_FILE} is not in it" in done.stdout
    restored = fengsui("restore", "--data", str(other), str(backup))
    assert (restored.returncode, "1 secrets cannot be opened before" in restored.stdout) == (0, True)
    (other / KEY_FILE).write_text((core.settings.data / KEY_FILE).read_text())
    assert fengsui("secrets", "--data", str(other), "list").returncode == 0


def test_two_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    make_key(tmp_path)
    first = (tmp_path / KEY_FILE).read_text()
    make_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_text() == first
    assert [one.name for one in tmp_path.iterdir()] == [KEY_FILE]
