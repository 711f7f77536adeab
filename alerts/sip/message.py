"""SIP messages as values (RFC 3261 §7): read with bounds, written plainly."""

import re
from dataclasses import dataclass

LONGEST = 16_384
MOST_HEADERS = 100

# RFC 3261 §7.3.3: short names of the headers that matter here.
_SHORT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
}
_URI = re.compile(r"<([^<>\r\n]{1,500})>|^\s*(sips?:[^\s;,<>]{1,500})")
_TAG = re.compile(r";\s*tag=([^\s;,]{1,200})", re.IGNORECASE)


class BadMessage(ValueError):
    """Not a SIP message, or none of a size anybody sends."""


@dataclass(frozen=True, slots=True)
class SipMessage:
    """A request (`method`, `uri`) or a response (`status`, `reason`); header names are lower case, in order."""

    method: str
    uri: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def is_response(self) -> bool:
        return self.status > 0

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key == name]

    def get(self, name: str) -> str:
        """The first value of a header; empty without one."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def call_id(self) -> str:
        return self.get("call-id")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method; (0, "") where it is unreadable."""
        number, _, method = self.get("cseq").strip().partition(" ")
        return (int(number), method.strip().upper()) if number.isdigit() and len(number) < 11 else (0, "")

    @property
    def branch(self) -> str:
        """The transaction named by the topmost Via."""
        found = re.search(r";\s*branch=([^\s;,]{1,200})", self.get("via"), re.IGNORECASE)
        return found.group(1) if found else ""


def parse(data: bytes) -> SipMessage:
    """The message in a datagram; BadMessage where it is none."""
    if len(data) > LONGEST:
        raise BadMessage("too long")
    try:
        head, _, body = data.decode("utf-8").partition("\r\n\r\n")
    except UnicodeDecodeError as error:
        raise BadMessage("not text") from error
    lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    if len(lines) > MOST_HEADERS:
        raise BadMessage("too many headers")
    headers = tuple(_header(line) for line in lines[1:] if line)
    first = lines[0].split(" ", 2)
    if len(first) == 3 and first[0] == "SIP/2.0" and re.fullmatch(r"[1-6]\d\d", first[1]):
        return SipMessage("", "", int(first[1]), first[2], headers, body)
    if len(first) == 3 and first[2] == "SIP/2.0" and first[0].isalpha():
        return SipMessage(first[0].upper(), first[1], 0, "", headers, body)
    raise BadMessage("neither request nor response")


def write(first_line: str, headers: list[tuple[str, str]], body: str = "") -> bytes:
    """The bytes of a message; its length is added."""
    content = body.encode()
    lines = [first_line, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(lines).encode() + content


def uri_of(value: str) -> str:
    """The URI in a Contact, From or Record-Route value; empty without one."""
    found = _URI.search(value)
    return (found.group(1) or found.group(2)) if found else ""


def tag_of(value: str) -> str:
    """The tag of a From or To value; empty without one."""
    found = _TAG.search(value.rpartition(">")[2] if ">" in value else value)
    return found.group(1) if found else ""


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise BadMessage("header")
    name = name.strip().lower()
    return _SHORT.get(name, name), value.strip()
