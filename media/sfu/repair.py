"""What a slot sent lately, to answer NACKs from."""

from collections.abc import Iterable

from media.rtp.packet import HEADER_SIZE, header
from media.rtp.sequence import unwrap
from media.sfu.terms import SlotTerms

CAPACITY = 512
RESEND_INTERVAL_S = 0.02
MAX_RESENDS = 8
MAX_PADDING_PACKETS = 64
PADDING_SIZE = 200
PADDING_FLAG = 0x20
ONE_BYTE_OF_PADDING = b"\x01"
_EMPTY = (-1, b"", b"")


class Repair:
    """A ring of the last packets of one slot. Bodies are shared with the other slots, only heads are its own.

    A packet is resent as RTX (RFC 4588) with a sequence of its own. A client without RTX gets the very packet again;
    the transport keeps its ciphertext, so that no SSRC and sequence is encrypted twice.

    What was missing when the slot changed to another input will not come any more: whoever asks for it gets a packet of
    padding in its place, once.
    """

    def __init__(self, terms: SlotTerms, first_sequence: int) -> None:
        self._terms = terms
        self._rtx_sequence = first_sequence
        self._rtx_types = {terms.payload_type: terms.rtx_payload_type}
        if terms.h264 is not None:
            self._rtx_types[terms.h264.codec] = terms.h264.rtx
        self._newest = 0
        self._highest = first_sequence
        self._floor = first_sequence
        self._former = first_sequence
        self._ring: list[tuple[int, bytes, bytes]] = [_EMPTY] * CAPACITY
        self._resent: dict[int, tuple[int, float]] = {}

    def store(self, sequence: int, head: bytes, body: bytes) -> None:
        """Keep a packet; `sequence` is its number, unwrapped."""
        cell = sequence & (CAPACITY - 1)
        self._ring[cell] = (sequence & 0xFFFF, head, body)
        if sequence > self._highest:
            self._highest = sequence
            self._newest = cell
        if self._resent:
            self._resent.pop(cell, None)

    def spend(self, sequence: int) -> None:
        """This number has gone out with nothing that is worth repeating."""
        self._ring[sequence & (CAPACITY - 1)] = (sequence & 0xFFFF, b"", b"")
        self._highest = max(self._highest, sequence)

    def begin(self) -> None:
        """The slot changes to another input: what is missing of the former one stays missing."""
        self._former = self._highest

    def clear(self) -> None:
        """Forget everything: nothing that was sent before goes out again."""
        self._ring = [_EMPTY] * CAPACITY
        self._resent.clear()
        self._floor = self._highest

    def answer(self, now: float, sequences: Iterable[int]) -> list[tuple[bytes, bytes]]:
        """(head, body) of what is still known of the 16-bit `sequences`, each at most every 20 ms and 8 times."""
        found = []
        for sequence in sequences:
            cell = sequence & (CAPACITY - 1)
            if self._ring[cell][0] != sequence:
                if self._is_hole(sequence):
                    found.append(self._filler(sequence))
                continue
            if not self._ring[cell][1]:
                continue
            times, at = self._resent.get(cell, (0, float("-inf")))
            if times >= MAX_RESENDS or now - at < RESEND_INTERVAL_S:
                continue
            self._resent[cell] = (times + 1, now)
            found.append(self._again(cell))
        return found

    def _is_hole(self, sequence: int) -> bool:
        """Whether this 16-bit number has never gone out and never will by itself."""
        number = unwrap(self._highest, sequence)
        return max(self._floor, self._highest - CAPACITY) < number <= self._former

    def _filler(self, sequence: int) -> tuple[bytes, bytes]:
        _number, head, _body = self._ring[self._newest]
        timestamp = int.from_bytes(head[4:8], "big")
        self._ring[sequence & (CAPACITY - 1)] = (sequence, b"", b"")
        fixed = header(
            head[1] & 0x7F if head else self._terms.payload_type, False, sequence, timestamp, self._terms.ssrc
        )
        return bytes([fixed[0] | PADDING_FLAG]) + fixed[1:], ONE_BYTE_OF_PADDING

    def padding(self, size: int) -> list[tuple[bytes, bytes]]:
        """Packets of about `size` bytes in all that tell the receiver nothing new, to probe with; none without RTX.

        What was sent last, again: it may mend a loss. RTX that is padding alone where less is wanted.
        """
        found: list[tuple[bytes, bytes]] = []
        cell, rtx_type = self._newest, self._terms.rtx_payload_type
        if rtx_type is None or self._terms.rtx_ssrc is None:
            return found
        while size > 0 and len(found) < MAX_PADDING_PACKETS:
            _sequence, head, body = self._ring[cell]
            if body and len(head) + len(body) <= size and self._rtx_types.get(head[1] & 0x7F) is not None:
                packet = self._again(cell)
                cell = (cell - 1) & (CAPACITY - 1)
            else:
                padding = bytes(PADDING_SIZE - 1) + bytes([PADDING_SIZE])
                packet = self._rtx_header(rtx_type, 0, False, PADDING_FLAG), padding
            found.append(packet)
            size -= len(packet[0]) + len(packet[1])
        return found

    def _rtx_header(self, rtx_type: int, timestamp: int, marker: bool, flags: int = 0) -> bytes:
        self._rtx_sequence += 1
        fixed = header(rtx_type, marker, self._rtx_sequence, timestamp, self._terms.rtx_ssrc or 0)
        return bytes([fixed[0] | flags]) + fixed[1:] if flags else fixed

    def _again(self, cell: int) -> tuple[bytes, bytes]:
        _sequence, head, body = self._ring[cell]
        terms = self._terms
        rtx_type = self._rtx_types.get(head[1] & 0x7F)
        if terms.rtx_ssrc is None or rtx_type is None:
            return head, body
        rtx = self._rtx_header(rtx_type, int.from_bytes(head[4:8], "big"), head[1] >= 0x80)
        return rtx + head[2:4] + head[HEADER_SIZE:], body
