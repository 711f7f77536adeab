"""Text as speech by eSpeak NG, at the rate of a telephone; what was said once is kept for the next call.

It is made and kept sentence by sentence: thirty villages hear the same warning and their own name. Sentences are made
one after the other in the order they were asked for, so that the first telephone does not wait for the thirtieth.
"""

import asyncio
import hashlib
import re
import shutil
import subprocess
import sys
from array import array
from collections import OrderedDict

from alerts.languages import voice_of
from alerts.recordings import on_the_telephone
from alerts.sip.audio import Samples, nothing, to_telephone_rate
from command.kernel.errors import Invalid

LONGEST_TEXT = 600
KEPT = 256
_HEADER = 44
_WITHIN_S = 20.0
_SENTENCES = re.compile(r"(?<=[。！？；\n])|(?<=[.!?;]\s)")


class NoSpeech(Exception):
    """eSpeak NG is not there or did not speak."""


class Speech:
    """`voice`, as `espeak-ng --voices` names it, speaks Chinese; `cmn-latn-pinyin` spells no letters in English. Other
    languages have the voice of `data/languages.json`; names that are written in Chinese are said in Chinese there too.
    """

    def __init__(self, voice: str = "cmn-latn-pinyin", program: str = "espeak-ng", words_per_minute: int = 160) -> None:
        self._voice, self._program, self._speed = voice, program, str(words_per_minute)
        self._kept: OrderedDict[tuple[str, str], Samples] = OrderedDict()
        self._coming: dict[tuple[str, str], asyncio.Task[Samples]] = {}
        self._turn = asyncio.Lock()

    def check(self) -> None:
        """Raises NoSpeech where there is no eSpeak NG."""
        if shutil.which(self._program) is None:
            raise NoSpeech(self._program)

    async def say(self, text: str, language: str = "zh") -> Samples:
        """Samples, 8,000 a second, of the text's first 600 characters. NoSpeech."""
        text = text[:LONGEST_TEXT].strip()
        if language == "zh":
            return await self._said(text, self._voice)
        found = nothing(0)
        for part in re.findall(r"[\u4e00-\u9fff]+|[^\u4e00-\u9fff]+", text):
            found += await self._said(part.strip(), self._voice if part[0] >= "\u4e00" else voice_of(language))
        return found

    async def play(self, recording: bytes) -> "Samples | None":
        """A recorded message as samples, 8,000 a second; None where it cannot be played."""
        key = (hashlib.sha256(recording).hexdigest(), "")
        if key not in self._kept:
            try:
                self._keep(key, await asyncio.to_thread(on_the_telephone, recording))
            except Invalid:
                return None
        return self._kept[key]

    async def _said(self, text: str, voice: str) -> Samples:
        """Its sentences, those that are missing all asked for at once."""
        parts = [one.strip() for one in _SENTENCES.split(text)]
        wanted = [(one, voice) for one in parts if any(sound.isalnum() for sound in one)]
        found = await asyncio.gather(*map(self._sentence, wanted))
        return found[0] if len(found) == 1 else sum(found, nothing(0))

    async def _sentence(self, key: tuple[str, str]) -> Samples:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if key not in self._coming:
            self._coming[key] = coming = asyncio.create_task(self._made(key))
            coming.add_done_callback(lambda _: self._coming.pop(key, None))
        # Whoever hangs up meanwhile takes it from nobody else.
        return await asyncio.shield(self._coming[key])

    async def _made(self, key: tuple[str, str]) -> Samples:
        async with self._turn:
            # In a thread: who is cancelled while asyncio starts a program may wait for ever.
            samples = await asyncio.to_thread(self._spoken, *key)
        self._keep(key, samples)
        return samples

    def _keep(self, key: tuple[str, str], samples: Samples) -> None:
        self._kept[key] = samples
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def _spoken(self, text: str, voice: str) -> Samples:
        command = (self._program, "-v", voice, "-s", self._speed, "--stdin", "--stdout")
        try:
            done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=_WITHIN_S, check=False)
        except OSError as error:
            raise NoSpeech(str(error)) from error
        except subprocess.TimeoutExpired as error:
            raise NoSpeech("eSpeak NG took too long") from error
        if len(done.stdout) <= _HEADER:
            raise NoSpeech("eSpeak NG said nothing")
        return _samples(done.stdout)


def _samples(wave: bytes) -> Samples:
    """The samples of eSpeak's one-channel, 16-bit RIFF file, whose lengths are not filled in when it is a stream."""
    rate = int.from_bytes(wave[24:28], "little")
    body = wave[_HEADER : len(wave) - (len(wave) - _HEADER) % 2]
    samples = array("h", body)
    if sys.byteorder == "big":
        samples.byteswap()
    return to_telephone_rate(samples, rate)
