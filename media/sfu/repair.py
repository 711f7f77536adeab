"""What a slot sent lately, to answer NACKs from."""

from collections import deque
from collections.abc import Iterable

from media.rtp.packet import HEADER_SIZE, header
from media.rtp.sequence import unwrap
from media.sfu.layer import Origin
from media.sfu.numbering import Numbering
from media.sfu.sent import OVERHEAD
from media.sfu.state import REACH, FlowState, RepairState
from media.sfu.stretch import PADDING_FLAG, Stretch
from media.sfu.terms import SlotTerms

MAX_STRETCHES = 3
MAX_RESENDS = 5
MAX_PADDING_PACKETS = 64
PADDING_SIZE = 200
ONE_BYTE_OF_PADDING = b"\x01"


class Repair:
    """Makes the last packets of one slot again: the layers keep the packets, stretches tell how they went out.

    A packet is resent as RTX (RFC 4588) with a sequence of its own. A client without RTX for the codec that is sent
    gets the very packet again; the transport keeps its ciphertext, so that no SSRC and sequence is encrypted twice.

    No more is sent again than the link has room for, and nothing twice in a round trip: behind a cliff what was asked
    for again would only lengthen the queue.

    What was missing when the slot changed to another input will not come any more: whoever asks for it gets a packet of
    padding in its place, once.
    """

    def __init__(self, terms: SlotTerms, numbers: Numbering, state: RepairState, flow: FlowState) -> None:
        self._terms = terms
        self._numbers = numbers
        self._flow = flow
        self.state = state
        state.rtx_sequence = state.cleared = numbers.newest
        state.rtx_ssrc = terms.rtx_ssrc or 0
        self._rtx_types = {terms.payload_type: terms.rtx_payload_type}
        if terms.h264 is not None:
            self._rtx_types[terms.h264.codec] = terms.h264.rtx
        self._stretches: deque[Stretch] = deque(maxlen=MAX_STRETCHES)

    def interrupt(self) -> None:
        """The slot is about to begin another stretch."""
        self.state.whole = 0
        if self._stretches:
            self._stretches[-1].freeze(REACH)

    def begin(self, stretch: Stretch, payload_type: int, whole: bool) -> None:
        """Of `stretch`, which goes out as this payload type; `whole`: nothing of it is to be left out."""
        self._stretches.append(stretch)
        rtx_type = self._rtx_types.get(payload_type) if self._terms.rtx_ssrc is not None else None
        self.state.rtx_type = rtx_type or 0
        self.state.whole = whole and rtx_type is not None
        stretch.note(self.state)

    def leave_to_stretches(self) -> None:
        """What went out so far cannot be made again by numbers alone."""
        self.state.first = self._numbers.newest + 1

    def may_be_of(self, sequence: int, origin: Origin) -> bool:
        """Whether what went out, or waits, as this 16-bit `sequence` shows `origin`, or nobody knows any more."""
        newest = self._numbers.newest
        stretch = self._stretch(unwrap(newest, sequence), newest)
        return stretch is None or stretch.origin is origin

    def clear(self) -> None:
        """Nothing that went out so far is sent again."""
        self.state.cleared = self._numbers.newest

    def answer(self, now: float, sequences: Iterable[int]) -> list[tuple[bytes, bytes]]:
        """(head, body) of what is still known of the 16-bit `sequences`, once in a round trip and 5 times at most."""
        found = []
        newest = self._numbers.newest
        for sequence in sequences:
            number = unwrap(newest, sequence)
            stretch = self._stretch(number, newest)
            packet = stretch.again(number) if stretch is not None else None
            if packet is None:
                hole = stretch.fill(number) if stretch is not None else None
                if hole is not None:
                    found.append(self._counted(hole, ONE_BYTE_OF_PADDING))
                continue
            if self._is_due(now, number):
                found.append(self._counted(*self._packed(*packet)))
        return found

    def _counted(self, head: bytes, body: bytes) -> tuple[bytes, bytes]:
        self._flow.repaired += len(head) + len(body) + OVERHEAD
        return head, body

    def _is_due(self, now: float, number: int) -> bool:
        """Whether a packet may be sent again now; it then counts."""
        state, place = self.state, number % REACH
        if self._flow.repaired >= self._flow.repaired_most:
            return False
        if state.numbers[place] != number:
            state.numbers[place] = number
            state.times[place] = 0
        elif state.times[place] >= MAX_RESENDS or now - state.at[place] < self._flow.again_after:
            return False
        state.times[place] += 1
        state.at[place] = now
        return True

    def _stretch(self, number: int, newest: int) -> Stretch | None:
        """Where this number, unwrapped, belongs; None when it is too old, or none that was given out."""
        if not max(self.state.cleared, newest - REACH) < number <= newest:
            return None
        return next((stretch for stretch in reversed(self._stretches) if number >= stretch.first), None)

    def padding(self, size: int) -> list[tuple[bytes, bytes]]:
        """Packets of about `size` bytes in all that tell the receiver nothing new, to probe with; none without RTX.

        What was sent last, again: it may mend a loss. RTX that is padding alone where less is wanted.
        """
        found: list[tuple[bytes, bytes]] = []
        number = newest = self._numbers.newest
        rtx_type = self._terms.rtx_payload_type
        if rtx_type is None or self._terms.rtx_ssrc is None:
            return found
        while size > 0 and len(found) < MAX_PADDING_PACKETS:
            stretch = self._stretch(number, newest)
            last = stretch.again(number) if stretch is not None else None
            if last and len(last[0]) + len(last[1]) <= size and self._rtx_types.get(last[0][1] & 0x7F) is not None:
                packet = self._packed(*last)
                number -= 1
            else:
                number -= last is None
                padding = bytes(PADDING_SIZE - 1) + bytes([PADDING_SIZE])
                packet = self._rtx_header(rtx_type, 0, False, PADDING_FLAG), padding
            found.append(packet)
            size -= len(packet[0]) + len(packet[1])
        return found

    def _rtx_header(self, rtx_type: int, timestamp: int, marker: bool, flags: int = 0) -> bytes:
        self.state.rtx_sequence += 1
        fixed = header(rtx_type, marker, self.state.rtx_sequence, timestamp, self._terms.rtx_ssrc or 0)
        return bytes([fixed[0] | flags]) + fixed[1:] if flags else fixed

    def _packed(self, head: bytes, body: bytes) -> tuple[bytes, bytes]:
        """As RTX, for a client that takes it."""
        terms = self._terms
        rtx_type = self._rtx_types.get(head[1] & 0x7F)
        if terms.rtx_ssrc is None or rtx_type is None:
            return head, body
        rtx = self._rtx_header(rtx_type, int.from_bytes(head[4:8], "big"), head[1] >= 0x80)
        return rtx + head[2:4] + head[HEADER_SIZE:], body
