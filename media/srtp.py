"""SRTP straight to libsrtp, through the binding of pylibsrtp, with buffers that are used again and again."""

from dataclasses import dataclass

from pylibsrtp import Policy, Session, _binding
from pylibsrtp._binding import ffi as ffi  # type: ignore[import-not-found]  # compiled, without type information
from pylibsrtp._binding import lib

BUFFER_SIZE = 2048
TRAILER_SIZE = 4 + 16 + 128
LARGEST = BUFFER_SIZE - TRAILER_SIZE
REPLAY_WINDOW = 1024
LIBRARY: str = _binding.__file__
protect, _protect_rtcp = lib.srtp_protect, lib.srtp_protect_rtcp
unprotect, unprotect_rtcp = lib.srtp_unprotect, lib.srtp_unprotect_rtcp


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one connection: master key and salt for each direction, libsrtp's profile number."""

    profile: int
    inbound: bytes
    outbound: bytes


class Scratch:
    """One packet's memory, shared by all sessions of a thread: the packet is made, encrypted and sent in it."""

    def __init__(self) -> None:
        self.cdata = ffi.new("char[]", BUFFER_SIZE)
        self.view = memoryview(ffi.buffer(self.cdata))
        self.length = ffi.new("int *")


def function(name: str) -> int:
    """The address of one of libsrtp's functions."""
    return int(ffi.cast("uintptr_t", ffi.addressof(lib, name)))


class Outbound:
    """Encrypts. A repeated SSRC and sequence number is refused: under GCM it would give the plaintext away."""

    def __init__(self, keys: Keys, scratch: Scratch) -> None:
        policy = Policy(key=keys.outbound, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=keys.profile)
        policy.allow_repeat_tx = False
        policy.window_size = REPLAY_WINDOW
        self._session = Session(policy)
        self._srtp = self._session._srtp[0]
        self._encrypt, self._context = protect, self._srtp
        self._held: object = None
        self.keys = keys
        self.scratch = scratch
        self._view, self._cdata, self._length = scratch.view, scratch.cdata, scratch.length

    @property
    def context(self) -> int:
        """The address of libsrtp's context, for code that calls libsrtp itself."""
        return int(ffi.cast("uintptr_t", self._srtp))

    def encrypt_by(self, function: int, context: int, held: object) -> None:
        """Encrypt RTP by another function of the form of `srtp_protect` from the first packet on.

        `context` is the address of what it takes in libsrtp's place, `held` lives as long as this one.
        """
        self._encrypt = ffi.cast("int(*)(void *, void *, int *)", function)
        self._context, self._held = ffi.cast("void *", context), held

    def protect(self, head: bytes, body: bytes) -> memoryview | None:
        """The encrypted RTP packet head + body, valid until the next call; None when libsrtp refuses it."""
        packet = head + body
        size = len(packet)
        if size > LARGEST:
            return None
        view, length = self._view, self._length
        view[:size] = packet
        length[0] = size
        return None if self._encrypt(self._context, self._cdata, length) else view[: length[0]]

    def protect_rtcp(self, packet: bytes) -> memoryview | None:
        """The encrypted RTCP compound, valid until the next call; None when libsrtp refuses it."""
        size = len(packet)
        if size > LARGEST:
            return None
        view, length = self._view, self._length
        view[:size] = packet
        length[0] = size
        return None if _protect_rtcp(self._srtp, self._cdata, length) else view[: length[0]]


class Inbound:
    """Checks and decrypts what stands in the scratch memory."""

    def __init__(self, keys: Keys, scratch: Scratch) -> None:
        policy = Policy(key=keys.inbound, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=keys.profile)
        policy.window_size = REPLAY_WINDOW
        self._session = Session(policy)
        self._srtp = self._session._srtp[0]
        self.scratch = scratch

    @property
    def context(self) -> int:
        """The address of libsrtp's context, for code that calls libsrtp itself."""
        return int(ffi.cast("uintptr_t", self._srtp))

    def unprotect(self, size: int) -> bytes | None:
        """The plain RTP packet in the first `size` bytes of the scratch memory; None when forged or a replay."""
        return self._unprotect(unprotect, size)

    def unprotect_rtcp(self, size: int) -> bytes | None:
        return self._unprotect(unprotect_rtcp, size)

    def _unprotect(self, function: object, size: int) -> bytes | None:
        scratch = self.scratch
        scratch.length[0] = size
        if function(self._srtp, scratch.cdata, scratch.length):  # type: ignore[operator]  # a C function
            return None
        return bytes(scratch.view[: scratch.length[0]])
