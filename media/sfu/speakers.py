"""Who is heard and who speaks, from the audio-level header extension (RFC 6464)."""

import math
from dataclasses import dataclass

SILENCE = 127
AUDIBLE = 60
LOUDEST = 3
"""So many voices anybody hears, and those of the chair and of who is broadcast beside them."""
ATTACK_S = 0.25
RELEASE_S = 0.8
SOUND = 110
"""-dBov: an open microphone in a quiet room is louder; silence that a machine makes is 127."""
HOLD_S = 1.5
SPEAKER_AFTER_S = 0.5
SILENT_AFTER_S = 3.0
"""Whoever says nothing for so long speaks no more: longer than people take breath, or look for a word."""
PAUSE_S = 0.1
MARGIN = 6.0
STALE_S = 0.5
GUESSED_SPEECH, GUESSED_NOISE = 45, 70
SILENT_PAYLOAD = 12
SPOKEN_SHARE = 1.5
FLOOR_GROWTH = 1.002
UNKNOWN = AUDIBLE
"""-dBov at most of what tells nothing of words: no quieter than the noise of any room, and nobody's voice."""
STEADY_DB, STEADY_S = 2, 5.0
"""Within a second words and pauses are tens of dB apart; a fan, a tone and a made up level are not, however long."""
CONSTANT_PACKETS = 100
COMFORT = 100
"""-dBov of the loudest that a packet of silence is taken for: some sound, and less than any microphone in a room."""


def believed(level: int, payload_size: int) -> int:
    """What is believed of a claim, -dBov, in a packet with so many octets of Opus.

    Comfort noise and the packets of DTX are of a few octets; 20 ms of speech are of 15 at least, at the 6 kbit/s that
    are the least for it. C does the same in media/compiled/intake.c.
    """
    return max(level, COMFORT) if payload_size <= SILENT_PAYLOAD else level


class GuessedLevel:
    """A level in -dBov for a client that tells none, from the sizes of its Opus packets.

    What an encoder of a variable rate spends on words is clearly more than on what lies between them; a fan or music is
    always about the same. The least of late is remembered, and forgotten by a tenth in a second. Sizes that do not
    differ by an octet for CONSTANT_PACKETS are those of a constant rate, which tell nothing.
    """

    def __init__(self) -> None:
        self._floor = math.inf
        self._size = self._alike = 0

    def of(self, payload_size: int) -> int:
        """The level of the packet that comes next."""
        if payload_size <= SILENT_PAYLOAD:
            return SILENCE
        self._alike = self._alike + 1 if payload_size == self._size else 0
        self._size = payload_size
        if self._alike >= CONSTANT_PACKETS:
            return UNKNOWN
        self._floor = min(float(payload_size), self._floor * FLOOR_GROWTH)
        return GUESSED_SPEECH if payload_size > SPOKEN_SHARE * self._floor else GUESSED_NOISE


@dataclass(slots=True)
class _Voice:
    loudness: float = 0.0
    at: float = 0.0
    sound_at: float = 0.0
    loud_at: float = float("-inf")
    above_since: float | None = None
    chosen_at: float = float("-inf")
    guessed: bool = False
    range: tuple[int, int] = (0, 0)
    steady_since: float = 0.0

    def heed(self, now: float, level: int) -> int:
        """What is heeded of a level: one that has not varied for STEADY_S is no voice's, whatever it claims."""
        low, high = min(level, self.range[0]), max(level, self.range[1])
        if high - low > STEADY_DB or now - self.at > STALE_S:
            low, high, self.steady_since = level, level, now
        self.range = low, high
        return max(level, UNKNOWN) if now - self.steady_since >= STEADY_S else level

    @property
    def sounds(self) -> bool:
        """Whether more comes than what a closed microphone sends."""
        return self.loudness > SILENCE - SOUND


