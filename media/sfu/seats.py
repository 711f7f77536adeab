"""Which voice comes by which audio slot of a receiver: the stage's voice by the one that goes with its picture."""

from collections.abc import Callable, Sequence

from media.sfu.slot import AudioSlot
from media.sfu.source import Source
from media.sfu.video_slot import VideoSlot

PATIENCE_S = 4.0


class Seats:
    """What comes by the audio slot n is played in time with what comes by the video slot n; `stage` is the main one.

    A newcomer sits down beside its own picture. After that a voice stays where it is, for in another slot it begins
    anew: words that its receiver has not played yet may then overlap with the next. Only the stage's voice changes to
    the stage's slot, with whoever has that, while both pause; in mid-word when they have not paused for PATIENCE_S.
    """

    def __init__(self, voices: Sequence[AudioSlot], pictures: Sequence[VideoSlot]) -> None:
        self.stage = 0
        self._voices = voices
        self._pictures = pictures[: len(voices)]
        self._apart_since: float | None = None

    def place(self, wanted: Sequence[Source]) -> None:
        """Put these sources into the slots, and no others."""
        for slot in self._voices:
            if slot.source not in wanted:
                slot.attach(None)
        placed = [slot.source for slot in self._voices]
        for source in wanted:
            if source not in placed:
                self._free_for(source).attach(source)

    def _free_for(self, source: Source) -> AudioSlot:
        """Its own, or one that is not the stage's, as long as there is such a one."""
        shown = [slot.shows.participant if slot.shows is not None else None for slot in self._pictures]
        free = [number for number, slot in enumerate(self._voices) if slot.source is None]
        own = [number for number in free if shown[number : number + 1] == [source.participant]]
        kept = self.stage if any(shown[self.stage : self.stage + 1]) else None
        return self._voices[[*own, *(number for number in free if number != kept), *free][0]]

    def pair(self, now: float, pauses: Callable[[float, str], bool]) -> None:
        """Bring the stage's voice to its picture; to be called a few times a second. `pauses`: of somebody, now."""
        away = self._voice_away()
        if away is None:
            self._apart_since = None
            return
        if self._apart_since is None:
            self._apart_since = now
        seat = self._voices[self.stage]
        both = [source for source in (seat.source, away.source) if source is not None]
        if now - self._apart_since >= PATIENCE_S or all(pauses(now, source.participant) for source in both):
            mine, theirs = away.source, seat.source
            seat.attach(None)
            away.attach(theirs)
            seat.attach(mine)

    def _voice_away(self) -> AudioSlot | None:
        """By which slot the voice of the picture on the stage comes, where that is another one than the stage's."""
        seen = self._pictures[self.stage].source if self.stage < len(self._pictures) else None
        if seen is None:
            return None
        found = [slot for slot in self._voices if slot.source and slot.source.participant == seen.participant]
        return found[0] if found and found[0] is not self._voices[self.stage] else None
