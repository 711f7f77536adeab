"""The one audio line of a call: what we offer, and what the other side took (RFC 4566, RFC 3264, RFC 4733)."""

import ipaddress
import re
from dataclasses import dataclass

PCMA, PCMU = 8, 0
OFFERED_EVENTS = 101


@dataclass(frozen=True, slots=True)
class Media:
    """Where the other side wants its audio, as what, and as which payload type it sends telephone keys (None: none)."""

    host: str
    port: int
    codec: int
    events: int | None


def offer(host: str, port: int) -> str:
    """G.711 and telephone keys, 20 ms a packet."""
    family = "IP6" if ":" in host else "IP4"
    lines = (
        "v=0",
        f"o=- 1 1 IN {family} {host}",
        "s=-",
        f"c=IN {family} {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {PCMA} {PCMU} {OFFERED_EVENTS}",
        f"a=rtpmap:{PCMA} PCMA/8000",
        f"a=rtpmap:{PCMU} PCMU/8000",
        f"a=rtpmap:{OFFERED_EVENTS} telephone-event/8000",
        f"a=fmtp:{OFFERED_EVENTS} 0-15",
        "a=ptime:20",
        "a=sendrecv",
    )
    return "\r\n".join(lines) + "\r\n"


def read_answer(text: str) -> Media | None:
    """What was taken; None where the answer has no audio we can send."""
    lines = text.replace("\r\n", "\n").split("\n")
    found = next(
        (match for line in lines if (match := re.match(r"m=audio (\d{1,5}) RTP/AVP ([\d ]{1,200})", line))), None
    )
    host = _host(lines)
    if found is None or host is None:
        return None
    types = [int(one) for one in found.group(2).split() if len(one) < 4]
    codec = next((one for one in types if one in (PCMA, PCMU)), None)
    port = int(found.group(1))
    if codec is None or not 0 < port < 65_536:
        return None
    return Media(host, port, codec, _events(lines, types))


def _host(lines: list[str]) -> str | None:
    """The connection address: of the audio line where it has its own, else the session's. Names are not looked up."""
    start = next((number for number, line in enumerate(lines) if line.startswith("m=audio")), 0)
    own = [line for line in lines[start:] if line.startswith("c=")] or [line for line in lines if line.startswith("c=")]
    parts = own[0].split() if own else []
    try:
        return str(ipaddress.ip_address(parts[2])) if len(parts) == 3 else None
    except ValueError:
        return None


def _events(lines: list[str], types: list[int]) -> int | None:
    for line in lines:
        match = re.match(r"a=rtpmap:(\d{1,3}) telephone-event/8000", line, re.IGNORECASE)
        if match and int(match.group(1)) in types:
            return int(match.group(1))
    return None
