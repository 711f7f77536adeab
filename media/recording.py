"""What comes into a room, kept so that it can be played again bit for bit; without speech, and without pictures.

A recording is a compressed file of lines: the offset of the room, then each of its calls with arguments and all that
was sent because of it. Of speech only what a slot looks at is kept (the first byte of a frame, the shape of redundant
audio), of pictures the first bytes, where descriptors and sizes stand; the rest is zeros. Control packets are kept as
they are. `python -m media.recording FILE` plays one again.
"""

import json
import logging
import lzma
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from media.rtp import red
from media.rtp.packet import HEADER_SIZE, is_rtcp, parse
from media.sfu.receiver import Send
from media.sfu.room import Room
from media.sfu.shedding import STAGE_BY_NAME, Stage
from media.sfu.step import PythonStep, Step
from media.sfu.terms import Terms

CALLS = (
    "admit",
    "remove",
    "connect",
    "renew",
    "disconnect",
    "pause",
    "resume",
    "shed",
    "take_part",
    "mute",
    "view",
    "beside",
    "refresh",
    "on_rtp",
    "on_rtcp",
    "on_tick",
    "flush",
)
PICTURE_OCTETS = 66
MALFORMED = 0x80

Content = Literal["speech", "redundant", "picture"]
Sent = tuple[str, bytes]
"""To whom, and the packet."""

logger = logging.getLogger(__name__)

_terms: TypeAdapter[Terms] = TypeAdapter(Terms)


@dataclass(frozen=True, slots=True)
class Call:
    """A method of the room, its arguments, and what it had sent."""

    name: str
    arguments: tuple[Any, ...]
    sent: tuple[Sent, ...]


# -- without what was said ----------------------------------------------------------------------------


def blanked(data: bytes, contents: Mapping[int, Content]) -> bytes:
    """A packet whose speech and pictures are zeros; `contents` says what each payload type carries."""
    if is_rtcp(data):
        return data
    packet = parse(data)
    if packet is None:
        return data[: HEADER_SIZE - 1]
    start, end = packet.payload_start, packet.payload_end
    return data[:start] + _blanked(data[start:end], contents.get(packet.payload_type)) + data[end:]


def _blanked(payload: bytes, content: Content | None) -> bytes:
    if content == "redundant":
        return _blanked_blocks(payload)
    kept = {"speech": 1, "picture": PICTURE_OCTETS, None: 0}[content]
    return payload[:kept].ljust(len(payload), b"\0")


def _blanked_blocks(payload: bytes) -> bytes:
    """Redundant audio: its headers, and of each block the first byte."""
    blocks = red.parse(payload)
    if blocks is None:
        return bytes([MALFORMED]) * len(payload)
    bodies = b"".join(_blanked(block.data, "speech") for block in blocks)
    return payload[: len(payload) - len(bodies)] + bodies


def _carried(terms: Terms) -> tuple[dict[int, Content], dict[int, Content]]:
    """What each payload type of a connection carries: what comes from it, what goes to it."""
    inward: dict[int, Content] = {}
    outward: dict[int, Content] = {}
    for found, each in ((inward, terms.publications), (outward, terms.slots)):
        for one in each:
            types = [one.payload_type, one.rtx_payload_type]
            types += [one.h264.codec, one.h264.rtx] if hasattr(one, "h264") and one.h264 is not None else []
            content: Content = "speech" if one.kind == "audio" else "picture"
            found |= {number: content for number in types if number is not None}
            if one.red_payload_type is not None:
                found[one.red_payload_type] = "redundant"
    return inward, outward


# -- keeping ------------------------------------------------------------------------------------------


