"""The cipher in a process of its own, asked over a socket: what a worker has of it.

The cipher's library takes ten megabytes and a worker needs it rarely: to open where a webhook or a browser is, and to
seal a push. The process (`answers`) begins with the first question and ends when none came for `IDLE_S`, or with its
worker. A question and its answer are a line of JSON each, one after the other.
"""

import base64
import json
import logging
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, BinaryIO, cast

from alerts.channels.push_message import Seal, Sealed
from command.kernel.sealed import Open, Unopened

IDLE_S = 30.0
ANSWER_S = 20.0
"""With the process's start, on a machine that has much else to do."""

Start = Callable[[socket.socket], "subprocess.Popen[bytes]"]
"""Starts a process that runs `answers` on this socket as its standard input."""

log = logging.getLogger(__name__)


class VaultAway(Exception):
    """The process does not answer, and another one in its place does not either."""


class Vault:
    """What is asked, from any thread."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._turn = threading.Lock()
        self._line: BinaryIO | None = None

    def open(self, column: str, row: str, sealed: str) -> str:
        """As `Open`. Raises Unopened, VaultAway."""
        if not sealed:
            return ""
        said = self._ask("open", [column, row, sealed])
        if "unopened" in said:
            raise Unopened(column, row, said["unopened"])
        return str(said["secret"])

    def seal(self, endpoint: str, message: bytes, public: bytes, auth: bytes, now: datetime) -> Sealed:
        """As `Seal`. Raises ValueError, VaultAway."""
        said = self._ask("seal", [endpoint, *map(_text, (message, public, auth)), now.isoformat()])
        if "wrong" in said:
            raise ValueError(said["wrong"])
        return Sealed(said["authorization"], _octets(said["body"]))

    def _ask(self, what: str, of: list[str]) -> dict[str, Any]:
        question = json.dumps([what, of]).encode() + b"\n"
        with self._turn:
            try:
                return self._asked(question)
            except OSError:
                # It ended because nobody asked, or was ended: a question changes nothing and may be put again.
                self._hang_up()
            try:
                return self._asked(question)
            except OSError as error:
                self._hang_up()
                raise VaultAway(type(error).__name__) from error

    def _asked(self, question: bytes) -> dict[str, Any]:
        line = self._line = self._line or self._begun()
        line.write(question)
        line.flush()
        answer = line.readline()
        if not answer.endswith(b"\n"):
            raise ConnectionError("ended")
        return cast("dict[str, Any]", json.loads(answer))

    def _begun(self) -> BinaryIO:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            process = self._start(theirs)
            ours.settimeout(ANSWER_S)
            # It ends by itself at some time: somebody must hear of it, or its number would stay taken.
            threading.Thread(target=process.wait, name="vault", daemon=True).start()
            return cast("BinaryIO", ours.makefile("rwb"))

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            try:
                line.close()
            except OSError:
                log.debug("the vault had ended")


def answers(line: socket.socket, open_secret: Open, seal: Seal | None, idle_s: float = IDLE_S) -> None:
    """Answer until nobody asks for so long, or the asker is gone. `seal` where there is a key to push with."""
    line.settimeout(idle_s)
    acts: Mapping[str, Callable[[list[str]], dict[str, str]]] = {
        "open": lambda of: _opened(open_secret, of),
        "seal": lambda of: _sealed(seal, of),
    }
    with line, line.makefile("rwb") as file:
        try:
            while question := file.readline():
                what, of = json.loads(question)
                file.write(json.dumps(acts[what](of)).encode() + b"\n")
                file.flush()
        except OSError:
            return


def _opened(open_secret: Open, of: list[str]) -> dict[str, str]:
    try:
        return {"secret": open_secret(*of)}
    except Unopened as unopened:
        return {"unopened": unopened.params["key"]}


def _sealed(seal: Seal | None, of: list[str]) -> dict[str, str]:
    endpoint, *octets, now = of
    try:
        if seal is None:
            raise ValueError("no key")
        message, public, auth = map(_octets, octets)
        found = seal(endpoint, message, public, auth, datetime.fromisoformat(now))
    except ValueError as error:
        return {"wrong": str(error)}
    return {"authorization": found.authorization, "body": _text(found.body)}


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _octets(text: str) -> bytes:
    return base64.b64decode(text)
