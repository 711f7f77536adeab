"""What any server pays for a packet that it sends on this machine: libsrtp and the kernel, in C, nothing around it."""

import ctypes
import secrets
from typing import Any

from pylibsrtp import Policy

from media import srtp
from media.bench.figures import rounded
from media.bench.load import VIDEO
from media.outlet import Outlet, PortCounters

BATCHES = 4000
BATCH = 32
ROUNDS = 5
KEY_SIZE = 32 + 12  # AEAD_AES_256_GCM
HEADER_SIZE = 12 + 8


def floor_cost(address: str, library: ctypes.CDLL) -> dict[str, Any]:
    """Microseconds of encrypting and of sending a video packet, the least of some rounds; packets per CPU second."""
    keys = srtp.Keys(Policy.SRTP_PROFILE_AEAD_AES_256_GCM, secrets.token_bytes(KEY_SIZE), secrets.token_bytes(KEY_SIZE))
    source, sink = Outlet(address, 0, PortCounters()), Outlet(address, 0, PortCounters())
    try:
        encrypting, sending = min((_round(library, keys, source, sink, address) for _ in range(ROUNDS)), key=sum)
    finally:
        source.socket.close()
        sink.socket.close()
    return {
        "encrypting_us": rounded(encrypting * 1e6),
        "sending_us": rounded(sending * 1e6),
        "packets_per_cpu_second": rounded(1 / (encrypting + sending)),
    }


def _round(library: ctypes.CDLL, keys: srtp.Keys, source: Outlet, sink: Outlet, address: str) -> tuple[float, float]:
    """Seconds for each packet. Raises OSError when a packet cannot be encrypted or sent."""
    outbound = srtp.Outbound(keys, srtp.Scratch())
    spent = (ctypes.c_double * 2)()
    sockets = source.socket.fileno(), sink.socket.fileno(), address.encode(), sink.port
    work = HEADER_SIZE + VIDEO.size, BATCHES, spent
    if library.engine_floor(srtp.function("srtp_protect"), outbound.context, *sockets, *work):
        raise OSError("the packets of the floor could not be sent")
    return spent[0] / (BATCHES * BATCH), spent[1] / (BATCHES * BATCH)
