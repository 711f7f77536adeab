"""Watching the door: body limits before anything is read, refusals of known users told, strangers counted."""

import asyncio
import json
from typing import cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from command.kernel.actor import Actor
from command.kernel.timeline import record
from web.messages import told
from web.problems import language_from
from web.strangers import Strangers
from web.wiring import Core

BODY_LIMIT = 11 * 1024 * 1024
JSON_LIMIT = 1024 * 1024


class Watch:
    """ASGI middleware around every route."""

    def __init__(self, app: ASGIApp, core: Core, strangers: Strangers) -> None:
        self._app = app
        self._core = core
        self._strangers = strangers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is within its limits; look at how it was answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = JSON_LIMIT if headers.get(b"content-type", b"").startswith(b"application/json") else BODY_LIMIT
        if int(headers.get(b"content-length", b"0") or b"0") > limit:
            await _too_large(send, language_from(headers.get(b"accept-language", b"").decode("latin-1")))
            return
        status = [0]

        async def seen(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        await self._app(scope, _bounded(receive, limit), seen)
        await self._judge(scope, status[0])

    async def _judge(self, scope: Scope, status: int) -> None:
        if status == 401:
            address = scope["client"][0] if scope.get("client") else "?"
            self._strangers.count(address)
        elif status == 403:
            state = cast("dict[str, object]", scope.get("state") or {})
            actor = state.get("actor")
            if isinstance(actor, Actor):
                await asyncio.to_thread(self._tell, actor, scope, str(state.get("problem", "")))

    def _tell(self, actor: Actor, scope: Scope, code: str) -> None:
        refusal = {"id": actor.id, "method": scope["method"], "path": scope["path"][:200], "code": code}
        with self._core.db.writing() as session:
            record(session, actor, "access.refused", unit=actor.unit_id, body={"refusal": dict(refusal)})


def _bounded(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > limit:
                return {"type": "http.disconnect"}
        return message

    return bounded


async def _too_large(send: Send, language: str) -> None:
    code = "request.too_large"
    told_of = {"type": f"urn:fengsui:{code}", "title": code, "status": 413, **told(code, language)}
    body = json.dumps(told_of).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
