"""One outgoing call as a pure machine: messages and the time in, datagrams out (RFC 3261 §9, §13, §15, §17.1).

`now` is seconds on any clock that goes forward. The caller of these functions sends what they return.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from alerts.sip.digest import Credentials, answer
from alerts.sip.message import SipMessage, tag_of, uri_of, write

T1, T2, TIMEOUT = 0.5, 4.0, 32.0
"""RFC 3261 §17.1.1.1: first repetition, longest pause of other requests, and 64 × T1."""

TRYING, RINGING, ANSWERED, ENDING, OVER = "trying", "ringing", "answered", "ending", "over"
NO_RESPONSE = 0

_AGENT = ("User-Agent", "Fengsui")


@dataclass(frozen=True, slots=True)
class Line:
    """Our end: who we are, where we are heard, and how we show that we may call."""

    uri: str
    host: str
    port: int
    credentials: Credentials | None = None

    def via(self, branch: str) -> str:
        return f"SIP/2.0/UDP {self.address};branch={branch};rport"

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(slots=True)
class _Repeated:
    """A request that is sent again until something answers it."""

    data: bytes
    since: float
    next_at: float
    pause: float
    longest: float


class Call:
    """`state` says how far it is, `status` with what it ended, `answer` what the other side took of the offer."""

    def __init__(self, line: Line, target: str, offer: str, token: Callable[[], str] = lambda: secrets.token_hex(8)):
        self.state = TRYING
        self.status = NO_RESPONSE
        self.answer = ""
        self.id = f"{token()}@{line.host}"
        self._line = line
        self._target = target
        self._remote = target
        self._offer = offer
        self._token = token
        self._from = f"<{line.uri}>;tag={token()}"
        self._to = f"<{target}>"
        self._routes: list[str] = []
        self._cseq = 0
        self._branch = ""
        self._authorisation: tuple[str, str] | None = None
        self._challenged = False
        self._repeated: _Repeated | None = None
        self._ack = b""
        self._heard = False
        self._cancelling = False

    def start(self, now: float) -> list[bytes]:
        """Ring."""
        self._cseq += 1
        self._branch = self._new_branch()
        data = self._request("INVITE", self._target, self._branch, self._to, body=self._offer)
        self._repeated = _Repeated(data, now, now + T1, T1, TIMEOUT)
        return [data]

    def tick(self, now: float) -> list[bytes]:
        """What is to be repeated now; after 32 s without a response the call is over."""
        pending = self._repeated
        if pending is None or self.state == OVER:
            return []
        if now - pending.since >= TIMEOUT:
            self._end(self.status)
            return []
        if now < pending.next_at:
            return []
        pending.pause = min(pending.pause * 2, pending.longest)
        pending.next_at = now + pending.pause
        return [pending.data]

    @property
    def is_heard(self) -> bool:
        """Whether the other side has said anything to the last request to ring."""
        return self._heard

    @property
    def next_at(self) -> float | None:
        """When `tick` has something to do."""
        if self._repeated is None or self.state == OVER:
            return None
        return min(self._repeated.next_at, self._repeated.since + TIMEOUT)

    def hang_up(self, now: float) -> list[bytes]:
        """End it, however far it is: BYE, or CANCEL as soon as the other side has been heard of (§9.1)."""
        if self.state == ANSWERED:
            self.state = ENDING
            return self._in_dialog("BYE", now)
        if self.state in (TRYING, RINGING) and not self._cancelling:
            self._cancelling = True
            return self._cancel(now) if self._heard else []
        return []

    def receive(self, now: float, message: SipMessage) -> list[bytes]:
        """A message of this call. What does not belong here is answered where that is due, else ignored."""
        if not message.is_response:
            return self._asked(message)
        number, method = message.cseq
        if method == "INVITE" and number == self._cseq and message.branch == self._branch:
            return self._invited(now, message)
        if method == "BYE" and self.state == ENDING and message.status >= 200:
            self._end(self.status)
        if method == "CANCEL" and self._repeated is not None and message.status >= 200:
            # It was heard; the INVITE's own end is still to come, or never will.
            self._repeated.next_at = self._repeated.since + TIMEOUT
        return []

    def _invited(self, now: float, message: SipMessage) -> list[bytes]:
        if message.status < 200:
            return self._provisional(now, message)
        if message.status < 300:
            return self._accepted(now, message)
        return self._rejected(now, message)

    def _provisional(self, now: float, message: SipMessage) -> list[bytes]:
        first, self._heard = not self._heard, True
        if self.state == TRYING:
            self._repeated = None
        if message.status in (180, 183) and self.state == TRYING:
            self.state = RINGING
        return self._cancel(now) if self._cancelling and first else []

    def _accepted(self, now: float, message: SipMessage) -> list[bytes]:
        if self.state in (TRYING, RINGING):
            self._to = message.get("to")
            self._remote = uri_of(message.get("contact")) or self._target
            self._routes = [route for value in message.all("record-route") for route in value.split(",")][::-1]
            self.state, self.status, self.answer = ANSWERED, message.status, message.body
            self._repeated = None
            self._ack = self._request("ACK", self._remote, self._new_branch(), self._to, routed=True)
            # The other side picked up while we were giving up.
            return [self._ack, *(self.hang_up(now) if self._cancelling else [])]
        return [self._ack] if self._ack else []

    def _rejected(self, now: float, message: SipMessage) -> list[bytes]:
        acknowledged = self._request("ACK", self._target, self._branch, message.get("to"))
        if self.state not in (TRYING, RINGING):
            return [acknowledged] if self.state == OVER else []
        header = {401: ("www-authenticate", "Authorization"), 407: ("proxy-authenticate", "Proxy-Authorization")}
        if message.status in header and self._authorise(message, *header[message.status]):
            self._heard = False
            return [acknowledged, *self.start(now)]
        self._end(message.status)
        return [acknowledged]

    def _authorise(self, message: SipMessage, asked: str, answered: str) -> bool:
        credentials = self._line.credentials
        if self._challenged or credentials is None or self._cancelling:
            return False
        self._challenged = True
        for challenge in message.all(asked):
            value = answer(challenge, credentials, "INVITE", self._target, self._token())
            if value is not None:
                self._authorisation = (answered, value)
                return True
        return False

    def _asked(self, message: SipMessage) -> list[bytes]:
        """Requests of the other side: it hangs up, or wants something that we do not do."""
        if message.method == "ACK" or tag_of(message.get("to")) != tag_of(self._from):
            return []
        if message.method == "BYE":
            self._end(self.status)
        known = message.method in ("BYE", "INFO", "OPTIONS", "UPDATE")
        return [_response(message, "200 OK" if known else "488 Not Acceptable Here")]

    def _cancel(self, now: float) -> list[bytes]:
        data = self._request("CANCEL", self._target, self._branch, f"<{self._target}>")
        self._repeated = _Repeated(data, now, now + T1, T1, T2)
        return [data]

    def _in_dialog(self, method: str, now: float) -> list[bytes]:
        self._cseq += 1
        data = self._request(method, self._remote, self._new_branch(), self._to, routed=True)
        self._repeated = _Repeated(data, now, now + T1, T1, T2)
        return [data]

    def _end(self, status: int) -> None:
        self.state, self.status, self._repeated = OVER, status, None

    def _new_branch(self) -> str:
        return f"z9hG4bK{self._token()}"

    def _request(self, method: str, uri: str, branch: str, to: str, body: str = "", *, routed: bool = False) -> bytes:
        headers = [
            ("Via", self._line.via(branch)),
            ("Max-Forwards", "70"),
            ("From", self._from),
            ("To", to),
            ("Call-ID", self.id),
            ("CSeq", f"{self._cseq} {method}"),
            ("Contact", f"<sip:{self._line.address}>"),
            _AGENT,
            *([("Route", route.strip()) for route in self._routes] if routed else []),
            *([self._authorisation] if self._authorisation and method == "INVITE" else []),
            *([("Content-Type", "application/sdp")] if body else []),
        ]
        return write(f"{method} {uri} SIP/2.0", headers, body)


def _response(request: SipMessage, status: str) -> bytes:
    """An answer within the dialog, by the way the request came (§8.2.6)."""
    same = [("Via", via) for via in request.all("via")]
    names = (("From", "from"), ("To", "to"), ("Call-ID", "call-id"), ("CSeq", "cseq"))
    return write(f"SIP/2.0 {status}", [*same, *((shown, request.get(name)) for shown, name in names), _AGENT])
