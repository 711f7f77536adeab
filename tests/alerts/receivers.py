"""An HTTP server in these tests that takes webhooks as the services do: it checks their signatures and limits."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

WINDOW_S = 300


class Got(NamedTuple):
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """What is answered; status 0 hangs up instead."""

    status: int
    body: object = None
    headers: tuple[tuple[str, str], ...] = ()


class _Server(ThreadingHTTPServer):
    request_queue_size = 100


class Receiver:
    """Serves on loopback until stopped; `answer` decides what each request gets."""

    def __init__(self, answer: Callable[[Got], Reply], tls: ssl.SSLContext | None = None) -> None:
        self.got: list[Got] = []
        self.answer = answer
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got = Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                receiver.got.append(got)
                self._reply(receiver.answer(got))

            def _reply(self, reply: Reply) -> None:
                if reply.status == 0:
                    self.close_connection = True
                    return
                octets = json.dumps(reply.body).encode() if reply.body is not None else b""
                self.send_response(reply.status)
                for name, value in (*reply.headers, ("Content-Length", str(len(octets)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = _Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self._scheme = "https" if tls else "http"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def url(self, path: str) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}{path}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def standard_receiver(secret: str) -> Callable[[Got], Reply]:
    """As docs/api.md tells receivers to: raw body, constant-time compare, five minutes, one id once."""
    key, seen = base64.b64decode(secret.removeprefix("whsec_")), set[str]()

    def answer(got: Got) -> Reply:
        name, seconds = got.headers["webhook-id"], got.headers["webhook-timestamp"]
        wanted = hmac.new(key, f"{name}.{seconds}.".encode() + got.body, hashlib.sha256).digest()
        signatures = [one.partition(",")[2] for one in got.headers["webhook-signature"].split(" ")]
        if not any(hmac.compare_digest(base64.b64decode(one), wanted) for one in signatures):
            return Reply(401)
        if abs(time.time() - int(seconds)) > WINDOW_S:
            return Reply(400)
        seen.add(name)
        return Reply(204)

    return answer


def wecom_robot(key: str) -> Callable[[Got], Reply]:
    """The key stands in the address; a text has 2,048 octets at most."""

    def answer(got: Got) -> Reply:
        said = json.loads(got.body)
        if parse_qs(urlsplit(got.path).query).get("key") != [key]:
            return Reply(200, {"errcode": 93000, "errmsg": "invalid webhook url"})
        if len(said["text"]["content"].encode()) > 2048:
            return Reply(200, {"errcode": 40058, "errmsg": "content exceed max length"})
        return Reply(200, {"errcode": 0, "errmsg": "ok"})

    return answer


def dingtalk_robot(secret: str) -> Callable[[Got], Reply]:
    """Milliseconds and signature stand in the address, within an hour."""

    def answer(got: Got) -> Reply:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(got.path).query).items()}
        wanted = hmac.new(secret.encode(), f"{asked['timestamp']}\n{secret}".encode(), hashlib.sha256).digest()
        fresh = abs(time.time() * 1000 - int(asked["timestamp"])) < 3_600_000
        if base64.b64decode(asked["sign"]) != wanted or not fresh:
            return Reply(200, {"errcode": 310000, "errmsg": "sign not match"})
        return Reply(200, {"errcode": 0, "errmsg": "ok"})

    return answer


def feishu_robot(secret: str) -> Callable[[Got], Reply]:
    """Seconds and signature stand in the message, within an hour."""

    def answer(got: Got) -> Reply:
        said = json.loads(got.body)
        key = f"{said['timestamp']}\n{secret}".encode()
        wanted = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
        if said["sign"] != wanted or abs(time.time() - int(said["timestamp"])) > 3600:
            return Reply(200, {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"})
        return Reply(200, {"code": 0, "msg": "success", "data": {}})

    return answer
