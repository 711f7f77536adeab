"""H.264 payloads (RFC 6184 5.2, 5.6 to 5.8): what a packet begins. Nothing in them is ever rewritten."""

from media.rtp import sps
from media.rtp.vp8 import Descriptor

_TYPE_BITS = 0x1F
_SPS, _STAP_A, _FU_A = 7, 24, 28
_LAST_SINGLE = 23
_FU_START = 0x80


def parse(payload: bytes) -> Descriptor | None:
    """Read a payload as the descriptor without bytes that VP8's counters need; None when it is cut short or no such.

    A key frame begins with its sequence parameter set: a decoder that comes in between cannot do without.
    """
    units = _units(payload)
    if units is None:
        return None
    parameters = next((unit for unit in units if unit[0] & _TYPE_BITS == _SPS), None)
    return Descriptor(
        raw=b"",
        start=payload[0] & _TYPE_BITS != _FU_A or payload[1] & _FU_START != 0,
        keyframe=parameters is not None,
        picture_id=None,
        picture_id_bits=0,
        tl0picidx=None,
        temporal_layer=0,
        keyidx=None,
        picture_id_at=0,
        tl0picidx_at=0,
        keyidx_at=0,
        full=False,
        height=0 if parameters is None else sps.height(parameters),
    )


def _units(payload: bytes) -> list[bytes] | None:
    """The NAL units that begin in a payload, None when it is malformed or of a packetization mode 2.

    Of one that goes on in the next packets there is its header and what follows it here.
    """
    if not payload:
        return None
    kind = payload[0] & _TYPE_BITS
    if 1 <= kind <= _LAST_SINGLE:
        return [payload]
    if kind == _STAP_A:
        return _aggregated(payload)
    if kind == _FU_A and len(payload) > 2:
        return [payload[1:]] if payload[1] & _FU_START else []
    return None


def _aggregated(payload: bytes) -> list[bytes] | None:
    units, at = [], 1
    while at < len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        if size == 0 or at + 2 + size > len(payload):
            return None
        units.append(payload[at + 2 : at + 2 + size])
        at += 2 + size
    return units or None
