"""Whether an exchange is there: OPTIONS, the request that asks for nothing (RFC 3261 §11)."""

import asyncio
import secrets

from alerts.sip.call import NO_RESPONSE, T1, Line
from alerts.sip.leg import Endpoint
from alerts.sip.message import SipMessage, write


async def asked(endpoint: Endpoint, line: Line, target: str, within_s: float) -> int:
    """The status of the answer, NO_RESPONSE where none comes; asked again after 0.5 s, 1 s and so on (§17.1.2.2)."""
    call_id, answer = f"{secrets.token_hex(8)}@{line.host}", asyncio.Event()
    status = NO_RESPONSE

    def heard(message: SipMessage) -> None:
        nonlocal status
        if message.is_response and message.status >= 200:
            status = message.status
            answer.set()

    endpoint.add(call_id, heard)
    headers = [
        ("Via", line.via(f"z9hG4bK{secrets.token_hex(8)}")),
        ("Max-Forwards", "70"),
        ("From", f"<{line.uri}>;tag={secrets.token_hex(8)}"),
        ("To", f"<{target}>"),
        ("Call-ID", call_id),
        ("CSeq", "1 OPTIONS"),
        ("Contact", f"<sip:{line.address}>"),
        ("Accept", "application/sdp"),
    ]
    try:
        async with asyncio.timeout(within_s):
            await _repeat(endpoint, write(f"OPTIONS {target} SIP/2.0", headers, ""), answer)
    except TimeoutError:
        return NO_RESPONSE
    return status


async def _repeat(endpoint: Endpoint, request: bytes, answer: asyncio.Event) -> None:
    pause_s = T1
    while not answer.is_set():
        endpoint.send([request])
        try:
            async with asyncio.timeout(pause_s):
                await answer.wait()
        except TimeoutError:
            pause_s *= 2
