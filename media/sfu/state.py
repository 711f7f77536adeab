"""What changes with every packet: numbers alone, so that the compiled step can keep them in the same form."""

from array import array
from collections.abc import MutableSequence
from typing import Any, Protocol

NEVER = float("-inf")
PACED, NUMBERED, PLAIN = 0, 1, 2
"""How a flow takes pictures: numbered, when it is free; numbered, at once; at once and without a number."""
LEAST_DEPTH = 3_000.0
REACH = 512
NOBODY = -1


class Row(Protocol):
    """A numbering: the newest input number taken or skipped, and what is to be added to the next ones."""

    highest: int
    shift: int


class SlotState(Row, Protocol):
    """A slot's own sequence numbers, and what turns an incoming packet into an outgoing one.

    `timestamp_offset`, `tl0_offset` and `key_offset` are added to what comes; `timestamp` (32 bits), `tl0` and `key`
    are the newest that went out, at `sent_at`. `last` is the index of the newest packet that was no padding. `open`
    is 0 while a packet needs more than these numbers to be judged.
    """

    ssrc: int
    payload_type: int
    open: int
    timestamp: int
    timestamp_offset: int
    sent_at: float
    tl0: int
    tl0_offset: int
    key: int
    key_offset: int
    last: int
    packets: int
    octets: int

    @property
    def pictures(self) -> Row: ...


class FlowState(Protocol):
    """One link's transport sequence numbers: the `next`, unwrapped; bytes sent in all; `way` is one of the three.

    `landed` of the bytes are no longer on their way, on which `window` may be. `tokens` (bytes) are those of the token
    bucket, as of `filled_at`; it fills by `pace` bytes a second up to `depth`. So many bytes are `waiting`; `choked`
    while none are taken. `element` is the first byte of the extension's element. So many bytes of speech were `spoken`,
    so many of pictures `repaired`, of which there may be `repaired_most` for now; `voiced` is 1 where speech is
    numbered too. `told` is the number before which all is known, `reference` the newest reference time of feedback,
    unwrapped, -1 before the first. What was sent again less than `again_after` seconds ago may still be on its way.
    """

    next: int
    octets: int
    landed: int
    way: int
    element: int
    choked: int
    waiting: int
    window: float
    tokens: float
    filled_at: float
    pace: float
    depth: float
    spoken: int
    repaired: int
    repaired_most: int
    voiced: int
    told: int
    reference: int
    again_after: float


class ProbeState(Protocol):
    """What came of the packets of a cluster, as numbers alone, so that C can keep them in the same form.

    They are those with transport sequence numbers (unwrapped) from `first` on and before `end`; `first` is NOBODY while
    there is no cluster, `end` while it is open. `count` of them came, `octets` on the wire. `left` and `left_last` are
    when the first and the last of these left, `came` and `came_last` when they came, on the receiver's clock, seconds;
    `size` is that of the first to come, `size_last` that of the last that left.
    """

    first: int
    end: int
    count: int
    octets: int
    size: int
    size_last: int
    left: float
    left_last: float
    came: float
    came_last: float


class RepairState(Protocol):
    """What a video slot can send again by its numbers alone, and what it has.

    RTX has the number `rtx_sequence` so far; nothing up to the outgoing number `cleared` is sent again. Since `first` a
    layer goes out that was in this `epoch`; `whole` while all of it does, in its order: then the slot's shifts are
    `shift` and `picture_shift`, and `first_picture` is the oldest picture. Cell n modulo REACH tells of the outgoing
    number n, where `numbers` says so, how many `times` it was sent again and when last (`at`).
    """

    rtx_sequence: int
    rtx_ssrc: int
    rtx_type: int
    cleared: int
    first: int
    shift: int
    picture_shift: int
    first_picture: int
    epoch: int
    whole: int
    stream: Any

    @property
    def numbers(self) -> MutableSequence[int]: ...
    @property
    def at(self) -> MutableSequence[float]: ...
    @property
    def times(self) -> MutableSequence[int]: ...


class PlainRow:
    """`highest` -1: nothing yet."""

    __slots__ = ("highest", "shift")

    def __init__(self) -> None:
        self.highest = -1
        self.shift = 0


class PlainSlotState(PlainRow):
    """A slot's numbers as Python's own objects."""

    __slots__ = (
        "key",
        "key_offset",
        "last",
        "octets",
        "open",
        "packets",
        "payload_type",
        "pictures",
        "sent_at",
        "ssrc",
        "timestamp",
        "timestamp_offset",
        "tl0",
        "tl0_offset",
    )

    def __init__(self) -> None:
        super().__init__()
        self.pictures: Row = PlainRow()
        self.ssrc = self.payload_type = self.open = 0
        self.timestamp = self.timestamp_offset = 0
        self.sent_at = NEVER
        self.tl0 = self.tl0_offset = self.key = self.key_offset = 0
        self.last = -1
        self.packets = self.octets = 0


class PlainRepairState:
    """The same as Python's own objects."""

    __slots__ = (
        "at",
        "cleared",
        "epoch",
        "first",
        "first_picture",
        "numbers",
        "picture_shift",
        "rtx_sequence",
        "rtx_ssrc",
        "rtx_type",
        "shift",
        "stream",
        "times",
        "whole",
    )

    def __init__(self) -> None:
        self.rtx_sequence = self.rtx_ssrc = self.rtx_type = self.cleared = 0
        self.first = self.shift = self.picture_shift = self.first_picture = self.epoch = self.whole = 0
        self.stream: Any = None
        self.numbers: MutableSequence[int] = array("q", bytes(8 * REACH))
        self.at: MutableSequence[float] = array("d", bytes(8 * REACH))
        self.times: MutableSequence[int] = array("B", bytes(REACH))


class PlainFlowState:
    """A flow's numbers as Python's own objects."""

    __slots__ = (
        "again_after",
        "choked",
        "depth",
        "element",
        "filled_at",
        "landed",
        "next",
        "octets",
        "pace",
        "reference",
        "repaired",
        "repaired_most",
        "spoken",
        "tokens",
        "told",
        "voiced",
        "waiting",
        "way",
        "window",
    )

    def __init__(self) -> None:
        self.next = self.octets = self.landed = 0
        self.way = PACED
        self.element = self.choked = self.waiting = self.spoken = self.voiced = 0
        self.told = self.repaired = self.repaired_most = 0
        self.reference = -1
        self.window = self.tokens = self.filled_at = self.pace = self.depth = self.again_after = 0.0


class PlainProbeState:
    """The same as Python's own objects."""

    __slots__ = ("came", "came_last", "count", "end", "first", "left", "left_last", "octets", "size", "size_last")

    def __init__(self) -> None:
        self.first = self.end = NOBODY
        self.count = self.octets = self.size = self.size_last = 0
        self.left = self.left_last = self.came = self.came_last = 0.0
