"""Time-based one-time codes (RFC 6238): 6 digits of 30 s each, one step early or late, none twice."""

import hmac
from datetime import datetime

import pyotp

STEP_S = 30


def fitting_step(secret: str, code: str, at: datetime, after: int | None) -> int | None:
    """The time step whose code this is, None where it fits none after the step `after` that was used last.

    RFC 6238 section 5.2 lets a code be used once only: who looked over a shoulder must not follow.
    """
    now = int(at.timestamp()) // STEP_S
    codes = pyotp.TOTP(secret, interval=STEP_S)
    for step in (now - 1, now, now + 1):
        if (after is None or step > after) and hmac.compare_digest(codes.generate_otp(step).encode(), code.encode()):
            return step
    return None