class RecordedRoom(Room):
    """A room that keeps what happens to it in a file until `close`, or until the disk takes no more.

    Its step has to leave every packet to Python. Raises OSError when the file cannot be made.
    """

    def __init__(self, unix_offset: float, step: Step, path: Path) -> None:
        super().__init__(unix_offset, step)
        self._inside = False
        self._file = lzma.open(path, "wt", encoding="ascii")  # noqa: SIM115  # open as long as the room
        self._write([unix_offset])

    def close(self) -> None:
        try:
            self._file.close()
        except OSError as error:
            logger.warning("a recording is not whole: %s", error)

    def noted(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """Do it; what a call does by other calls is not kept twice."""
        method = getattr(super(), name)
        if self._inside:
            return method(*arguments)
        self._inside = True
        kept = [self._kept(name, arguments, argument) for argument in arguments]
        try:
            found = method(*arguments)
        finally:
            self._inside = False
        sends = found if isinstance(found, list) else []
        self._write([name, kept, [self._as_sent(send) for send in sends]])
        return found

    def _kept(self, name: str, arguments: tuple[Any, ...], argument: Any) -> Any:
        if isinstance(argument, bytes):
            link = self.participants[arguments[1]].link
            inward = _carried(link.terms)[0] if link is not None else {}
            return {"data": (blanked(argument, inward) if name == "on_rtp" else argument).hex()}
        if isinstance(argument, Terms):
            return {"terms": _terms.dump_python(argument, mode="json")}
        return {"stage": argument.name} if isinstance(argument, Stage) else argument

    def _as_sent(self, send: Send) -> tuple[str, str]:
        link, head, body = send
        return link.participant, blanked(head + body, contents_to(self, link.participant)).hex()

    def _write(self, line: Any) -> None:
        if self._file.closed:
            return
        try:
            self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        except OSError as error:
            logger.warning("a recording ends: %s", error)
            self.close()


def _noting(name: str) -> Callable[..., Any]:
    return lambda self, *arguments: self.noted(name, arguments)


for _name in CALLS:
    setattr(RecordedRoom, _name, _noting(_name))


# -- playing again ------------------------------------------------------------------------------------


def contents_to(room: Room, participant: str) -> dict[int, Content]:
    """What each payload type that is sent to a participant carries."""
    link = room.participants[participant].link
    return _carried(link.terms)[1] if link is not None else {}


def read(path: Path) -> tuple[float, list[Call]]:
    """(the room's offset, its calls). Raises OSError, lzma.LZMAError or ValueError for what is no recording."""
    with lzma.open(path, "rt", encoding="ascii") as file:
        (unix_offset,), *lines = (json.loads(line) for line in file)
    calls = []
    for name, arguments, sent in lines:
        if name not in CALLS:
            raise ValueError(f"no call of a room: {name}")
        packets = tuple((participant, bytes.fromhex(data)) for participant, data in sent)
        calls.append(Call(name, tuple(map(_read_argument, arguments)), packets))
    return unix_offset, calls


def _read_argument(kept: Any) -> Any:
    match kept:
        case {"data": data}:
            return bytes.fromhex(data)
        case {"terms": terms}:
            return _terms.validate_python(terms)
        case {"stage": name}:
            return STAGE_BY_NAME[name]
    return tuple(kept) if isinstance(kept, list) else kept


def play(room: Room, calls: Iterable[Call]) -> Iterator[tuple[Call, list[Sent]]]:
    """Do all of it again: each call, with what this room sends, speech and pictures blanked."""
    for call in calls:
        found = getattr(room, call.name)(*call.arguments)
        sends = found if isinstance(found, list) else []
        yield (
            call,
            [
                (link.participant, blanked(head + body, contents_to(room, link.participant)))
                for link, head, body in sends
            ],
        )


def renew(path: Path) -> None:
    """Keep what the same calls send today in a recording's place: when something else is meant to be sent."""
    unix_offset, calls = read(path)
    room = RecordedRoom(unix_offset, PythonStep(), path)
    for _ in play(room, calls):
        pass
    room.close()


def main() -> None:
    """Play recordings again; ends with 1 at the first packet that is another one. With `--renew` keep them anew."""
    if sys.argv[1:2] == ["--renew"]:
        for name in sys.argv[2:]:
            renew(Path(name))
        return
    for name in sys.argv[1:]:
        unix_offset, calls = read(Path(name))
        for number, (call, sent) in enumerate(play(Room(unix_offset), calls)):
            if sent != list(call.sent):
                sys.exit(f"{name}: call {number} ({call.name}) sends something else")
        sys.stdout.write(f"{name}: {len(calls)} calls, {sum(len(call.sent) for call in calls)} packets, all the same\n")


if __name__ == "__main__":
    main()