class Speakers:
    """Smooths levels and chooses. `speaker` is the active speaker, None once it is silent and nobody else speaks; of
    `loudest` the first ones are heard first.

    `favoured` are always among the loudest while they send, and before all others while they make a sound: the chair,
    and who is broadcast. The speaker comes next. Who has room for few hears those. Of the others
    `capacity` are chosen: one more than anybody hears, since nobody hears itself.

    A level is a claim of its sender, bounded to 0..127, by the size of its packet (`believed`) and by how it varies. A
    voice that was chosen stays for HOLD_S, and one that is not clearly louder (MARGIN dB) does not displace it, so that
    a cough wins nothing.
    """

    def __init__(self, capacity: int = LOUDEST + 1) -> None:
        self.capacity = capacity
        self.loudest: list[str] = []
        self.speaker: str | None = None
        self.favoured: set[str] = set()
        self._voices: dict[str, _Voice] = {}
        self._speaker_since = float("-inf")
        self._told: tuple[list[str], str | None] = ([], None)

    def observe(self, now: float, participant: str, level: int, guessed: bool = False) -> None:
        """Take one packet's level, -dBov. A `guessed` one may be music or a fan: it never speaks beside a told one."""
        voice = self._voices.get(participant)
        if voice is None:
            voice = self._voices[participant] = _Voice(at=now, sound_at=now, range=(level, level), steady_since=now)
        level = voice.heed(now, level)
        if level < SOUND:
            voice.sound_at = now
        if level < AUDIBLE:
            voice.loud_at = now
        voice.guessed = guessed
        loudness = float(SILENCE - max(0, min(SILENCE, level)))
        constant = ATTACK_S if loudness > voice.loudness else RELEASE_S
        share = min(1.0, max(now - voice.at, 0.001) / constant)
        voice.loudness += (loudness - voice.loudness) * share
        voice.at = now

    def soundless_s(self, now: float, participant: str) -> float:
        """For how long a participant's packets have carried no sound at all; 0 for who sends none."""
        voice = self._voices.get(participant)
        return 0.0 if voice is None or now - voice.at > STALE_S else now - voice.sound_at

    def pauses(self, now: float, participant: str) -> bool:
        """Whether nothing was said for a moment."""
        voice = self._voices.get(participant)
        return voice is None or now - voice.loud_at >= PAUSE_S

    def forget(self, participant: str) -> None:
        self._voices.pop(participant, None)
        if participant in self.loudest:
            self.loudest.remove(participant)
        if self.speaker == participant:
            self.speaker = None

    def choose(self, now: float) -> bool:
        """Choose anew; whether `loudest` or `speaker` changed since the last call. To be called every 100 ms or so."""
        for voice in self._voices.values():
            if now - voice.at > STALE_S:
                voice.loudness = 0.0
        self._choose_loudest(now)
        self._choose_speaker(now)
        self._put_in_order(now)
        before, self._told = self._told, (list(self.loudest), self.speaker)
        return before != self._told

    def _choose_loudest(self, now: float) -> None:
        ranked = sorted(self._voices, key=lambda name: -self._rank(now, name))
        others = [name for name in ranked if name not in self.favoured]
        wanted = [name for name in ranked if name in self.favoured] + others[: self.capacity]
        kept = [name for name in self.loudest if name in wanted]
        joined = [name for name in wanted if name not in kept]
        for name in joined:
            self._voices[name].chosen_at = now
        self.loudest = kept + joined

    def _put_in_order(self, now: float) -> None:
        """Each moves forward past those that it is clearly before, so that two alike do not change places."""
        order: list[str] = []
        for name in self.loudest:
            place = len(order)
            while place and self._is_before(now, name, order[place - 1]):
                place -= 1
            order.insert(place, name)
        self.loudest = order

    def _is_before(self, now: float, name: str, other: str) -> bool:
        mine, theirs = self._standing(name), self._standing(other)
        if mine != theirs:
            return mine > theirs
        voice, beaten = self._voices[name], self._voices[other]
        held = beaten.sounds and now - beaten.chosen_at < HOLD_S
        return not held and voice.loudness > beaten.loudness + MARGIN

    def _standing(self, name: str) -> tuple[bool, bool, bool]:
        sounds = self._voices[name].sounds
        return sounds and name in self.favoured, sounds and name == self.speaker, sounds

    def _rank(self, now: float, name: str) -> float:
        voice = self._voices[name]
        chosen = name in self.loudest
        if name in self.favoured:
            return voice.loudness + 2 * SILENCE
        if chosen and voice.sounds and now - voice.chosen_at < HOLD_S:
            return voice.loudness + SILENCE
        return voice.loudness + (MARGIN if chosen else 0.0)

    def _choose_speaker(self, now: float) -> None:
        audible = float(SILENCE - AUDIBLE)
        told = any(not voice.guessed and voice.loudness > audible for voice in self._voices.values())
        current = self._voices.get(self.speaker) if self.speaker is not None else None
        stays = current is not None and current.loudness > 0 and not (told and current.guessed)
        bar = max(current.loudness + MARGIN if current is not None and stays else 0.0, audible)
        best: str | None = None
        for name, voice in self._voices.items():
            if name == self.speaker or voice.loudness <= bar or (told and voice.guessed):
                voice.above_since = None
                continue
            if voice.above_since is None:
                voice.above_since = now
            long_enough = now - voice.above_since >= SPEAKER_AFTER_S
            if long_enough and (best is None or voice.loudness > self._voices[best].loudness):
                best = name
        if best is not None and (current is None or now - self._speaker_since >= HOLD_S):
            self.speaker = best
            self._speaker_since = now
            self._voices[best].above_since = None
        elif current is not None and now - current.loud_at > SILENT_AFTER_S:
            self.speaker = None
