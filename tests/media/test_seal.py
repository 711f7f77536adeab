"""What C encrypts are libsrtp's own bytes, and no number is used twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.compiled import build
from media.compiled.layout import ffi, opened
from media.compiled.seal import Sealing
from media.rtp.packet import header
from media.srtp import REPLAY_WINDOW, Inbound, Keys, Outbound, Scratch
from tests.media.packets import VP8, level, rtp

PROFILES = {7: 28, 8: 44}
AES_CM = 1


@pytest.fixture(scope="module")
def sealing() -> Sealing:
    built = build.build()
    if built is None:
        pytest.skip("no C compiler here")
    return Sealing(opened(built))


def pair(sealing: Sealing, profile: int) -> tuple[Outbound, Outbound]:
    """By libsrtp, and by C."""
    size = PROFILES[profile]
    keys = Keys(profile, bytes(range(size)), bytes(range(7, 7 + size)))
    plain, sealed = Outbound(keys, Scratch()), Outbound(keys, Scratch())
    assert sealing.take(sealed) != ffi.NULL, "OpenSSL's functions are hidden in this build of libsrtp"
    return plain, sealed


def as_bytes(packet: memoryview | None) -> bytes | None:
    return bytes(packet) if packet is not None else None


@pytest.mark.parametrize("profile", PROFILES)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(-1_100, 1_100), st.integers(0, 200)), min_size=1, max_size=120),
    st.integers(0, 0x7FFF),
)
def test_the_bytes_are_those_of_libsrtp(
    sealing: Sealing, profile: int, course: list[tuple[int, int, int]], first: int
) -> None:
    """Any order of numbers of some streams: encrypted alike, or refused alike."""
    plain, sealed = pair(sealing, profile)
    newest = [first] * 3
    for stream, step, size in course:
        number = newest[stream] + step
        newest[stream] = max(newest[stream], number)
        packet = rtp(
            payload_type=VP8,
            sequence=number & 0xFFFF,
            timestamp=size,
            ssrc=5 + stream,
            payload=b"",
            values=level(3) if size % 2 else None,
        )
        if number < 0 or number <= newest[stream] - REPLAY_WINDOW:
            continue  # before the first number libsrtp has another opinion of what is too old
        assert as_bytes(plain.protect(packet, bytes(size))) == as_bytes(sealed.protect(packet, bytes(size)))


@pytest.mark.parametrize("profile", PROFILES)
def test_long_after_the_numbers_have_begun_anew(sealing: Sealing, profile: int) -> None:
    plain, sealed = pair(sealing, profile)
    keys = plain.keys
    scratch = Scratch()
    far = Inbound(Keys(profile, keys.outbound, keys.inbound), scratch)
    for number in range(30_000, 210_000, 3):
        head = header(VP8, False, number, number, 9)
        expected, packet = as_bytes(plain.protect(head, b"body")), as_bytes(sealed.protect(head, b"body"))
        assert packet == expected
        assert packet is not None
        scratch.view[: len(packet)] = packet
        assert far.unprotect(len(packet)) == head + b"body"


def test_no_number_is_used_twice(sealing: Sealing) -> None:
    _, sealed = pair(sealing, 8)

    def goes(number: int, ssrc: int = 9) -> bool:
        return sealed.protect(header(VP8, False, number, 0, ssrc), b"x") is not None

    for number in (100, 103, 102, 101, 5_000, 4_990, 5_000 - REPLAY_WINDOW + 1):
        assert goes(number)
        assert not goes(number)
    assert not goes(5_000 - REPLAY_WINDOW)
    assert all(goes(number, ssrc) for ssrc in range(1_000, 1_200) for number in (1, 2))
    assert not any(goes(number, ssrc) for ssrc in range(1_000, 1_200) for number in (1, 2))
    assert goes(5_001)


def test_what_is_no_packet_is_refused(sealing: Sealing) -> None:
    _, sealed = pair(sealing, 7)
    assert sealed.protect(b"\x80\x60", b"") is None
    assert sealed.protect(bytes([0x90]) + bytes(11), b"") is None
    assert sealed.protect(bytes([0x8F]) + bytes(11), bytes(8)) is None


def test_another_cipher_stays_with_libsrtp(sealing: Sealing) -> None:
    keys = Keys(AES_CM, bytes(range(30)), bytes(range(30)))
    outbound = Outbound(keys, Scratch())
    assert sealing.take(outbound) == ffi.NULL
    packet = outbound.protect(header(VP8, False, 1, 0, 9), b"body")
    assert packet is not None
    assert len(packet) == 12 + 4 + 10
