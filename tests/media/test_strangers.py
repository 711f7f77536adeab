"""Nothing that comes can harm the way in, by C or in arrays: datagrams of every kind, good ones among them."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from media.arrays.step import ArrayStep
from media.compiled import build
from media.compiled.layout import ffi
from media.compiled.step import CompiledStep
from media.rtp.rtcp import Nack
from tests.fuzzing import PACKETS, dice, fuzz
from tests.media.gated import Meeting, close, opened
from tests.media.packets import Publisher
from tests.media.twins import PUBLISHERS, redundant

ROUNDS = PACKETS // 5
LAXER = "detect_leaks=0"  # the interpreter's own memory is not freed at its end


class Stranger:
    """Makes up datagrams of every kind: plain ones, plain ones with some other bits, feedback, noise."""

    def __init__(self, seed: int) -> None:
        self.chance = dice(seed)
        self.publishers = {name: Publisher(number, transport=9) for number, name in enumerate(PUBLISHERS, 1)}

    def datagram(self, name: str) -> bytes:
        chance = self.chance
        maker = self.publishers.get(name)
        if maker is None or chance.random() < 0.1:
            return self.control() if chance.random() < 0.7 else chance.randbytes(chance.randrange(1, 200))
        data = self.speech(name) if chance.random() < 0.3 else maker.picture(keyframe=chance.random() < 0.1)[0]
        return self.spoiled(data) if chance.random() < 0.4 else data

    def speech(self, name: str) -> bytes:
        """From one of them with a copy of a frame before it."""
        data = self.publishers[name].speech()
        return redundant(data, b"f" * self.chance.randrange(90), b"o" * 60) if name == "two" else data

    def control(self) -> bytes:
        chance = self.chance
        kinds = bytes([0x80 | chance.choice((1, 15, 0, 4)), chance.choice((200, 201, 202, 203, 205, 206))])
        body = chance.randbytes(4 * chance.randrange(40))
        words = chance.choice((len(body) // 4, chance.randrange(65_536)))
        return kinds + struct.pack("!H", words) + body

    def request(self, meeting: Meeting, name: str) -> bytes | None:
        """A NACK for what a viewer was sent lately, and for what it never was; now and then spoiled."""
        link = meeting.room.participants[name].link
        if link is None or not link.video:
            return None
        slot = self.chance.choice(link.video)
        newest, ssrc = slot.splice.numbers.newest, slot.terms.ssrc
        asked = tuple(newest + self.chance.randrange(-600, 40) & 0xFFFF for _ in range(self.chance.randrange(150)))
        packet = Nack(1, ssrc, asked).encode()
        return self.spoiled(packet) if self.chance.random() < 0.3 else packet

    def spoiled(self, data: bytes) -> bytes:
        changed = bytearray(data)
        for _ in range(self.chance.randrange(1, 4)):
            changed[self.chance.randrange(min(40, len(changed)))] = self.chance.randrange(256)
        return bytes(changed[: self.chance.randrange(1, len(changed) + 1)] if self.chance.random() < 0.3 else changed)


def play_stranger(meeting: Meeting, seed: int, rounds: int) -> None:
    stranger = Stranger(seed)
    now = 100.0
    for number in range(rounds):
        now += 0.001
        name = stranger.chance.choice(list(meeting.far))
        path = meeting.far[name].path
        assert path is not None
        asked = stranger.request(meeting, name) if stranger.chance.random() < 0.1 else None
        meeting.step.gate.inject(now, path, asked or stranger.datagram(name))
        meeting.step.gate.hand_over(meeting)
        if number % 25 == 0:
            meeting.send(meeting.room.on_tick(now))


def unciphered() -> tuple[object, tuple[int, int]]:
    """What stands in libsrtp's place so that strangers' bytes get through; to be kept while it is used."""
    plain = ffi.callback("int(void *, void *, int *)", lambda _context, _packet, _size: 0)
    place = int(ffi.cast("uintptr_t", plain))
    return plain, (place, place)


@fuzz
def test_whatever_comes_is_taken_or_left(library: Path) -> None:
    kept, functions = unciphered()
    meeting = opened(lambda counters: CompiledStep(library, counters, functions))
    play_stranger(meeting, 1, ROUNDS)
    participants = meeting.room.participants.values()
    assert sum(p.intake.unknown + p.intake.malformed for p in participants if p.intake is not None) > 100
    assert sum(p.malformed_rtcp for p in participants) > 100
    taken = meeting.room.participants["one"].video.layers[0].packets
    assert taken > 100, "what is good comes through between"
    close(meeting)
    del kept


@fuzz
def test_whatever_comes_is_taken_or_left_in_arrays() -> None:
    """The same without C."""
    meeting = opened(lambda counters: ArrayStep(counters, (_not_ciphered, _not_ciphered)))
    play_stranger(meeting, 3, ROUNDS // 4)
    participants = meeting.room.participants
    assert sum(p.malformed_rtcp for p in participants.values()) > 100
    assert participants["two"].video.layers[0].packets > 100, "what is good comes through between"
    close(meeting)


def _not_ciphered(_context: object, _packet: object, _size: object) -> int:
    return 0


@fuzz
def test_no_byte_is_read_or_written_outside(tmp_path: Path) -> None:
    """The same under the compiler's own watch, in a process of its own: it has to be there from the beginning."""
    command = build.compiler()
    if command is None:
        pytest.skip("no C compiler here")
    watched = tmp_path / "watched.so"
    flags = [*build.FLAGS, "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    made = subprocess.run([*command, *flags, "-o", watched, *build.sources()], capture_output=True, check=False)
    runtime = subprocess.run(
        [*command, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if made.returncode or not Path(runtime).is_absolute():
        pytest.skip("the compiler has no sanitizers")
    environment = {**os.environ, "LD_PRELOAD": runtime, "ASAN_OPTIONS": LAXER, "PYTHONMALLOC": "malloc"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.media.test_strangers", watched],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    assert "done" in done.stdout


def main() -> None:
    """Be a stranger to the shared object named on the command line."""
    kept, functions = unciphered()
    meeting = opened(lambda counters: CompiledStep(Path(sys.argv[1]), counters, functions))
    play_stranger(meeting, 2, ROUNDS // 2)
    close(meeting)
    del kept
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
