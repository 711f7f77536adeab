"""Mails that came back over HTTP: with the receipts' token alone, whatever they are."""

from typing import Any

from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select

from alerts.channels.mail_reports import MOST_BYTES, name_of, report_key
from alerts.model import Receipt
from command.kernel.ids import new_id
from tests.alerts.test_mail_reports import REPORT
from web.wiring import Core

URL, TOKEN = "/api/v1/receipts/email/report", "a token of these tests"


def test_a_mail_is_handed_in_with_the_token_alone(anonymous: TestClient, core: Core) -> None:
    app: Any = anonymous.app
    name = name_of(new_id(), report_key(TOKEN))
    told = {"envelope": f"Original-Envelope-Id: {name}", "returned": "text/plain"}
    mail = REPORT.format(recipients="Action: failed\nStatus: 5.1.1", **told).encode()

    def handed_in(token: str, content: bytes) -> tuple[int, object]:
        answer = anonymous.post(URL, content=content, headers={"Authorization": f"Bearer {token}"})
        return answer.status_code, answer.json() if answer.is_success else answer.json()["code"]

    assert anonymous.post(URL, content=mail).json()["code"] == "access.unknown"
    assert handed_in(TOKEN, mail) == (401, "access.unknown"), "none is set"
    app.state.settings = app.state.settings.model_copy(update={"receipt_token": SecretStr(TOKEN)})
    assert handed_in("another", mail) == (401, "access.unknown")
    assert handed_in(TOKEN, b"Subject: hello\n\n" + b"a" * MOST_BYTES) == (200, {"ours": False, "new": False})
    assert handed_in(TOKEN, mail + b"a" * MOST_BYTES) == (200, {"ours": True, "new": False}), "a mail long gone"
    with core.db.reading() as session:
        assert session.scalars(select(Receipt)).all() == []
