"""Text as speech by eSpeak NG, at the rate of a telephone; what was said once is kept for the next call."""

import asyncio
import sys
from array import array
from collections import OrderedDict

from alerts.sip.audio import Samples, nothing, to_telephone_rate

LONGEST_TEXT = 600
KEPT = 64
_HEADER = 44
_WITHIN_S = 20.0


class NoSpeech(Exception):
    """eSpeak NG is not there or did not speak."""


class Speech:
    """`voice` as `espeak-ng --voices` names it; `cmn-latn-pinyin` speaks Mandarin and spells no letters in English."""

    def __init__(self, voice: str = "cmn-latn-pinyin", program: str = "espeak-ng", words_per_minute: int = 160) -> None:
        self._command = (program, "-v", voice, "-s", str(words_per_minute), "--stdin", "--stdout")
        self._kept: OrderedDict[str, Samples] = OrderedDict()

    async def say(self, text: str) -> Samples:
        """Samples, 8,000 a second, of the text's first 600 characters. NoSpeech."""
        text = text[:LONGEST_TEXT].strip()
        if not text:
            return nothing(0)
        if text in self._kept:
            self._kept.move_to_end(text)
            return self._kept[text]
        samples = await asyncio.to_thread(_samples, await self._wave(text))
        self._kept[text] = samples
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return samples

    async def _wave(self, text: str) -> bytes:
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
            )
        except OSError as error:
            raise NoSpeech(str(error)) from error
        try:
            async with asyncio.timeout(_WITHIN_S):
                wave, _ = await process.communicate(text.encode())
        except TimeoutError as error:
            raise NoSpeech("eSpeak NG took too long") from error
        finally:
            if process.returncode is None:
                process.kill()
        if len(wave) <= _HEADER:
            raise NoSpeech("eSpeak NG said nothing")
        return wave


def _samples(wave: bytes) -> Samples:
    """The samples of eSpeak's one-channel, 16-bit RIFF file, whose lengths are not filled in when it is a stream."""
    rate = int.from_bytes(wave[24:28], "little")
    body = wave[_HEADER : len(wave) - (len(wave) - _HEADER) % 2]
    samples = array("h", body)
    if sys.byteorder == "big":
        samples.byteswap()
    return to_telephone_rate(samples, rate)
